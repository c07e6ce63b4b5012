"""What stands beside the road: houses, barriers, trees, furniture, people, parked bicycles."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from . import furniture
from .buildings import draw_house, plan_houses
from .camera import Camera
from .nature import draw_bush, draw_hedge, draw_tree
from .stage import Item, Pose
from .street import Side, Street
from .traffic import two_wheeler, walker


def _item(layer: int, draw: Callable[..., None], x: float, z: float,
          shadow: tuple[float, float] | None = None) -> Item:
    """An upright thing at (x, z); ``shadow`` is the radius of its foot and its height."""
    if shadow is None:
        return Item(layer, z, partial(draw, x=x, z=z))
    radius, height = shadow
    foot = np.array([(x - radius, 0, z), (x, 0, z - radius), (x + radius, 0, z),
                     (x, 0, z + radius)])
    return Item(layer, z, partial(draw, x=x, z=z), foot, height)


def _tree(rng: np.random.Generator, layer: int, x: float, z: float) -> Item:
    height = rng.uniform(5, 10)
    return _item(layer, partial(draw_tree, height=height), x, z, (0.12 * height, height))


def _houses(rng: np.random.Generator, street: Street) -> list[Item]:
    items = []
    density = float(rng.choice([0.95, 0.75, 0.35]))
    for side in street.sides:
        for offset, z0, z1, height in plan_houses(rng, side, street.end, density):
            items.append(Item(0, z1, partial(
                draw_house, side=side.sign, offset=offset, z0=z0, z1=z1, height=height)))
    return items


def _barrier(rng: np.random.Generator, side: Side, end: float) -> list[Item]:
    if side.barrier == 'none':
        return []
    items, x = [], side.sign * (side.walk + 0.1)
    height = rng.uniform(1.0, 2.4)
    kind = str(rng.choice(['rails', 'pickets', 'mesh']))
    draw = {'wall': furniture.draw_wall, 'fence': partial(furniture.draw_fence, kind=kind),
            'hedge': draw_hedge}[side.barrier]
    z = max(1.5, 0.6 * side.walk)
    gap = rng.uniform(22, 60)
    while z < min(end, 60):
        z1 = z + rng.uniform(5, 8)
        items.append(Item(1, z1, partial(draw, x=x, z0=z, z1=z1, height=height)))
        z = z1 + (rng.uniform(2, 6) if z > gap else 0.0)
    return items


def _greenery(rng: np.random.Generator, side: Side, sure: bool) -> list[Item]:
    items: list[Item] = []
    lawn = side.front - side.walk
    if lawn > 1.5:
        for z in np.cumsum(rng.uniform(4, 14, 6)) + 0.5 * side.walk:
            x = side.sign * rng.uniform(side.walk + 0.8, side.front + 1.0)
            if rng.random() < 0.6:
                items.append(_tree(rng, 0, x, z))
            else:
                items.append(_item(0, partial(draw_bush, size=rng.uniform(0.8, 1.8)), x, z))
    if not side.track and (sure or rng.random() < 0.35):
        planted = side.verge > side.kerb
        x = side.sign * (0.5 * (side.kerb + side.verge) if planted else side.kerb + 0.7)
        for z in np.cumsum(rng.uniform(8, 14, 4)) + rng.uniform(2, 10):
            items.append(_tree(rng, 2, x, z))
    return items


def _furniture(rng: np.random.Generator, camera: Camera, street: Street,
               wanted: frozenset[str]) -> list[Item]:
    items: list[Item] = []
    for side in street.sides:
        x = side.sign * (side.verge + 0.35)
        nearest = camera.depth_in_view(x)
        if rng.random() < 0.8:
            height = rng.uniform(5.5, 8.5)
            for z in np.cumsum(rng.uniform(15, 26, 3)) - rng.uniform(4, 12):
                lamp = partial(furniture.draw_lamp_post, height=height)
                items.append(_item(2, lamp, x, z, (0.1, height)))
        if rng.random() < 0.15:
            for z in np.arange(nearest, 30, rng.uniform(2, 4)):
                items.append(_item(2, furniture.draw_bollard, x, z, (0.1, 0.9)))
        for _ in range(int(rng.poisson(0.8))):
            z = nearest + rng.uniform(0, 22)
            items.append(_item(2, furniture.draw_sign, x, z, (0.1, 2.5)))
        if street.crossing and ('traffic light' in wanted or rng.random() < 0.6):
            z = max(street.crossing - 0.6, nearest)
            light = partial(furniture.draw_traffic_light, arm=bool(rng.random() < 0.4))
            items.append(_item(2, light, x, z, (0.1, 3.0)))
        if rng.random() < 0.4:
            x = side.sign * rng.uniform(side.verge + 0.6, side.walk - 0.5)
            z = max(rng.uniform(6, 20), camera.depth_in_view(x))
            items.append(Item(2, z, partial(furniture.draw_clutter, pose=Pose(x, z))))
    if 'traffic sign' in wanted:
        side = street.sides[int(rng.integers(2))]
        x = side.sign * (side.verge + 0.35)
        z = max(camera.depth_in_view(side.sign * (side.verge + 1.0)), 7.0) + rng.uniform(0, 2)
        items.append(_item(2, furniture.draw_sign, x, z, (0.1, 2.5)))
    return items


def _on_sidewalk(rng: np.random.Generator, camera: Camera, side: Side,
                 near_by: bool) -> tuple[float, float]:
    x = side.sign * rng.uniform(side.verge + 0.5, side.walk - 0.4)
    nearest = camera.depth_in_view(abs(x) * side.sign + 0.5 * side.sign)
    if near_by:
        x = side.sign * (side.verge + 0.7)
        nearest = max(camera.depth_in_view(x + 0.6 * side.sign), 5.0)
    return float(x), float(nearest + (rng.uniform(0, 1.5) if near_by else 24 * rng.random()**1.6))


def _life(rng: np.random.Generator, camera: Camera, street: Street,
          wanted: frozenset[str]) -> list[Item]:
    items: list[Item] = []
    for side in street.sides:
        near_by = 'person' in wanted
        for number in range(max(int(rng.poisson(2.6)), int(near_by))):
            x, z = _on_sidewalk(rng, camera, side, near_by and number == 0)
            child = rng.random() < 0.12
            height = rng.uniform(1.1, 1.4) if child else rng.uniform(1.55, 1.92)
            items.append(walker(Pose(x, z, rng.uniform(0, 2 * np.pi)), height))
        for kind in ('bicycle', 'motorcycle'):
            near_by = f'parked {kind}' in wanted
            if not near_by and rng.random() > 0.18:
                continue
            x, z = _on_sidewalk(rng, camera, side, near_by)
            yaw = float(rng.choice([-1, 1])) * rng.uniform(0.7, 1.6)
            for number in range(int(rng.integers(1, 4))):
                items.append(two_wheeler(kind, Pose(x, z + 0.8 * number, yaw), ridden=False))
    return items


def sample_roadside(rng: np.random.Generator, camera: Camera, street: Street,
                    wanted: frozenset[str]) -> list[Item]:
    """Everything beside the road; the kinds in ``wanted`` get a near and open place."""
    items = _houses(rng, street)
    for side in street.sides:
        items += _barrier(rng, side, street.end)
        items += _greenery(rng, side, 'tree' in wanted and side.sign < 0)
    return items + _furniture(rng, camera, street, wanted) + _life(rng, camera, street, wanted)
