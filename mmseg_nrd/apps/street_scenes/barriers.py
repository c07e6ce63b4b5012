"""Walls and fences along the back of the sidewalk."""
from __future__ import annotations

import numpy as np

from .classes import FENCE, WALL
from .light import pick
from .stage import Stage


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
