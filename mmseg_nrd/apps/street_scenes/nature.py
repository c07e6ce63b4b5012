"""Trees, bushes and hedges with ragged outlines."""
from __future__ import annotations

import numpy as np

from .classes import VEGETATION
from .light import pick
from .stage import Stage


def _draw_leaves(stage: Stage, centres: np.ndarray, radii: np.ndarray, colour: np.ndarray,
                 depth: float) -> None:
    """Clumps of leaves, dark ones at the back and below, lighter ones on top."""
    rng = stage.rng
    base = stage.light.shade(0.0, 0.6, -0.8)
    order = np.argsort(-centres[:, 2] + 0.2 * rng.standard_normal(len(centres)))
    low, high = centres[:, 1].min(), centres[:, 1].max() + 1e-6
    tone = 0.62 + 0.5 * (centres[:, 1] - low) / (high - low) + rng.normal(0, 0.12, len(centres))
    points = stage.camera.project(centres)
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    wobble = rng.uniform(0.55, 1.3, (len(centres), 8))
    reach = stage.camera.pixels(1.0, depth) * radii[:, None] * wobble
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    outlines = points[:, None] + around * reach[..., None]
    paints = colour * base * tone[:, None]
    for index in order:
        stage.canvas.fill(outlines[index], paints[index], VEGETATION, depth)


def draw_tree(stage: Stage, x: float, z: float, height: float) -> None:
    """A trunk with boughs and a crown; conifers taper, and some crowns are thin."""
    rng, canvas = stage.rng, stage.canvas
    leaf, bark = pick(rng, 'leaf'), pick(rng, 'stone', 8) * 0.55
    conifer, thin = rng.random() < 0.2, rng.random() < 0.25
    trunk_top = height * (0.2 if conifer else 0.55)
    width = stage.camera.pixels(0.05 * height**0.8, z)
    shade = stage.light.shade(0.0, 0, -1.0)
    lean = rng.normal(0, 0.2)
    path = np.array([(x, 0, z), (x + lean, trunk_top, z)])
    canvas.stroke(stage.camera.project(path), width, bark * shade, VEGETATION, z)
    for _ in range(0 if conifer else 3):
        tip = np.array([(x + lean, trunk_top * 0.8, z),
                        (x + rng.normal(0, 0.16) * height, height * rng.uniform(0.6, 0.9), z)])
        canvas.stroke(stage.camera.project(tip), width * 0.4, bark * shade, VEGETATION, z)
    count = (20 if thin else 34) if z < 28 else 14
    share = rng.random(count)
    if conifer:
        spread = 0.2 * height * (1 - share)
        y = height * (0.15 + 0.85 * share)
    else:
        spread = 0.26 * height * np.sqrt(np.clip(1 - (2 * share - 1)**2, 0.05, 1))
        y = height * (0.42 + 0.54 * share)
    angle = rng.uniform(0, 2 * np.pi, count)
    reach = spread * np.sqrt(rng.random(count))
    centres = np.column_stack([x + lean + reach * np.cos(angle), y, z + reach * np.sin(angle)])
    radii = height * rng.uniform(0.05, 0.09 if thin else 0.12, count)
    _draw_leaves(stage, centres, radii, leaf, z)


def draw_bush(stage: Stage, x: float, z: float, size: float) -> None:
    """A low clump of leaves on the ground."""
    rng = stage.rng
    count = 14
    centres = np.column_stack([x + rng.normal(0, 0.5, count) * size,
                               rng.uniform(0.15, 0.8, count) * size,
                               z + rng.normal(0, 0.2, count) * size])
    _draw_leaves(stage, centres, size * rng.uniform(0.18, 0.32, count), pick(rng, 'leaf'), z)


def draw_hedge(stage: Stage, x: float, z0: float, z1: float, height: float) -> None:
    """A cut hedge along the street: a body with leaves over its face and top."""
    rng = stage.rng
    leaf = pick(rng, 'leaf')
    face = np.array([(x, 0, z0), (x, 0, z1), (x, height, z1), (x, height, z0)])
    stage.quad(face, leaf * 0.7 * stage.light.shade(-np.sign(x), 0.0, 0), VEGETATION)
    count = 40
    z = z0 + (z1 - z0) * rng.random(count)**1.5
    centres = np.column_stack([np.full(count, x), rng.uniform(0.1, 1.0, count) * height, z])
    for part in np.array_split(np.argsort(-z), 4):
        radii = height * rng.uniform(0.1, 0.2, len(part))
        _draw_leaves(stage, centres[part], radii, leaf, float(z[part].mean()))
