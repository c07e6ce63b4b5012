"""Rows of houses along the street, receding to the vanishing point, and the street's far end."""
from __future__ import annotations

import numpy as np

from .classes import BUILDING, VEGETATION
from .light import pick
from .stage import Stage
from .street import Side, Street


def _plane_quads(origin: np.ndarray, along: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """World quads (N, 4, 3) on an upright plane; ``spans`` (N, 4) holds s0, s1, y0, y1."""
    s = spans[:, [0, 1, 1, 0]]
    y = spans[:, [2, 2, 3, 3]]
    return origin + s[..., None] * along + y[..., None] * np.array([0.0, 1.0, 0.0])


def _draw_openings(stage: Stage, origin: np.ndarray, along: np.ndarray, length: float,
                   height: float, wall: np.ndarray, shade: float, style: np.ndarray) -> None:
    """Windows floor by floor, and doors or shop windows at the ground."""
    storey, bay = 2.8 + style[0], 1.9 + 1.8 * style[1]
    columns = np.arange(max(1, int(length / bay))) * bay + 0.5 * (length % bay)
    rows = np.arange(3.6, height - 1.6, storey)
    share, tall = 0.3 + 0.45 * style[2], 0.45 + 0.25 * style[3]
    left, bottom = (grid.ravel() for grid in np.meshgrid(columns, rows))
    margin = 0.5 * bay * (1 - share)
    upper = np.stack([left + margin, left + bay - margin, bottom, bottom + tall * storey], axis=1)
    shop = style[4] > 0.5
    low, top = (0.5, 2.7) if shop else (1.1, 2.3)
    lower = np.stack([columns + margin * 0.6, columns + bay - margin * 0.6,
                      np.full_like(columns, low), np.full_like(columns, top)], axis=1)
    if len(lower):
        lower[len(lower) // 2, 2] = 0.0  # the door
    spans = np.concatenate([upper, lower])
    lit = stage.rng.random(len(spans)) < (0.45 if stage.light.night else 0.04)
    glass = np.clip(stage.light.zenith * 0.35 + 24 * style[5], 0, 255)
    glow = np.array([226.0, 190, 120])
    frame = np.clip(wall * (1.25 if style[6] > 0.4 else 0.75), 0, 250) * shade
    grow = np.array([-0.12, 0.12, -0.12, 0.12])
    depth = float(np.clip(origin[2] + 0.4 * along[2] * length, 1.0, None))
    layers = [(spans + grow, frame)] if depth < 40 else []
    for shown, colour in (*layers, (spans[~lit], glass), (spans[lit], glow)):
        quads = _plane_quads(origin, along, shown)
        stage.canvas.fill(stage.camera.project(quads), colour, None, depth)


def draw_house(stage: Stage, side: int, offset: float, z0: float, z1: float,
               height: float) -> None:
    """One house: the end wall that faces the camera, the street front, and the roof."""
    rng, light = stage.rng, stage.light
    wall, roof = pick(rng, 'facade'), pick(rng, 'stone') * rng.uniform(0.6, 1.0)
    style = rng.random(8)
    x, length, deep = side * offset, z1 - z0, 12.0
    up = np.array([0.0, 1.0, 0.0])
    pitched = style[7] < 0.45
    ridge = height + 3.0 * pitched
    outward = np.array([float(side), 0, 0])
    corner = np.array([x, 0.0, z0])
    end_shade, shade = light.shade(0.0, 0.0, -1.0), light.shade(-side, 0.0, 0.0)
    gable = [corner, corner + up * height, corner + outward * deep / 2 + up * ridge,
             corner + outward * deep + up * height, corner + outward * deep]
    if pitched:
        slope = np.array([(x, height, z0), (x, height, z1), (x + side * deep / 2, ridge, z1),
                          (x + side * deep / 2, ridge, z0)])
        stage.quad(slope, roof * light.shade(-0.5 * side, 0.85, 0.0), BUILDING)
    stage.quad(np.array(gable), wall * end_shade, BUILDING)
    _draw_openings(stage, corner + outward * 0.8, outward, deep - 1.6, height, wall, end_shade,
                   style)
    facade = _plane_quads(corner, np.array([0.0, 0, 1.0]), np.array([[0, length, 0, height]]))[0]
    stage.quad(facade, wall * shade, BUILDING)
    _draw_openings(stage, corner, np.array([0.0, 0, 1.0]), length, height, wall, shade, style)
    bands = [(0.0, 0.7), (height - 0.5, height)] + ([(2.9, 3.3)] if style[4] > 0.5 else [])
    for low, high in bands:  # plinth, eaves, shop sign
        band = _plane_quads(corner, np.array([0.0, 0, 1.0]), np.array([[0, length, low, high]]))
        stage.quad(band[0], np.clip(wall * (0.7 + 0.5 * style[6]), 0, 245) * shade, BUILDING)


def plan_houses(rng: np.random.Generator, side: Side, end: float,
                density: float) -> list[tuple[float, float, float, float]]:
    """(offset, z0, z1, height) of the houses on a side, from near to far."""
    houses, z = [], max(2.0, 0.7 * side.front)
    z += rng.uniform(0, 4)
    base = rng.uniform(6.5, 15)
    while z < end:
        length = rng.uniform(8, 18)
        height = base * rng.uniform(0.75, 1.3)
        offset = side.front + (rng.uniform(0, 3) if rng.random() < 0.3 else 0.0)
        if rng.random() < density:
            houses.append((offset, z, z + length, height))
        z += length + (rng.uniform(2, 8) if rng.random() < 0.2 else 0.0)
    return houses


def draw_far_end(stage: Stage, street: Street) -> None:
    """Hills of trees and a skyline across the end of the street."""
    rng, light = stage.rng, stage.light
    z = street.end + 25
    camera = stage.camera
    reach = 1.1 * z * max(camera.centre, camera.width - camera.centre) / camera.focal
    shade = light.shade(0.0, 0, -1.0)
    ridge_x = np.linspace(-reach, reach, 60)
    ridge_y = np.clip(rng.uniform(3, 9) + np.cumsum(rng.normal(0, 0.9, 60)), 1.5, 22)
    hill = np.column_stack([ridge_x, ridge_y, np.full(60, z + 40)])
    foot = np.array([(reach, -2, z + 40), (-reach, -2, z + 40)])
    stage.quad(np.concatenate([hill, foot]), pick(rng, 'leaf') * shade, VEGETATION)
    x = -reach
    while x < reach:
        width, height = rng.uniform(8, 26), rng.uniform(5, 22)
        wall, style = pick(rng, 'facade'), rng.random(8)
        if rng.random() < 0.55:
            corner, along = np.array([x, -1.0, z]), np.array([1.0, 0, 0])
            face = _plane_quads(corner, along, np.array([[0, width, 0, height]]))[0]
            stage.quad(face, wall * shade, BUILDING)
            _draw_openings(stage, corner, along, width, height, wall, shade, style)
        x += width
