"""Compares torch_models.py with what the published implementations computed (tests/golden): outputs, loss,
gradients, and the parameter counts of the full models. Ends with 1 where something differs.

    /tmp/bench-venv/bin/python bench/check_torch_models.py
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from torch_models import EDSR, RCAN, MultiTask, SwinIR

GOLDEN = Path(__file__).parent.parent / "tests" / "golden"
# From output to output 1e-7 (RCAN, EDSR) and 2e-6 (SwinIR) are lost in float32, by gradients 1e-5.
OUTPUT_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4
BUFFERS = ("attn_mask", "relative_position_index")

SMALL = {
    "rcan_x2": lambda: RCAN(2, 2, 2, 16, 4, train_mean_shift=True),
    "edsr_x2": lambda: EDSR(2, 2, 16, residual_scale=0.1),
    "swinir_ps_x2": lambda: SwinIR(
        2, (2, 2), 24, (2, 2), upsampler="pixelshuffle", drop_path=0.0
    ),
}
IMAGES = {"swinir_ps_x2": "swinir_ps_x2.20x24"}

# Parameters of the published implementations, without the mean shift.
COUNTS = {
    "RCAN": (RCAN, {2: 15444643, 3: 15629283, 4: 15592355, 8: 15740067}),
    "EDSR baseline": (EDSR, {2: 1369859, 3: 1554499, 4: 1517571, 8: 1665283}),
    "EDSR": (
        lambda scale: EDSR(scale, 32, 256, 0.1),
        {2: 40729603, 3: 43680003, 4: 43089923, 8: 45450243},
    ),
    "SwinIR-S": (SwinIR, {2: 910152, 3: 918267, 4: 929628, 8: 1007532}),
    "SwinIR-M": (
        lambda scale: SwinIR(scale, (6,) * 6, 180, (6,) * 6, upsampler="pixelshuffle"),
        {2: 11752487, 3: 11937127, 4: 11900199, 8: 12047911},
    ),
}


def load_golden(name, dtype=torch.float32):
    """The model with the golden's weights, and the golden's images and gradients."""
    tensors = load_file(GOLDEN / f"{name}.safetensors")
    weights = {key: t for key, t in tensors.items() if not key.endswith(BUFFERS)}
    model = SMALL[name]()
    model.load_state_dict(weights, strict=True)
    images = load_file(GOLDEN / f"{IMAGES.get(name, name)}.io.safetensors")
    gradients = load_file(GOLDEN / f"{IMAGES.get(name, name)}.grad.safetensors")
    train_only(model, gradients)
    return model.to(dtype), {key: t.to(dtype) for key, t in images.items()}, gradients


def train_only(model, gradients):
    """What has a gradient in the golden learns. A large one is kept as KEY[0:16] and KEY.l2norm."""
    learning = {key.split("[")[0].removesuffix(".l2norm") for key in gradients}
    missing = learning - dict(model.named_parameters()).keys()
    if missing:
        raise KeyError(f"gradients of what is no parameter: {missing}")
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in learning)


def gradient_error(model, gradients):
    """Largest deviation of a parameter's gradient, relative to the largest element of that gradient."""
    parameters = dict(model.named_parameters())
    errors = []
    for key, due in gradients.items():
        gradient = parameters[key.split("[")[0].removesuffix(".l2norm")].grad
        if key.endswith(".l2norm"):
            gradient = gradient.norm()
        elif key.endswith("[0:16]"):
            gradient = gradient[:16]
        errors.append(float((gradient - due).abs().max() / due.abs().max()))
    return max(errors)


def check_golden(name):
    model, images, gradients = load_golden(name)
    output = model.eval()(images["input"])
    error = float((output.detach() - images["output"]).abs().max())
    F.l1_loss(output, images["target"]).backward()
    relative = gradient_error(model, gradients)
    good = error < OUTPUT_TOLERANCE and relative < GRADIENT_TOLERANCE
    print(f"{name}: output {error:.1e}, gradient {relative:.1e} relative", verdict(good))
    return good


def check_counts(name):
    build, counts = COUNTS[name]
    good = True
    for scale, due in counts.items():
        parameters = build(scale).named_parameters()
        count = sum(p.numel() for key, p in parameters if "_mean." not in key)
        good &= count == due
        print(f"{name} x{scale}: {count} parameters", verdict(count == due))
    return good


def check_head():
    """Of each backbone: shapes, and that the head's gradient reaches the first convolution."""
    good = True
    for name, build in SMALL.items():
        model = MultiTask(build(), 3)
        sr, logits = model(torch.rand(2, 3, 16, 24))
        F.cross_entropy(logits, torch.tensor([0, 2])).backward()
        first = next(p for key, p in model.backbone.named_parameters() if p.requires_grad)
        reached = float(first.grad.abs().max()) > 0
        fine = sr.shape == (2, 3, 32, 48) and logits.shape == (2, 3) and reached
        print(f"{name} with head:", verdict(fine))
        good &= fine
    return good


def verdict(good):
    return "ok" if good else "DIFFERS"


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    results = [check_golden(name) for name in SMALL]
    results += [check_counts(name) for name in COUNTS]
    results.append(check_head())
    sys.exit(0 if all(results) else 1)
