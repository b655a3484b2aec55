"""The PyTorch side of data.mjs: how many patches per second a DataLoader gives.

    /tmp/bench-venv/bin/python bench/torch_data.py '{"kind": "openslide", "paths": ["a.svs"], ...}'

The argument is JSON; DEFAULTS has its keys. Each patch is read in native pixels, averaged by area, flipped and
turned, and its LR patch is made bicubically with antialiasing. The last line of what is printed is the result
as JSON: patchesPerSecond, and the versions of what did the work.
"""

import json
import sys
import time

import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as transforms

DEFAULTS = {
    "kind": "openslide",  # regions of slides; decoded: images kept in memory; pairs: HR and LR so
    "paths": [],  # of the HR images; those of pairs have their LR image in ../lr
    "factors": [1, 2, 4],  # native pixels per pixel of the patch
    "batchSize": 16,
    "patchPx": 96,
    "scale": 2,
    "workers": 2,
    "warmup": 20,  # batches
    "seconds": 5.0,
}
# Slides have more pixels than Pillow takes for harmless.
Image.MAX_IMAGE_PIXELS = None


class Slides:
    def __init__(self, paths):
        import openslide

        self.slides = [openslide.OpenSlide(path) for path in paths]
        self.sizes = [slide.dimensions for slide in self.slides]

    def read(self, index, x, y, side):
        return self.slides[index].read_region((x, y), 0, (side, side)).convert("RGB")


class Decoded:
    def __init__(self, paths):
        self.images = [Image.open(path).convert("RGB") for path in paths]
        self.sizes = [image.size for image in self.images]

    def read(self, index, x, y, side):
        return self.images[index].crop((x, y, x + side, y + side))


class Patches(Dataset):
    """Patch i is a pure function of i."""

    def __init__(self, work):
        self.work = work
        self.images = None
        self.lr_images = None

    def __len__(self):
        return 2**31

    def open(self):
        """In each worker, at its first patch: handles of files do not survive a fork."""
        kind, paths = self.work["kind"], self.work["paths"]
        self.images = Slides(paths) if kind == "openslide" else Decoded(paths)
        if kind == "pairs":
            self.lr_images = Decoded([path.replace("/hr/", "/lr/") for path in paths])

    def __getitem__(self, i):
        if self.images is None:
            self.open()
        random = np.random.default_rng(i)
        side, scale = self.work["patchPx"], self.work["scale"]
        which = i % len(self.work["factors"])
        factor = int(self.work["factors"][which])
        index = int(random.integers(len(self.images.sizes)))
        width, height = self.images.sizes[index]
        # Places of pairs are multiples of the scale, so that the LR patch lies on whole pixels.
        step = scale if self.lr_images is not None else 1
        x = int(random.integers((width - side * factor) // step + 1)) * step
        y = int(random.integers((height - side * factor) // step + 1)) * step
        turn, flip = int(random.integers(4)), bool(random.integers(2))
        hr = self.images.read(index, x, y, side * factor)
        if factor > 1:
            hr = hr.reduce(factor)
        hr = orient(hr, turn, flip)
        if self.lr_images is not None:
            lr = orient(self.lr_images.read(index, x // scale, y // scale, side // scale), turn, flip)
        else:
            size = [side // scale, side // scale]
            lr = transforms.resize(hr, size, InterpolationMode.BICUBIC, antialias=True)
        return to_tensor(lr), to_tensor(hr), which


def orient(image, turn, flip):
    if flip:
        image = transforms.horizontal_flip(image)
    return image.transpose(Image.Transpose(1 + turn)) if turn else image


def to_tensor(image):
    return transforms.to_dtype(transforms.pil_to_tensor(image), torch.float32, scale=True)


def measure(work):
    loader = DataLoader(
        Patches(work),
        batch_size=work["batchSize"],
        num_workers=work["workers"],
        # In order, as our batches; an index is a patch, so nothing has to be shuffled.
        sampler=range(2**31),
    )
    batches = iter(loader)
    for _ in range(work["warmup"]):
        next(batches)
    began = time.perf_counter()
    count = 0
    while time.perf_counter() - began < work["seconds"]:
        next(batches)
        count += 1
    return count * work["batchSize"] / (time.perf_counter() - began)


def versions(work):
    names = {"PyTorch": torch, "torchvision": torchvision, "Pillow": PIL}
    texts = [f"{name} {module.__version__.split('+')[0]}" for name, module in names.items()]
    import openslide

    return ", ".join([*texts, f"OpenSlide {openslide.__library_version__}"])


if __name__ == "__main__":
    given = json.loads(sys.argv[1] if len(sys.argv) > 1 else "{}")
    unknown = given.keys() - DEFAULTS.keys()
    if unknown:
        raise SystemExit(f"unknown keys: {', '.join(sorted(unknown))}")
    work = {**DEFAULTS, **given}
    print(json.dumps({"patchesPerSecond": measure(work), "version": versions(work)}))
