"""Makes tissue.json: saturation, Otsu's threshold and the vote, by scikit-image and scipy.

pip install scikit-image==0.26.0 scipy==1.17.1 numpy && python make_tissue_reference.py > tissue.json
"""
import json
import sys

import numpy as np
from scipy.ndimage import correlate
from skimage.color import rgb2hsv
from skimage.filters import threshold_otsu

LOWEST, HIGHEST = 8, 51


def picture(seed, tissue, glass, noise):
    rng = np.random.default_rng(seed)
    height, width = 18, 24
    y, x = np.mgrid[:height, :width]
    inside = ((x - 14) / 8) ** 2 + ((y - 8) / 6) ** 2 < 1
    rgb = np.where(inside[..., None], tissue, glass) + rng.normal(0, noise, (height, width, 3))
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)


def reference(rgb):
    # Halves up, as Math.round does, whatever float64 makes of a half.
    exact = np.round(rgb2hsv(rgb)[..., 1] * 255, 9)
    saturation = np.floor(exact + 0.5).astype(np.uint8)
    threshold = int(threshold_otsu(saturation))
    mask = (saturation > min(HIGHEST, max(LOWEST, threshold))).astype(int)
    tissue = (correlate(mask, np.ones((3, 3), int), mode='nearest') >= 5).astype(int)
    height, width = saturation.shape
    return {
        'widthPx': width,
        'heightPx': height,
        'rgb': rgb.reshape(-1).tolist(),
        'saturation': saturation.reshape(-1).tolist(),
        'threshold': threshold,
        'tissue': tissue.reshape(-1).tolist(),
    }


pictures = [
    picture(1, (200, 120, 170), (243, 241, 242), 4),  # tissue on glass
    picture(2, (225, 190, 210), (240, 240, 240), 12),  # pale and noisy
    picture(3, (242, 240, 241), (242, 240, 241), 1),  # glass alone
    picture(4, (120, 40, 110), (210, 120, 170), 6),  # tissue alone
]
json.dump([reference(rgb) for rgb in pictures], sys.stdout)
print()
