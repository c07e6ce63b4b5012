"""People on foot and on two wheels, and their bicycles and motorcycles."""
from __future__ import annotations

import numpy as np

from .classes import BICYCLE, MOTORCYCLE, PERSON, RIDER
from .light import pick
from .stage import Pose, Stage, draw_limb

_TYRE = np.array([28.0, 28, 30])


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


def draw_person(stage: Stage, pose: Pose, height: float) -> None:
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


def _draw_wheel(stage: Stage, pose: Pose, z: float, radius: float, tyre: float, label: int,
                inside: np.ndarray | None) -> None:
    """A wheel in the plane of the frame; its disc gets the label, and ``inside`` if given."""
    angles = np.linspace(0, 2 * np.pi, 21)[:-1]
    ring = np.column_stack([np.zeros(20), radius + radius * np.sin(angles),
                            z + radius * np.cos(angles)])
    world = pose.world(ring)
    depth = float(world[:, 2].mean())
    points = stage.camera.project(world)
    stage.canvas.fill(points, inside, label, depth)
    stage.canvas.stroke(points, stage.camera.pixels(tyre, depth), _TYRE, label, depth, closed=True)


def _draw_rider(stage: Stage, pose: Pose, seat: float, lean: float, feet: float) -> None:
    rng = stage.rng
    shade = stage.light.shade(0.0, 0.3, -0.95)
    jacket, trousers = pick(rng, 'cloth') * shade, pick(rng, 'cloth') * shade
    hip, shoulder = (0, seat + 0.08, -0.25), (0, seat + 0.58, -0.25 + lean)
    for side, knee, foot in ((-1, 0.12, feet), (1, -0.04, feet - 0.22)):
        draw_limb(stage, pose, [(side * 0.08, *hip[1:]), (side * 0.13, seat - 0.12 + knee, 0.2),
                                (side * 0.13, foot + 0.1, 0.0)], 0.16, trousers, RIDER)
        draw_limb(stage, pose, [(side * 0.2, shoulder[1] - 0.05, shoulder[2]),
                                (side * 0.3, seat + 0.25, 0.15), (side * 0.27, 1.04, 0.36)],
                  0.11, jacket, RIDER)
    draw_limb(stage, pose, [hip, shoulder], 0.34, jacket, RIDER)
    draw_limb(stage, pose, [(-0.13, *shoulder[1:]), (0.13, *shoulder[1:])], 0.2, jacket, RIDER)
    head = (0.0, shoulder[1] + 0.28, shoulder[2] + 0.08)
    draw_head(stage, pose, head, RIDER, helmet=bool(rng.random() < 0.7))


def draw_bicycle(stage: Stage, pose: Pose, ridden: bool) -> None:
    """A bicycle of 1.8 m, with a rider on it if ``ridden``."""
    paint = pick(stage.rng, 'paint', 20)
    for z in (0.55, -0.55):
        _draw_wheel(stage, pose, z, 0.36, 0.07, BICYCLE, None)
    seat, crank, head = (0, 0.88, -0.22), (0, 0.34, -0.05), (0, 0.84, 0.4)
    frame = pose.world(np.array([seat, crank, head]))
    stage.quad(frame, None, BICYCLE)
    for path in ([crank, seat, head, crank], [(0, 0.36, -0.55), seat],
                 [(0, 0.36, -0.55), crank], [head, (0, 0.36, 0.55)]):
        draw_limb(stage, pose, path, 0.06, paint, BICYCLE)
    draw_limb(stage, pose, [(0, 0.96, -0.34), (0, 0.95, -0.12)], 0.1, _TYRE, BICYCLE)
    draw_limb(stage, pose, [head, (0, 1.0, 0.38)], 0.05, paint, BICYCLE)
    draw_limb(stage, pose, [(-0.27, 1.02, 0.36), (0.27, 1.02, 0.36)], 0.06, _TYRE, BICYCLE)
    if ridden:
        _draw_rider(stage, pose, seat=0.95, lean=stage.rng.uniform(0.1, 0.3), feet=0.28)


def draw_motorcycle(stage: Stage, pose: Pose, ridden: bool) -> None:
    """A motorcycle of 2.1 m, with a rider on it if ``ridden``."""
    paint = pick(stage.rng, 'paint', 20)
    steel = np.array([110.0, 110, 112])
    for z in (0.66, -0.62):
        _draw_wheel(stage, pose, z, 0.31, 0.14, MOTORCYCLE, steel * 0.5)
    parts = [([(0, 0.32, -0.62), (0, 0.45, 0.0)], 0.14, _TYRE),
             ([(0, 0.35, -0.1), (0, 0.42, 0.2)], 0.34, steel * 0.7),
             ([(0, 0.31, 0.66), (0, 0.95, 0.42)], 0.1, steel),
             ([(0, 0.68, -0.2), (0, 0.78, 0.3)], 0.3, paint),
             ([(0, 0.8, -0.75), (0, 0.76, -0.1)], 0.18, _TYRE),
             ([(0, 0.66, -0.85), (0, 0.62, -0.55)], 0.16, paint),
             ([(0, 0.85, 0.45), (0, 1.0, 0.5)], 0.26, paint),
             ([(-0.34, 1.02, 0.34), (0.34, 1.02, 0.34)], 0.07, _TYRE),
             ([(0, 0.25, -0.7), (0, 0.3, 0.0)], 0.1, steel)]
    for path, thick, colour in parts:
        draw_limb(stage, pose, path, thick, colour, MOTORCYCLE)
    if np.cos(pose.yaw) > 0:
        draw_limb(stage, pose, [(0, 0.7, -0.9)] * 2, 0.14, np.array([190.0, 30, 26]), MOTORCYCLE)
    else:
        draw_limb(stage, pose, [(0, 0.86, 0.6)] * 2, 0.2, np.array([235.0, 230, 205]), MOTORCYCLE)
    if ridden:
        _draw_rider(stage, pose, seat=0.85, lean=stage.rng.uniform(0.05, 0.25), feet=0.3)
