"""Writes phase_correlation.json: image pairs and what scikit-image finds for them.

    pip install numpy scikit-image && python phase_correlation.py
"""

import base64
import json
from pathlib import Path

import numpy as np
import skimage
from skimage.registration import phase_cross_correlation


def field(random, height, width):
    """Smooth random texture that goes on beyond its edges."""
    frequencies = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    spectrum = np.fft.rfft2(random.standard_normal((height, width))) / (1 + (frequencies / 0.1) ** 2)
    return np.fft.irfft2(spectrum, (height, width))


def moved(image, dy, dx):
    """The image moved down and to the right by any number of pixels."""
    height, width = image.shape
    phase = np.fft.fftfreq(height)[:, None] * dy + np.fft.rfftfreq(width)[None] * dx
    return np.fft.irfft2(np.fft.rfft2(image) * np.exp(-2j * np.pi * phase), (height, width))


def to_bytes(image):
    low, high = image.min(), image.max()
    return np.round((image - low) / (high - low) * 255).astype(np.uint8)


def encode(image):
    return base64.b64encode(image.tobytes()).decode()


random = np.random.default_rng(7)
cases = []
for height, width, dy, dx, noise in [
    (32, 64, 0.0, 0.0, 0),
    (32, 64, 0.37, -1.82, 0),
    (64, 32, -5.5, 3.25, 0.02),
    (64, 64, 12.08, -20.91, 0.02),
]:
    image = field(random, height, width)
    other = moved(image, dy, dx) + noise * image.std() * random.standard_normal(image.shape)
    reference, moving = to_bytes(image), to_bytes(other)
    shift, _, _ = phase_cross_correlation(
        reference.astype(float), moving.astype(float), upsample_factor=100
    )
    cases.append(
        {
            "heightPx": height,
            "widthPx": width,
            "reference": encode(reference),
            "moving": encode(moving),
            "movedBy": {"yPx": dy, "xPx": dx},
            "shift": {"yPx": float(shift[0]), "xPx": float(shift[1])},
        }
    )

document = {"made": f"scikit-image {skimage.__version__}, numpy {np.__version__}", "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(document, indent=2) + "\n")
