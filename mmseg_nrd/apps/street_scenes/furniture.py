"""Along the sidewalk: poles and what hangs on them, walls, fences, clutter that is ignored."""
from __future__ import annotations

import numpy as np

from .classes import FENCE, IGNORE, POLE, TRAFFIC_LIGHT, TRAFFIC_SIGN, WALL
from .light import pick
from .stage import Pose, Stage, block, draw_block, draw_limb

_LIT = (np.array([250.0, 50, 40]), np.array([250.0, 190, 50]), np.array([60.0, 235, 130]))
_SIGN_PAINT = (np.array([236.0, 236, 232]), np.array([178.0, 36, 34]), np.array([36.0, 74, 150]),
               np.array([226.0, 190, 50]), np.array([40.0, 100, 66]), np.array([120.0, 122, 124]))


def _draw_pole(stage: Stage, points: list[tuple[float, float, float]], thick: float,
               colour: np.ndarray) -> None:
    draw_limb(stage, Pose(0.0, 0.0), points, thick, colour, POLE)


def _plate(stage: Stage, x: float, y: float, z: float, outline: np.ndarray,
           colour: np.ndarray, label: int) -> None:
    world = np.column_stack([x + outline[:, 0], y + outline[:, 1], np.full(len(outline), z)])
    stage.quad(world, colour, label)


def _regular(sides: int, radius: float, turn: float = 0.0) -> np.ndarray:
    angles = np.arange(sides) * 2 * np.pi / sides + turn
    return radius * np.column_stack([np.sin(angles), np.cos(angles)])


def _box(half_width: float, half_height: float) -> np.ndarray:
    return np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * [half_width, half_height]


def draw_lamp_post(stage: Stage, x: float, z: float, height: float) -> None:
    """A mast with an arm towards the road and a lamp, all of it pole."""
    paint = pick(stage.rng, 'metal') * stage.light.shade(0.0, 0, -1.0)
    reach = -np.sign(x) * stage.rng.uniform(0.8, 2.2)
    _draw_pole(stage, [(x, 0, z), (x, 1.0, z)], 0.24, paint)
    _draw_pole(stage, [(x, 0, z), (x, height, z), (x + reach, height + 0.4, z)], 0.18, paint)
    lamp = np.array([250.0, 226, 170]) if stage.light.night else paint * 1.3
    _draw_pole(stage, [(x + reach, height + 0.4, z), (x + 1.3 * reach, height + 0.4, z)], 0.22,
               np.clip(lamp, 0, 250))


def draw_bollard(stage: Stage, x: float, z: float) -> None:
    """A waist-high post."""
    paint = pick(stage.rng, 'metal') * stage.light.shade(0.0, 0, -1.0)
    _draw_pole(stage, [(x, 0, z), (x, 0.95, z)], 0.14, paint)


def draw_sign(stage: Stage, x: float, z: float) -> None:
    """One or two plates on a pole: round, triangular, octagonal, square, or a direction board."""
    rng = stage.rng
    shade = 0.25 + 0.75 * stage.light.shade(0.0, 0, -1.0)
    metal = pick(rng, 'metal') * stage.light.shade(0.0, 0, -1.0)
    kind = int(rng.integers(6))
    y = rng.uniform(2.3, 3.0)
    _draw_pole(stage, [(x, 0, z), (x, y + 0.4, z)], 0.14, metal)
    paint = (1, 1, 1, 2, 2, 0)[kind]
    if rng.random() < 0.25:  # other countries, and backs of signs
        paint = int(rng.integers(len(_SIGN_PAINT)))
    rim, inner = _SIGN_PAINT[paint] * shade, _SIGN_PAINT[0] * shade
    if paint == 0:
        inner = _SIGN_PAINT[int(rng.integers(1, 5))] * shade
    if kind == 5:
        wide = rng.uniform(0.8, 1.5)
        _plate(stage, x, y + 0.3, z, _box(wide, 0.55), rim, TRAFFIC_SIGN)
        _plate(stage, x, y + 0.3, z, _box(wide * 0.93, 0.47), inner, TRAFFIC_SIGN)
        for row in (0.55, 0.3, 0.05):
            _plate(stage, x - 0.1, y + row, z, _box(wide * 0.7, 0.05), rim, TRAFFIC_SIGN)
        return
    sides, turn = ((16, 0.0), (3, 0.0), (8, 0.39), (4, 0.785), (4, 0.0), (16, 0.0))[kind]
    outline = _regular(sides, 0.52 if sides == 16 else 0.6, turn)
    _plate(stage, x, y, z, outline, rim, TRAFFIC_SIGN)
    if kind != 2:
        _plate(stage, x, y, z, 0.68 * outline, inner, TRAFFIC_SIGN)
    mark = _box(0.25, 0.07) if rng.random() < 0.5 else _box(0.07, 0.2)
    _plate(stage, x, y, z, mark, inner if kind == 2 else rim * 0.5, TRAFFIC_SIGN)
    if rng.random() < 0.35:
        _plate(stage, x, y - 0.85, z, _box(0.45, 0.22), _SIGN_PAINT[0] * shade, TRAFFIC_SIGN)
        _plate(stage, x, y - 0.85, z, _box(0.3, 0.05), rim * 0.6, TRAFFIC_SIGN)


def _draw_signal_head(stage: Stage, x: float, y: float, z: float) -> None:
    rng = stage.rng
    case = np.array([34.0, 36, 38]) * rng.uniform(0.6, 1.8)
    _plate(stage, x, y, z, _box(0.29, 0.68), case, TRAFFIC_LIGHT)
    lit = int(rng.integers(3))
    middle = stage.camera.project(np.array([(x, y + shift, z) for shift in (0.42, 0.0, -0.42)]))
    radius = stage.camera.pixels(0.17, z)
    for index in range(3):
        colour = _LIT[index] if index == lit else _LIT[index] * 0.22
        stage.canvas.disc(middle[index], radius, colour, None, z)


def draw_traffic_light(stage: Stage, x: float, z: float, arm: bool) -> None:
    """A signal head on a pole, and another on an arm over the road if ``arm``."""
    metal = pick(stage.rng, 'metal') * stage.light.shade(0.0, 0, -1.0)
    height = stage.rng.uniform(2.6, 3.1)
    if arm:
        over = x * 0.35
        _draw_pole(stage, [(x, 0, z), (x, 5.0, z), (over, 5.2, z)], 0.16, metal)
        _draw_signal_head(stage, over, 4.7, z)
    else:
        _draw_pole(stage, [(x, 0, z), (x, height, z)], 0.14, metal)
    _draw_signal_head(stage, x, height, z)


def draw_clutter(stage: Stage, pose: Pose) -> None:
    """A bin, box or switch cabinet on the sidewalk: ignored, as Cityscapes ignores them."""
    rng = stage.rng
    paint = pick(rng, 'metal' if rng.random() < 0.5 else 'paint')
    wide, high = rng.uniform(0.3, 0.6), rng.uniform(0.8, 1.4)
    details = dict.fromkeys(('rear', 'front'), [((0.1, 0.9, 0.75, 0.9), paint * 0.6)])
    draw_block(stage, pose, block((-wide, wide), (0, high), (-0.3, 0.3), 0.03), paint, IGNORE,
               details)


def draw_wall(stage: Stage, x: float, z0: float, z1: float, height: float) -> None:
    """A solid wall with courses of stone or brick, pillars and a coping."""
    rng, project, canvas = stage.rng, stage.camera.project, stage.canvas
    stone = pick(rng, 'stone')
    shade = stage.light.shade(-np.sign(x), 0.0, 0.0)
    depth = 0.6 * z0 + 0.4 * z1
    end = np.array([(x, 0, z0), (x + 0.35 * np.sign(x), 0, z0),
                    (x + 0.35 * np.sign(x), height, z0), (x, height, z0)])
    stage.quad(end, stone * stage.light.shade(0.0, 0, -1.0), WALL)
    face = np.array([(x, 0, z0), (x, 0, z1), (x, height, z1), (x, height, z0)])
    stage.quad(face, stone * shade, WALL)
    course = rng.uniform(0.22, 0.45)
    joint = stone * shade * rng.uniform(0.72, 0.88)
    for row, y in enumerate(np.arange(course, height - 0.15, course)):
        if z0 < 30:
            quad = np.array([(x, y, z0), (x, y, z1), (x, y + 0.05, z1), (x, y + 0.05, z0)])
            canvas.fill(project(quad), joint, None, depth)
        if z0 < 14:
            starts = np.arange(z0 + (row % 2) * course, z1, 2 * course)
            bars = np.array([[(x, y, z), (x, y, z + 0.05), (x, y + course, z + 0.05),
                              (x, y + course, z)] for z in starts])
            canvas.fill(project(bars), joint, None, depth)
    coping = np.array([(x, height - 0.14, z0), (x, height - 0.14, z1), (x, height, z1),
                       (x, height, z0)])
    stage.quad(coping, np.clip(stone * 1.25, 0, 245) * shade, WALL)


def draw_fence(stage: Stage, x: float, z0: float, z1: float, height: float, kind: str) -> None:
    """An open fence ('rails', 'pickets' or 'mesh'); the label covers its gaps as well."""
    rng, project, canvas = stage.rng, stage.camera.project, stage.canvas
    paint = pick(rng, 'metal' if rng.random() < 0.6 else 'paint')
    paint = paint * stage.light.shade(-np.sign(x), 0.0, 0.0)
    face = np.array([(x, 0.05, z0), (x, 0.05, z1), (x, height, z1), (x, height, z0)])
    stage.quad(face, None, FENCE)

    def draw_rails(heights: np.ndarray, thick: float) -> None:
        for y in heights:
            rail = np.array([(x, y, z0), (x, y, z1), (x, y - thick, z1), (x, y - thick, z0)])
            canvas.fill(project(rail), paint, None, 0.5 * (z0 + z1))

    def draw_posts(step: float, thick: float) -> None:
        for z in np.arange(z1, z0 - 1e-6, -step):
            post = project(np.array([(x, 0, z), (x, height, z)]))
            canvas.stroke(post, stage.camera.pixels(thick, z), paint, None, z)

    if kind == 'rails':
        draw_rails(np.linspace(0.35, height, 3), 0.16)
        draw_posts(1.8, 0.16)
    elif kind == 'pickets':
        draw_rails(np.array([0.3, height - 0.1]), 0.07)
        draw_posts(0.34, 0.11)
    else:
        draw_rails(np.array([height]), 0.08)
        draw_posts(2.4, 0.1)
        rise = height / 1.2
        for start in np.arange(z0 - 1.2, z1, 0.4):
            for slope in (1, -1):
                low, high = (start, start + 1.2) if slope > 0 else (start + 1.2, start)
                ends = np.array([(x, 0.0, low), (x, height, high)])
                if min(low, high) < z0 or max(low, high) > z1:
                    continue
                canvas.stroke(project(ends), stage.camera.pixels(0.02 * rise, start), paint,
                              None, max(start, 1.0))
