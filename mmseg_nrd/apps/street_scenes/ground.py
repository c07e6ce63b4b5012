"""Sky and ground: the backdrop that everything else is painted over."""
from __future__ import annotations

import cv2
import numpy as np

from .canvas import OVERSAMPLING
from .classes import ROAD, SIDEWALK, SKY
from .light import pick
from .photometry import ground_tile, noise_field
from .stage import Item, Pose, Stage, footprint
from .street import Street


def draw_sky(stage: Stage) -> None:
    """Gradient from horizon to zenith with clouds, over the whole canvas."""
    canvas, light = stage.canvas, stage.light
    height, width = (side // OVERSAMPLING for side in canvas.label.shape)  # it has no edges
    up = np.linspace(1, 0, height, dtype=np.float32)[:, None]
    share = np.clip((up - 0.5) * 2, 0, 1)[..., None]**0.7
    image = light.skyline.astype(np.float32) * (1 - share) + light.zenith.astype(
        np.float32) * share
    image = np.broadcast_to(image, (height, width, 3)).copy()
    clouds = noise_field(stage.rng, height, width, (4, 9, 18))
    cover = np.clip(clouds + 1.6 * light.clouds - 0.9, 0, 1) * np.float32(0.55)
    bright = light.skyline.astype(np.float32) * np.float32(0.95 if light.night else 1.12)
    image += cover[..., None] * (bright - image)
    np.clip(image, 0, 255, out=image)
    painted = image.astype(np.uint8).repeat(OVERSAMPLING, axis=0)
    canvas.image[:] = painted.repeat(OVERSAMPLING, axis=1)
    canvas.label[:] = SKY


def _shadows(stage: Stage, items: list[Item], street: Street) -> np.ndarray:
    """Mask (H, W) float32 of the ground that the sun does not reach, 0 to 1."""
    camera, sun = stage.camera, stage.light.sun
    mask = np.zeros(stage.canvas.label.shape, np.uint8)
    reach = -sun[0] / max(sun[1], 0.3), -sun[2] / max(sun[1], 0.3)
    cast = []
    for side in street.sides:  # buildings, as one band along the street
        toward = side.sign * -reach[0]
        if toward > 0 and stage.light.direct > 0.2:
            edge = side.front - 7.0 * toward
            cast.append(_band(side.sign * side.front, side.sign * edge, 2.5, 90))
    for item in items:
        if item.footprint is None:
            continue
        far = item.footprint + np.array([reach[0], 0, reach[1]]) * min(item.height, 6.0)
        cast.append(item.footprint)
        if stage.light.direct > 0.2:
            both = np.concatenate([item.footprint, far])
            hull = cv2.convexHull(both[:, [0, 2]].astype(np.float32))[:, 0]
            hull[:, 1] = np.maximum(hull[:, 1], 1.5)
            cast.append(np.insert(hull, 1, 0.0, axis=1))
    limit = 20 * max(mask.shape)
    for polygon in cast:
        points = np.clip(camera.project(polygon), -limit, limit)
        cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255)
    return cv2.blur(mask, (3, 3)).astype(np.float32) / 255


def draw_ground(stage: Stage, street: Street, items: list[Item]) -> None:
    """Strips of the street with texture, shadows and markings, below the horizon."""
    camera, canvas, light, rng = stage.camera, stage.canvas, stage.light, stage.rng
    drop = camera.drop()
    top = int(np.clip(np.argmax((drop > 0.5).any(axis=1)), 0, camera.height - 1))
    drop = drop[top:]
    below = drop > 0.5
    x, z = camera.ground(drop)

    bounds, labels, palettes = street.strips()
    strip = np.zeros(x.shape, np.uint8)
    for bound in bounds:
        strip += (x > bound).view(np.uint8)
    paint = {name: pick(rng, name) for name in ('road', 'sidewalk', 'terrain')}
    colours = np.array([paint[name] for name in palettes], np.float32)
    colours *= light.shade(0.0, 1.0, 0.0)

    tile = ground_tile(rng)
    noise = cv2.remap(tile, x * 9 + 4096, z * 9, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    strength = np.array([{'terrain': 0.16}.get(name, 0.06) for name in palettes], np.float32)
    gain = 1 + strength[strip] * noise * np.clip(14 / z, 0, 1)
    gain *= 1 - np.float32(0.25 + 0.4 * light.direct) * _shadows(stage, items, street)[top:]
    clear = np.exp(-np.float32(light.haze) * z)
    skyline = light.skyline.astype(np.float32)
    ground = colours[strip] * (gain * clear)[..., None] + (skyline * (1 - clear[..., None]))
    target = canvas.image[top:]
    np.copyto(target, np.clip(ground, 0, 255).astype(np.uint8), where=below[..., None])
    np.copyto(canvas.label[top:], np.array(labels, np.uint8)[strip], where=below)
    _draw_markings(stage, street, paint['road'], paint['sidewalk'])


def _band(x0: float, x1: float, z0: float, z1: float) -> np.ndarray:
    return footprint(Pose(0.0, 0.0), (x0, x1), (z0, z1))


def _draw_markings(stage: Stage, street: Street, road: np.ndarray, stone: np.ndarray) -> None:
    """Lane lines, a zebra crossing, kerbs, joints, rails, manholes and worn patches."""
    rng, shade = stage.rng, stage.light.shade(0.0, 1.0, 0.0)
    white = np.clip(road + rng.uniform(45, 110), 0, 240) * shade
    edge_left, edge_right = -street.left.kerb, street.right.kerb
    for _ in range(4):
        x, z = rng.uniform(edge_left + 1, edge_right - 1), rng.uniform(4, 25)
        patch = _band(x - 0.6, x + rng.uniform(0.2, 1.2), z, z + rng.uniform(1, 5))
        stage.quad(patch, road * shade * rng.uniform(0.72, 1.2), ROAD)
    dash, phase = rng.uniform(2, 4), rng.uniform(0, 5)
    lines = [-1.75] + ([1.75] if edge_right > 4.5 else [])
    for x in lines:
        for start in np.arange(2 + phase, 60, 2 * dash):
            stage.quad(_band(x - 0.08, x + 0.08, start, start + dash), white, ROAD)
    if street.crossing:
        for x in np.arange(edge_left + 0.4, edge_right - 0.6, 1.1):
            stage.quad(_band(x, x + 0.55, street.crossing, street.crossing + 3), white, ROAD)
    for side in street.sides:
        kerb, inner = side.sign * side.kerb, side.sign * (side.kerb - 0.18)
        nearest = 0.6 * side.kerb
        light_stone = np.clip(stone * 1.15, 0, 245) * shade
        for z0, z1 in ((nearest, 8), (8, 20), (20, street.end)):
            if side.verge == side.kerb:
                stage.quad(_band(inner, kerb, z0, z1), light_stone, SIDEWALK)
        for offset in np.arange(side.verge + 0.6, side.walk, 0.9):
            line = _band(side.sign * offset, side.sign * (offset + 0.04), 0.6 * offset, 18)
            stage.quad(line, stone * shade * 0.82, SIDEWALK)
        if side.track:
            steel = np.array([96.0, 92, 90]) * shade
            for offset in (-0.72, 0.72):
                x = side.sign * side.track_centre + offset
                stage.quad(_band(x - 0.06, x + 0.06, 0.6 * abs(x), street.end), steel, None)
