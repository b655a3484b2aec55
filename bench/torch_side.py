"""The PyTorch side of the benchmarks: one process, one measurement.

    /tmp/bench-venv/bin/python bench/torch_side.py '{"task": "train", "model": "rcan", "steps": 5}'

The argument is JSON; DEFAULTS has its keys. The last line of what is printed is the result as JSON:

    importS      seconds of `import torch`
    firstStepS   seconds from the construction of the model to the end of its first step
    stepS        seconds of each measured step, after the first one and `warmup` more
    busyCores    CPU seconds per second of the measured steps: well under `threads` where something else
                 ran on the cores, for which the threads wait: such a measurement is void
    peakRssMiB   the most memory that the process had
    importRssMiB the most that it had before the model: the CUDA build of PyTorch is large in itself
    loss         of the last step; null for inference
    version      of PyTorch

{"task": "adam20", "model": "edsr_x2", "out": PATH} instead takes the golden model of that name through 20
steps of Adam and writes its weights, to compare other implementations with.
"""

import json
import os
import resource
import sys
import time

# A first step is one that has not been compiled before.
os.environ.setdefault("TORCHINDUCTOR_FORCE_DISABLE_CACHES", "1")
began = time.perf_counter()
import torch  # noqa: E402

IMPORT_S = time.perf_counter() - began

import torch.nn.functional as F  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from torch_models import EDSR, RCAN, MultiTask, SwinIR  # noqa: E402

DEFAULTS = {
    "task": "train",  # or inference, adam20
    "model": "rcan",  # or edsr, swinir-s
    "precision": "float32",  # or bfloat16
    "head": False,
    "batch": 4,
    "lrPx": 48,  # side of the LR patches that are trained with
    "tilePx": 256,  # side of the LR tile of an inference
    "scale": 2,
    "threads": 2,
    "channelsLast": False,
    "compile": False,
    "warmup": 2,
    "steps": 5,
    "out": None,  # of adam20
}
# In their default sizes: RCAN 10 groups of 20 blocks, EDSR baseline, SwinIR-S.
MODELS = {"rcan": RCAN, "edsr": EDSR, "swinir-s": SwinIR}
CLASSES = 3
HEAD_WEIGHT = 0.1
LEARNING_RATE = 1e-4
ADAM_STEPS = 20


def parse_arguments(text):
    given = json.loads(text)
    unknown = given.keys() - DEFAULTS.keys()
    if unknown:
        raise SystemExit(f"unknown keys: {', '.join(sorted(unknown))}")
    arguments = {**DEFAULTS, **given}
    if arguments["precision"] not in ("float32", "bfloat16"):
        raise SystemExit(f"precision {arguments['precision']}: float32 or bfloat16")
    if arguments["task"] != "adam20" and arguments["model"] not in MODELS:
        raise SystemExit(f"model {arguments['model']}: one of {', '.join(MODELS)}")
    return arguments


def memory_format(arguments):
    return torch.channels_last if arguments["channelsLast"] else torch.contiguous_format


def autocast(arguments):
    enabled = arguments["precision"] == "bfloat16"
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled)


def build(arguments):
    model = MODELS[arguments["model"]](arguments["scale"])
    if arguments["head"]:
        model = MultiTask(model, CLASSES)
    return model.to(memory_format=memory_format(arguments))


def random_images(arguments, batch, side):
    return torch.rand(batch, 3, side, side).to(memory_format=memory_format(arguments))


def training_loss(arguments, model, lr, hr, magnification):
    """L1, with the head 0.1 of the cross-entropy besides."""
    with autocast(arguments):
        output = model(lr)
    if not arguments["head"]:
        return F.l1_loss(output.float(), hr)
    sr, logits = output
    entropy = F.cross_entropy(logits.float(), magnification)
    return F.l1_loss(sr.float(), hr) + HEAD_WEIGHT * entropy


def make_training(arguments):
    """A function that does a step and gives its loss."""
    model = build(arguments).train()
    batch, side = arguments["batch"], arguments["lrPx"]
    lr = random_images(arguments, batch, side)
    hr = random_images(arguments, batch, side * arguments["scale"])
    magnification = torch.arange(batch) % CLASSES
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(learning, lr=LEARNING_RATE, fused=True)
    run = torch.compile(model) if arguments["compile"] else model

    def step():
        loss = training_loss(arguments, run, lr, hr, magnification)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return loss.item()

    return step


def make_inference(arguments):
    model = build(arguments).eval()
    tile = random_images(arguments, 1, arguments["tilePx"])
    run = torch.compile(model) if arguments["compile"] else model

    def step():
        with torch.inference_mode(), autocast(arguments):
            run(tile)

    return step


def peak_rss_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(arguments):
    import_rss_mib = peak_rss_mib()
    torch.set_num_threads(arguments["threads"])
    torch.manual_seed(0)
    start = time.perf_counter()
    make = {"train": make_training, "inference": make_inference}[arguments["task"]]
    step = make(arguments)
    loss = step()
    first_step_s = time.perf_counter() - start
    for _ in range(arguments["warmup"]):
        loss = step()
    step_s = []
    cpu_began = time.process_time()
    for _ in range(arguments["steps"]):
        start = time.perf_counter()
        loss = step()
        step_s.append(time.perf_counter() - start)
    cpu_s = time.process_time() - cpu_began
    return {
        "importS": IMPORT_S,
        "firstStepS": first_step_s,
        "stepS": step_s,
        "busyCores": cpu_s / sum(step_s) if step_s else None,
        "peakRssMiB": peak_rss_mib(),
        "importRssMiB": import_rss_mib,
        "loss": loss,
        "version": torch.__version__,
    }


def train_golden(arguments, dtype=torch.float32):
    """The golden model after 20 steps of Adam on mean(|output - target|), and the loss of each step."""
    from check_torch_models import load_golden

    torch.set_num_threads(1)
    model, images, _ = load_golden(arguments["model"], dtype)
    learning = [p for p in model.parameters() if p.requires_grad]
    # Neither foreach nor fused: the operations in the order that the documentation of Adam gives.
    optimiser = torch.optim.Adam(
        learning, lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, foreach=False, fused=False
    )
    losses = []
    for _ in range(ADAM_STEPS):
        optimiser.zero_grad()
        loss = (model(images["input"]) - images["target"]).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return model, losses


def write_adam20(arguments):
    if arguments["out"] is None:
        raise SystemExit("adam20 needs out, the path of the file to write")
    model, losses = train_golden(arguments)
    version = str(torch.__version__)
    # One key: safetensors writes several in any order, and the file should come out the same each time.
    save_file(model.state_dict(), arguments["out"], {"torch": version})
    os.chmod(arguments["out"], 0o644)
    return {"loss": losses[-1], "version": version}


if __name__ == "__main__":
    arguments = parse_arguments(sys.argv[1] if len(sys.argv) > 1 else "{}")
    work = write_adam20 if arguments["task"] == "adam20" else measure
    print(json.dumps(work(arguments)))
