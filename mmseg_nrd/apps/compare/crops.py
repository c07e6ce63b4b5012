"""The crop of an image where many classes meet, and the errors in it."""
from __future__ import annotations

from typing import Tuple

import numpy as np

from mmseg_nrd.evaluation.boundaries import label_contour

from .panels import IGNORED

_CROP = (48, 96)
_WRONG = (225, 25, 25)


def busiest_crop(truth: np.ndarray, classes: int,
                 size: Tuple[int, int] = _CROP) -> Tuple[slice, slice]:
    """Rows and columns with the most boundary pixels; of several, the uppermost, then leftmost.

    It depends on the truth (H, W) alone, so it favours no config. Train ids from ``classes`` on are
    ignored; an image smaller than ``size`` (height, width) is taken whole.
    """
    height, width = (min(pair) for pair in zip(size, truth.shape))
    sums = np.zeros((truth.shape[0] + 1, truth.shape[1] + 1), np.int64)
    sums[1:, 1:] = label_contour(truth, truth >= classes).cumsum(0).cumsum(1)
    counts = (sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
              + sums[:-height, :-width])
    top, left = np.unravel_index(counts.argmax(), counts.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def error_map(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray,
              classes: int) -> np.ndarray:
    """The image (H, W, 3), uint8, in grey with wrong pixels in red and ignored ones in black."""
    grey = image.mean(2, keepdims=True).round().astype(np.uint8)
    errors = np.repeat(grey, 3, axis=2)
    errors[prediction != truth] = _WRONG
    errors[truth >= classes] = IGNORED
    return errors
