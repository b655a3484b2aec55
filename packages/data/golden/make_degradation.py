"""Writes degradation.json: what scipy and numpy make of kernels and blurs. See README.md."""
import json
from pathlib import Path

import numpy as np
from scipy.ndimage import convolve, gaussian_filter


def bivariate_gaussian(sigma_x, sigma_y, angle, radius):
    """The formula of Real-ESRGAN (Wang et al. 2021): covariance U diag(sx^2, sy^2) U^T, sum 1."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    inverse = np.linalg.inv(turn @ np.diag([sigma_x**2, sigma_y**2]) @ turn.T)
    axis = np.arange(-radius, radius + 1.0)
    points = np.stack(np.meshgrid(axis, axis), axis=-1)
    kernel = np.exp(-0.5 * np.einsum("yxi,ij,yxj->yx", points, inverse, points))
    return kernel / kernel.sum()


def image(width, height):
    """Bytes that a formula gives, so that the test can make them too."""
    i = np.arange(width * height * 3)
    return ((i * i * 7 + i * 13 + 101) % 251).astype(np.float64).reshape(height, width, 3)


pixels = image(9, 7)
cases = []
for sigma_x, sigma_y, angle in [(0.8, 0.8, 0), (1.7, 1.7, 0), (2.2, 0.7, 0.6), (0.4, 1.9, 2.5)]:
    radius = max(1, int(3 * max(sigma_x, sigma_y) + 0.5))
    kernel = bivariate_gaussian(sigma_x, sigma_y, angle, radius)
    case = {"shape": {"sigmaX": sigma_x, "sigmaY": sigma_y, "angle": angle}, "kernel": kernel.ravel().tolist()}
    if angle == 0:
        blurred = gaussian_filter(pixels, sigma_x, axes=(0, 1), truncate=3, mode="reflect")
    else:
        blurred = np.stack([convolve(pixels[..., c], kernel, mode="reflect") for c in range(3)], axis=-1)
    case["blurred"] = np.round(blurred, 9).ravel().tolist()
    cases.append(case)
Path(__file__).with_name("degradation.json").write_text(json.dumps({"cases": cases}) + "\n")
