"""From a painted scene to what a camera records: texture, light patches, lens, noise."""
from __future__ import annotations

import cv2
import numpy as np

from . import classes
from .light import Light


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


def ground_tile(rng: np.random.Generator) -> np.ndarray:
    """Periodic noise (128, 128) float32 of about unit variance, for the ground."""
    side = 128
    tile = rng.standard_normal((side, side), dtype=np.float32)
    coarse = rng.standard_normal((side // 8, side // 8), dtype=np.float32)
    coarse = np.pad(coarse, ((0, 1), (0, 1)), mode='wrap')
    smooth = cv2.resize(coarse, (side + 8, side + 8), interpolation=cv2.INTER_CUBIC)
    return 0.6 * tile + smooth[:side, :side]


# Strength of (fine, coarse) noise by material.
_STRENGTH = {
    classes.ROAD: (0.03, 0.05), classes.SIDEWALK: (0.03, 0.05), classes.BUILDING: (0.05, 0.07),
    classes.WALL: (0.08, 0.08), classes.VEGETATION: (0.26, 0.12), classes.TERRAIN: (0.17, 0.10),
    classes.SKY: (0.0, 0.0), classes.TRAIN: (0.02, 0.05), classes.TRUCK: (0.03, 0.06),
    classes.IGNORE: (0.05, 0.08),
}


_TABLE = np.full((256, 2), (0.02, 0.03), np.float32)
for _label, _strength in _STRENGTH.items():
    _TABLE[_label] = _strength


def texture_materials(image: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> None:
    """Modulate image (H, W, 3) float32 in place, by material."""
    height, width = label.shape
    fine = noise_field(rng, height, width, (192, 96, 48))
    coarse = noise_field(rng, height, width, (12, 5))
    strength = _TABLE[label]
    gain = 1 + strength[..., 0] * fine + strength[..., 1] * coarse
    image *= np.clip(gain, 0.35, 1.7)[..., None]


def cover_view(image: np.ndarray, label: np.ndarray, rng: np.random.Generator) -> None:
    """Put the car's own bonnet, a rectification border, or neither before the lens, in place."""
    height, width = label.shape
    if rng.random() < 0.3:
        rise, centre = rng.uniform(0.04, 0.1), rng.uniform(0.42, 0.58)
        x = (np.arange(width, dtype=np.float32) / width - np.float32(centre)) / np.float32(0.62)
        edge = height * (1 - np.float32(rise) * np.clip(1 - x**4, 0, 1))
        rows = np.arange(height, dtype=np.float32)[:, None]
        bonnet = rows >= edge
        gloss = 1 + 1.2 * np.clip((rows - edge) / (height * rise), 0, 1)
        paint = np.full(3, rng.uniform(20, 110)) + rng.normal(0, 12, 3)
        np.copyto(image, (gloss[..., None] * paint).astype(np.float32), where=bonnet[..., None])
        label[bonnet] = classes.IGNORE
    if rng.random() < 0.2:
        margin = max(1, int(round(0.012 * height)))
        for part in (np.s_[:margin], np.s_[-margin:], np.s_[:, :margin], np.s_[:, -margin:]):
            image[part] = 0
            label[part] = classes.IGNORE


def expose(image: np.ndarray, light: Light, rng: np.random.Generator,
           sensor_rng: np.random.Generator) -> np.ndarray:
    """Sensor image (H, W, 3) uint8 of a painted one (H, W, 3) float32, 0 to 255.

    ``rng`` decides on settings and patches of light, which scale with the image; ``sensor_rng``
    only draws the noise of single pixels.
    """
    height, width = image.shape[:2]
    patches = noise_field(rng, height, width, (3, 6))
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None]
    gain = np.exp(np.float32(rng.uniform(0.02, 0.1)) * patches)
    gain *= 1 - np.float32(rng.uniform(0, 0.18)) * (rows * rows + columns * columns)
    exposure = rng.uniform(0.55, 0.95) if light.night else np.exp(rng.normal(0, 0.16))
    cast = np.exp(rng.normal(0, 0.045, 3))
    linear = image * (gain[..., None] * (exposure * cast / 255).astype(np.float32))

    blur = float(rng.choice([0.0, 0.4, 0.7])) * height / 256
    if blur > 0.2:
        linear = cv2.GaussianBlur(linear, (0, 0), blur)
    saturation = np.float32(rng.uniform(0.55, 1.15))
    grey = linear.mean(axis=2, keepdims=True)
    linear = grey + saturation * (linear - grey)
    contrast, gamma = rng.uniform(0.8, 1.15), rng.uniform(0.8, 1.25)
    toned = np.clip((linear - 0.45) * np.float32(contrast) + np.float32(0.45), 0, 1)
    toned = cv2.pow(np.ascontiguousarray(toned), gamma)

    strength = np.float32(rng.uniform(0.004, 0.022) * (1.5 if light.night else 1.0))
    noise = sensor_rng.standard_normal(image.shape, dtype=np.float32)
    toned += strength * (0.5 + toned) * noise
    return np.clip(toned * 255 + 0.5, 0, 255).astype(np.uint8)
