"""Noise fields, in units of the image rather than of pixels, and their use on materials."""
from __future__ import annotations

import cv2
import numpy as np

from . import classes


def noise_field(rng: np.random.Generator, height: int, width: int,
                cells: tuple[int, ...]) -> np.ndarray:
    """Smooth noise (height, width) float32 of about unit variance.

    Each entry of ``cells`` adds an octave with that many cells along the height. The lattices do
    not depend on the resolution, so a scene keeps its pattern when rendered larger.
    """
    aspect = width / height
    field = np.zeros((height, width), np.float32)
    for count in cells:
        columns = max(2, int(round(count * aspect)))
        lattice = rng.standard_normal((count, columns), dtype=np.float32)
        field += cv2.resize(lattice, (width, height), interpolation=cv2.INTER_LINEAR)
    return field / np.float32(0.67 * len(cells)**0.5)


def ground_tile(rng: np.random.Generator, side: int = 128) -> np.ndarray:
    """Periodic noise (side, side) float32 of about unit variance, for the ground."""
    tile = rng.standard_normal((side, side), dtype=np.float32)
    coarse = rng.standard_normal((side // 8, side // 8), dtype=np.float32)
    coarse = np.pad(coarse, ((0, 1), (0, 1)), mode='wrap')
    smooth = cv2.resize(coarse, (side + 8, side + 8), interpolation=cv2.INTER_CUBIC)
    return 0.6 * tile + smooth[:side, :side]


# Strength of (fine, coarse) noise by material; whatever is not named gets the default.
_DEFAULT = (0.02, 0.03)
_STRENGTH = {
    classes.ROAD: (0.03, 0.05), classes.SIDEWALK: (0.03, 0.05), classes.BUILDING: (0.05, 0.07),
    classes.WALL: (0.08, 0.08), classes.VEGETATION: (0.26, 0.12), classes.TERRAIN: (0.17, 0.10),
    classes.SKY: (0.0, 0.0), classes.TRAIN: (0.02, 0.05), classes.TRUCK: (0.03, 0.06),
    classes.IGNORE: (0.05, 0.08),
}


def _table(column: int) -> np.ndarray:
    table = np.full(256, _DEFAULT[column], np.float32)
    for label, strength in _STRENGTH.items():
        table[label] = strength[column]
    return table


_FINE, _COARSE = _table(0), _table(1)


def texture_materials(image: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> None:
    """Modulate image (H, W, 3) float32 in place, by material."""
    height, width = label.shape
    fine = noise_field(rng, height, width, (192, 96, 48))
    coarse = noise_field(rng, height, width, (12, 5))
    gain = 1 + _FINE[label] * fine + _COARSE[label] * coarse
    image *= np.clip(gain, 0.35, 1.7)[..., None]
