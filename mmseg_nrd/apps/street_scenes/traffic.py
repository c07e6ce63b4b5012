"""Which vehicles and riders are in a scene, and where."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from .camera import Camera
from .people import draw_bicycle, draw_motorcycle, draw_person
from .stage import Item, Pose, footprint
from .street import LANE, Side, Street
from .vehicles import draw_bus, draw_car, draw_train, draw_truck

# Drawing function, half length and half width in metres, height in metres.
_VEHICLES: dict[str, tuple[Callable[..., None], float, float, float]] = {
    'car': (draw_car, 2.2, 0.9, 1.5),
    'truck': (draw_truck, 3.6, 1.2, 3.5),
    'bus': (draw_bus, 5.5, 1.25, 3.1),
}
_BIG = ('truck', 'bus')


def _vehicle(kind: str, pose: Pose) -> Item:
    draw, half_length, half_width, height = _VEHICLES[kind]
    base = footprint(pose, (-half_width, half_width), (-half_length, half_length))
    return Item(2, float(base[:, 2].min()), partial(draw, pose=pose), base, height)


def _random_kind(rng: np.random.Generator) -> str:
    return str(rng.choice(['car', 'truck', 'bus'], p=[0.84, 0.08, 0.08]))


def _lane(rng: np.random.Generator, x: float, yaw: float, first: float, end: float,
          leader: str | None) -> list[Item]:
    """Vehicles one behind another; ``leader`` names the kind of the nearest, if it matters."""
    items, near = [], first
    while near < end:
        kind = leader if leader and not items else _random_kind(rng)
        half = _VEHICLES[kind][1]
        pose = Pose(x + rng.normal(0, 0.15), near + half, yaw + rng.normal(0, 0.02))
        items.append(_vehicle(kind, pose))
        near += 2 * half + rng.uniform(4, 22)
    return items


def _lanes(rng: np.random.Generator, camera: Camera, street: Street,
           wanted: frozenset[str]) -> list[Item]:
    lanes = [(0.1, 0.0), (-LANE - 0.1, np.pi)]
    if street.right.kerb > 1.8 + LANE:
        lanes.append((LANE + 0.1, 0.0))
    big = [kind for kind in _BIG if kind in wanted]
    chosen = int(rng.integers(len(lanes))) if big else -1
    end = street.end * 0.8
    items = []
    for number, (x, yaw) in enumerate(lanes):
        nearest = max(camera.depth_in_view(x) * 0.8, 6.0)
        if number == chosen:
            first = max(nearest, 8.0) + rng.uniform(0, 5)
            items += _lane(rng, x, yaw, first, end, big[0])
        elif number == 0 or rng.random() < 0.75:
            # the lane ahead stays clear for a while, or one car would hide the whole street
            clear = 13.0 if number == 0 else nearest
            items += _lane(rng, x, yaw, clear + rng.uniform(0, 14), end, None)
    return items


def _parked(rng: np.random.Generator, camera: Camera, side: Side) -> list[Item]:
    if not side.parking:
        return []
    offset, items = side.kerb - 1.05, []
    near = max(camera.depth_in_view(side.sign * offset) * 0.75, 5.0) + rng.uniform(0, 5)
    yaw = 0.0 if side.sign > 0 else np.pi
    while near < 45:
        if rng.random() < 0.65:
            pose = Pose(side.sign * offset + rng.normal(0, 0.08), near + 2.2,
                        yaw + rng.normal(0, 0.04))
            items.append(_vehicle('car', pose))
        near += rng.uniform(4.9, 6.5)
    return items


def _train(rng: np.random.Generator, camera: Camera, side: Side, near_by: bool) -> Item:
    x = side.sign * side.track_centre
    near = camera.depth_in_view(x) * 0.95 + (rng.uniform(0, 4) if near_by else rng.uniform(6, 30))
    cars = int(rng.integers(2, 4))
    pose = Pose(x, near + 4.5, 0.0 if rng.random() < 0.5 else np.pi)
    base = footprint(Pose(x, near), (-1.3, 1.3), (0, 9.0 * cars))
    return Item(2, near, partial(draw_train, pose=pose, cars=cars), base, 3.5)


def two_wheeler(kind: str, pose: Pose, ridden: bool) -> Item:
    """An item for a 'bicycle' or 'motorcycle'."""
    draw = draw_bicycle if kind == 'bicycle' else draw_motorcycle
    base = footprint(pose, (-0.25, 0.25), (-0.9, 0.9))
    return Item(2, pose.z, partial(draw, pose=pose, ridden=ridden), base, 1.7 if ridden else 1.0)


def _ridden(rng: np.random.Generator, camera: Camera, street: Street, kind: str,
            near_by: bool) -> Item:
    x = rng.uniform(-street.left.kerb + 1.0, street.right.kerb - 0.6)
    depth = rng.uniform(4.5, 7.0) if near_by else rng.uniform(6, 18)
    z = max(depth, camera.depth_in_view(abs(x) * np.sign(x) + np.sign(x)))
    along = 0.0 if x > -1.7 else np.pi
    sideways = float(rng.choice([-1, 1])) * rng.uniform(0.9, 1.6)
    yaw = sideways if rng.random() < 0.55 else along + rng.uniform(-0.6, 0.6)
    return two_wheeler(kind, Pose(x, z, yaw), ridden=True)


def walker(pose: Pose, height: float) -> Item:
    """An item for a person on foot."""
    base = footprint(pose, (-0.25, 0.25), (-0.2, 0.2))
    return Item(2, pose.z, partial(draw_person, pose=pose, height=height), base, height)


def sample_traffic(rng: np.random.Generator, camera: Camera, street: Street,
                   wanted: frozenset[str]) -> list[Item]:
    """Everything on the road; the kinds in ``wanted`` get a near and open place."""
    items = _lanes(rng, camera, street, wanted)
    for side in street.sides:
        items += _parked(rng, camera, side)
        if side.track and ('train' in wanted or rng.random() < 0.7):
            items.append(_train(rng, camera, side, 'train' in wanted))
    for kind in ('bicycle', 'motorcycle'):
        near_by = f'rider on {kind}' in wanted
        if near_by or rng.random() < 0.4:
            items.append(_ridden(rng, camera, street, kind, near_by))
    if street.crossing and rng.random() < 0.6:
        for _ in range(int(rng.integers(1, 4))):
            pose = Pose(rng.uniform(-street.left.kerb, street.right.kerb),
                        street.crossing + rng.uniform(0.3, 2.7),
                        float(rng.choice([-1, 1])) * rng.uniform(1.2, 1.8))
            items.append(walker(pose, rng.uniform(1.55, 1.9)))
    if rng.random() < 0.2:  # somebody turns in or out
        pose = Pose(rng.uniform(-3.0, 2.0), rng.uniform(15, 26), rng.uniform(0.9, 2.2))
        items.append(_vehicle(_random_kind(rng), pose))
    return items
