"""People on foot, and the limbs that riders are made of as well."""
from __future__ import annotations

import numpy as np

from .classes import PERSON
from .light import pick
from .stage import Pose, Stage


def draw_limb(stage: Stage, pose: Pose, points: list[tuple[float, float, float]], thick: float,
              colour: np.ndarray | None, label: int | None) -> None:
    """A rounded bar of ``thick`` metres through object points."""
    world = pose.world(np.array(points))
    depth = float(world[:, 2].mean())
    stage.canvas.stroke(stage.camera.project(world), stage.camera.pixels(thick, depth), colour,
                        label, depth)


def draw_head(stage: Stage, pose: Pose, centre: tuple[float, float, float], label: int,
              helmet: bool) -> None:
    """Face, and hair, hat or helmet over it."""
    skin = pick(stage.rng, 'skin', 10)
    cover = pick(stage.rng, 'paint' if helmet else 'stone') * (1.0 if helmet else 0.4)
    shade = stage.light.shade(0.0, 0.3, -0.95)
    world = pose.world(np.array(centre))
    middle = stage.camera.project(world)
    radius = stage.camera.pixels(0.125, world[2])
    if helmet:
        stage.canvas.disc(middle - [0, 0.25 * radius], 1.25 * radius, cover * shade, label,
                          world[2])
    stage.canvas.disc(middle - [0, 0.3 * radius], radius, cover * shade, label, world[2])
    stage.canvas.disc(middle + [0, 0.2 * radius], 0.85 * radius, skin * shade, label, world[2])


def draw_person(stage: Stage, pose: Pose, height: float = 1.75) -> None:
    """Somebody standing or walking, some with a bag or a skirt."""
    rng = stage.rng
    shade = stage.light.shade(0.0, 0.2, -0.98)
    top, trousers = pick(rng, 'cloth') * shade, pick(rng, 'cloth') * shade
    skin, shoes = pick(rng, 'skin', 10) * shade, np.array([34.0, 32, 32])
    scale = height / 1.75
    stride = rng.uniform(0.0, 0.36)
    wide = rng.uniform(0.9, 1.2)

    def limb(points: list[tuple[float, float, float]], thick: float, colour: np.ndarray) -> None:
        scaled = [(x * scale, y * scale, z * scale) for x, y, z in points]
        draw_limb(stage, pose, scaled, thick * scale, colour, PERSON)

    for side in (-1, 1):
        foot = side * stride
        knee = (side * 0.1, 0.48, 0.5 * foot + 0.06)
        limb([(side * 0.1, 0.9, 0), knee, (side * 0.1, 0.08, foot)], 0.17, trousers)
        limb([(side * 0.1, 0.05, foot - 0.05), (side * 0.1, 0.05, foot + 0.12)], 0.1, shoes)
    if rng.random() < 0.2:
        limb([(0, 0.85, 0), (0, 0.6, 0)], 0.42, trousers)
    for side in (-1, 1):
        hand = (side * 0.27 * wide, 0.82, -side * 0.8 * stride)
        limb([(side * 0.23 * wide, 1.4, 0), (side * 0.28 * wide, 1.12, 0), hand], 0.11, top)
        limb([hand, hand], 0.1, skin)
    limb([(-0.1 * wide, 1.32, 0), (-0.08, 0.92, 0), (0.08, 0.92, 0), (0.1 * wide, 1.32, 0)],
         0.27, top)
    if rng.random() < 0.3:
        limb([(0, 1.3, -0.16), (0, 1.05, -0.16)], 0.3, pick(rng, 'cloth') * shade)
    limb([(0, 1.42, 0), (0, 1.5, 0)], 0.1, skin)
    draw_head(stage, pose, (0.0, 1.6 * scale, 0.02), PERSON, helmet=False)
