"""Writes stain.json and stain-METHOD.png: what torchstain, scikit-image and SPAMS make of two images."""
import json
from pathlib import Path

import numpy as np
import spams
from PIL import Image
from skimage.color import hed_from_rgb, rgb_from_hed
from torchstain.numpy.normalizers import NumpyMacenkoNormalizer, NumpyReinhardNormalizer

HERE = Path(__file__).parent


def read(name):
    return np.asarray(Image.open(HERE / f"stain-{name}.png").convert("RGB"))


def write(name, pixels):
    Image.fromarray(pixels).save(HERE / f"stain-{name}.png")


source, reference = read("source"), read("reference")
golden = {"macenko": {}, "reinhard": {}, "vahadane": {}}

# Macenko, torchstain with its usual constants.
macenko = NumpyMacenkoNormalizer()
for name, image in [("source", source), ("reference", reference)]:
    macenko.fit(image)
    golden["macenko"][name] = {"vectors": macenko.HERef.T.tolist(), "maxima": macenko.maxCRef.tolist()}
write("macenko", macenko.normalize(source, stains=False)[0])

# Reinhard, torchstain.
reinhard = NumpyReinhardNormalizer()
for name, image in [("source", source), ("reference", reference)]:
    reinhard.fit(image)
    golden["reinhard"][name] = {
        "means": [float(x) for x in reinhard.target_means],
        "deviations": [float(x) for x in reinhard.target_stds],
    }
write("reinhard", reinhard.normalize(source))

# HED jitter, with scikit-image's matrices and without its clipping of negative amounts.
shifts = [(0.15, 0.04), (-0.1, -0.05), (0.05, 0.02)]
amounts = -np.log(source / 255.0) @ hed_from_rgb
jittered = amounts * [1 + scale for scale, _ in shifts] + [shift for _, shift in shifts]
rgb = np.clip(np.exp(-jittered @ rgb_from_hed), 0, 1)
write("hed", np.round(rgb * 255).astype(np.uint8))
golden["hed"] = {"shifts": [{"scale": scale, "shift": shift} for scale, shift in shifts]}


# Vahadane: dictionary learning and lasso of SPAMS with the penalties of StainTools, on the optical
# densities and the tissue of Macenko's method, so that the same pixels count.
def densities(image):
    return -np.log((image.reshape(-1, 3).astype(float) + 1) / 240)


def learn(image):
    tissue = densities(image)
    tissue = np.asfortranarray(tissue[~np.any(tissue < 0.15, axis=1)].T)
    best = None
    for seed in range(5):
        rng = np.random.default_rng(seed)
        start = np.asfortranarray(tissue[:, rng.choice(tissue.shape[1], 2, replace=False)])
        start = np.asfortranarray(start / np.linalg.norm(start, axis=0))
        learned = spams.trainDL(
            X=tissue, D=start, K=2, lambda1=0.1, mode=2, modeD=0, posAlpha=True, posD=True,
            iter=20000, batchsize=512, numThreads=1, verbose=False,
        )
        codes = spams.lasso(X=tissue, D=np.asfortranarray(learned), mode=2, lambda1=0.1, pos=True).toarray()
        loss = np.mean(0.5 * np.sum((tissue - learned @ codes) ** 2, axis=0) + 0.1 * codes.sum(axis=0))
        if best is None or loss < best[0]:
            best = (float(loss), learned)
    loss, learned = best
    vectors = (learned / np.linalg.norm(learned, axis=0)).T
    return (vectors if vectors[0, 0] > vectors[1, 0] else vectors[::-1]), loss


def amounts_of(image, vectors):
    return spams.lasso(
        X=np.asfortranarray(densities(image).T), D=np.asfortranarray(vectors.T), mode=2, lambda1=0.01, pos=True
    ).toarray()


found = {}
for name, image in [("source", source), ("reference", reference)]:
    vectors, loss = learn(image)
    amounts = amounts_of(image, vectors)
    found[name] = (vectors, amounts, np.percentile(amounts, 99, axis=1))
    golden["vahadane"][name] = {
        "vectors": vectors.tolist(),
        "maxima": found[name][2].tolist(),
        "loss": loss,
        "amounts": amounts[:, ::64].T.tolist(),
    }
factors = found["reference"][2] / found["source"][2]
restained = 240 * np.exp(-(found["reference"][0].T @ (found["source"][1] * factors[:, None])))
write("vahadane", np.clip(np.round(restained), 0, 255).T.reshape(source.shape).astype(np.uint8))

(HERE / "stain.json").write_text(json.dumps(golden) + "\n")
for method in ["macenko", "vahadane"]:
    print(method, {k: np.round(v["vectors"], 4).tolist() + [np.round(v["maxima"], 3).tolist()] for k, v in golden[method].items()})
print({k: v["loss"] for k, v in golden["vahadane"].items()})
