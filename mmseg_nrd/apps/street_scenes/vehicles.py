"""Cars, trucks, buses and trains, as solids with wheels, windows and lamps.

Convention: poses as in `stage.Pose`: the origin is the middle of the vehicle on the ground.
"""
from __future__ import annotations

import numpy as np

from .classes import BUS, CAR, TRAIN, TRUCK
from .light import pick
from .stage import Detail, Pose, Stage, block, draw_block, draw_limb

_RED, _DARK, _WHITE = np.array([170.0, 30, 26]), np.array([26.0, 26, 28]), np.array([225.0] * 3)
_NO_WHEELS = 50.0  # metres; farther away, the body hides them
_AMBER = np.array([220.0, 140, 40])


def _glass(stage: Stage) -> np.ndarray:
    return np.clip(stage.light.zenith * stage.rng.uniform(0.2, 0.5), 14, 150)


def _draw_wheels(stage: Stage, pose: Pose, half_width: float, radius: float,
                 axles: tuple[float, ...], label: int) -> None:
    """Tyres under the body: slabs seen from the ends, discs with hubs seen from the side."""
    if pose.z > _NO_WHEELS:
        return
    camera, canvas, angles = stage.camera, stage.canvas, np.linspace(0, 2 * np.pi, 15)[:-1]
    circle = np.column_stack([np.zeros(14), np.sin(angles), np.cos(angles)])
    hub = np.array([120.0, 120, 124]) * stage.rng.uniform(0.5, 1.3)
    axles_far_first = sorted(axles, key=lambda z: -pose.world(np.array([0.0, 0.0, z]))[2])
    for axle in axles_far_first:
        for side in (-1, 1):
            outer = side * half_width
            inner = side * (half_width - 0.24)
            draw_block(stage, pose, block((min(outer, inner), max(outer, inner)), (0.0, 2 * radius),
                                          (axle - 0.7 * radius, axle + 0.7 * radius)), _DARK, label)
            centre = np.array([outer, radius, axle])
            world = pose.world(centre + radius * circle)
            points = camera.project(world)
            first, second = points[4] - points[0], points[9] - points[0]
            if (first[0] * second[1] - first[1] * second[0]) * side < 0:
                depth = float(world[:, 2].mean())
                canvas.fill(points, _DARK, label, depth)
                inside = camera.project(pose.world(centre + 0.55 * radius * circle))
                canvas.fill(inside, hub, label, depth)


def _lamps(colour: np.ndarray, bottom: float, top: float, width: float = 0.17) -> list[Detail]:
    return [((0.03, 0.03 + width, bottom, top), colour),
            ((0.97 - width, 0.97, bottom, top), colour)]


def draw_car(stage: Stage, pose: Pose) -> None:
    """A saloon, hatchback or van-like car of 1.8 by 4.3 m."""
    rng = stage.rng
    paint, glass = pick(rng, 'paint', 20), _glass(stage)
    kind = int(rng.integers(3))
    length, belt, roof = ((4.5, 0.92, 1.44), (4.0, 0.95, 1.5), (4.4, 1.05, 1.78))[kind]
    half = length / 2
    _draw_wheels(stage, pose, 0.88, 0.34, (-0.3 * length, 0.31 * length), CAR)
    plate = ((0.36, 0.64, 0.22, 0.4), _WHITE * 0.9)
    tail = [*_lamps(_RED, 0.5, 0.78), plate, ((0.0, 1.0, 0.0, 0.2), _DARK)]
    head_colour = np.array([250.0, 240, 200]) if stage.light.night else _WHITE
    head = [*_lamps(head_colour, 0.5, 0.76), ((0.28, 0.72, 0.4, 0.62), _DARK), plate]
    side = [((0.0, 1.0, 0.0, 0.14), _DARK), ((0.45, 0.46, 0.1, 1.0), paint * 0.55),
            ((0.7, 0.71, 0.1, 1.0), paint * 0.55)]
    body = block((-0.9, 0.9), (0.26, belt), (-half, half), 0.04, 0.06, 0.12)
    cabin_rear, slope = ((-half + 0.75, 0.45), (-half + 0.08, 0.3), (-half + 0.05, 0.15))[kind]
    cabin = block((-0.85, 0.85), (belt, roof), (cabin_rear, half - 1.25), 0.14, slope, 0.6)
    panes = [((0.05, 0.45, 0.08, 0.85), glass), ((0.52, 0.93, 0.08, 0.85), glass)]
    pane = [((0.07, 0.93, 0.1, 0.86), glass)]
    draw_block(stage, pose, body, paint, CAR,
               {'rear': tail, 'front': head, 'left': side, 'right': side})
    draw_block(stage, pose, cabin, paint, CAR,
               {'rear': pane, 'front': pane, 'left': panes, 'right': panes})


def draw_truck(stage: Stage, pose: Pose) -> None:
    """A lorry: a cab in front, a gap, and a plain box on a dark chassis."""
    rng = stage.rng
    cab, box, glass = pick(rng, 'paint', 20), pick(rng, 'paint', 20), _glass(stage)
    half, top = 3.6, rng.uniform(3.1, 3.7)
    _draw_wheels(stage, pose, 1.15, 0.48, (-2.4, -1.3, 2.6), TRUCK)
    chassis = block((-0.95, 0.95), (0.5, 1.0), (-half, half))
    stripe = pick(rng, 'paint')
    side = [((0.0, 1.0, 0.0, 0.05), box * 0.6), ((0.0, 1.0, 0.94, 1.0), box * 0.75)]
    side += [((s, s + 0.012, 0.0, 1.0), box * 0.7) for s in (0.2, 0.4, 0.6, 0.8)]
    if rng.random() < 0.5:
        side.append(((0.1, 0.9, 0.45, 0.62), stripe))
    doors = [((0.49, 0.51, 0.02, 0.98), box * 0.45), ((0.0, 1.0, 0.0, 0.03), _DARK),
             ((0.3, 0.32, 0.05, 0.95), box * 0.6), ((0.68, 0.7, 0.05, 0.95), box * 0.6),
             ((0.0, 0.03, 0.0, 1.0), box * 0.6), ((0.97, 1.0, 0.0, 1.0), box * 0.6)]
    low = [*_lamps(_RED, 0.2, 0.7, 0.12), ((0.4, 0.6, 0.2, 0.7), _WHITE * 0.85)]
    nose = [((0.08, 0.92, 0.52, 0.88), glass), *_lamps(_WHITE, 0.1, 0.24),
            ((0.2, 0.8, 0.14, 0.4), _DARK), ((0.0, 1.0, 0.0, 0.08), _DARK)]
    door = [((0.15, 0.75, 0.52, 0.86), glass), ((0.1, 0.12, 0.1, 0.9), cab * 0.6)]
    parts = [
        (block((-1.15, 1.15), (0.55, 2.75), (1.7, half), 0.05, 0.0, 0.15), cab,
         {'front': nose, 'left': door, 'right': door}),
        (block((-1.22, 1.22), (1.0, top), (-half, 1.45)), box,
         {'rear': doors, 'left': side, 'right': side}),
    ]
    draw_block(stage, pose, chassis, _DARK + 14, TRUCK, {'rear': low})
    for corners, paint, details in sorted(
            parts, key=lambda part: -pose.world(part[0])[:, 2].mean()):
        draw_block(stage, pose, corners, paint, TRUCK, details)


def draw_bus(stage: Stage, pose: Pose) -> None:
    """A city bus of 2.5 by 11 m with a band of windows, doors and a destination display."""
    rng = stage.rng
    paint, trim, glass = pick(rng, 'paint', 20), pick(rng, 'paint', 20), _glass(stage)
    half = 5.5
    _draw_wheels(stage, pose, 1.2, 0.48, (-3.2, 3.0), BUS)
    side = [((0.0, 1.0, 0.0, 0.2), trim), ((0.02, 0.98, 0.42, 0.8), glass)]
    side += [((s, s + 0.012, 0.42, 0.8), paint * 0.7) for s in np.linspace(0.14, 0.86, 7)]
    side += [((s, s + 0.1, 0.03, 0.8), glass * 0.8) for s in (0.06, 0.5)]
    tail = [((0.1, 0.9, 0.55, 0.84), glass), *_lamps(_RED, 0.12, 0.34, 0.1),
            ((0.2, 0.8, 0.12, 0.4), paint * 0.7), ((0.3, 0.7, 0.88, 0.96), _AMBER)]
    nose = [((0.05, 0.95, 0.32, 0.82), glass), ((0.15, 0.85, 0.86, 0.97), _AMBER),
            *_lamps(_WHITE, 0.1, 0.2), ((0.0, 1.0, 0.0, 0.07), _DARK),
            ((0.495, 0.505, 0.32, 0.82), paint * 0.6)]
    body = block((-1.25, 1.25), (0.32, 3.1), (-half, half), 0.05, 0.06, 0.12)
    draw_block(stage, pose, body, paint, BUS,
               {'rear': tail, 'front': nose, 'left': side, 'right': side})


def draw_train(stage: Stage, pose: Pose, cars: int) -> None:
    """A tram or train of joined cars with sloping noses; ``pose`` is the middle of the nearest."""
    rng = stage.rng
    paint, trim, glass = pick(rng, 'paint', 20), pick(rng, 'paint', 20), _glass(stage)
    length = 9.0
    forward = np.array([np.sin(pose.yaw), np.cos(pose.yaw)])
    away = 1.0 if forward[1] >= 0 else -1.0
    side = [((0.0, 1.0, 0.0, 0.12), _DARK + 20), ((0.0, 1.0, 0.3, 0.4), trim),
            ((0.0, 1.0, 0.86, 0.92), trim)]
    side += [((s, s + 0.13, 0.46, 0.8), glass) for s in (0.04, 0.34, 0.53, 0.83)]
    side += [((s, s + 0.11, 0.1, 0.82), glass * 0.7) for s in (0.2, 0.69)]
    nose = [((0.08, 0.92, 0.4, 0.86), glass), *_lamps(_WHITE, 0.14, 0.24, 0.2),
            ((0.25, 0.75, 0.89, 0.97), _AMBER), ((0.0, 1.0, 0.28, 0.36), trim),
            ((0.38, 0.62, 0.02, 0.14), _DARK)]
    for number in reversed(range(cars)):
        shift = away * number * length
        place = Pose(pose.x + shift * forward[0], pose.z + shift * forward[1], pose.yaw)
        slope = 0.9 if number == 0 else 0.0
        rear, front = (slope, 0.0) if away > 0 else (0.0, slope)
        half = length / 2 - (0.0 if number == 0 else 0.15)
        if number:
            bellows = block((-1.05, 1.05), (0.5, 3.2), (-length / 2 - 0.2, length / 2 + 0.2))
            draw_block(stage, place, bellows, _DARK + 10, TRAIN)
        skirt = block((-1.1, 1.1), (0.08, 0.5), (-half + 0.8, half - 0.8))
        draw_block(stage, place, skirt, _DARK, TRAIN)
        body = block((-1.3, 1.3), (0.35, 3.5), (-half, half), 0.12, rear, front)
        draw_block(stage, place, body, paint, TRAIN,
                   {'rear': nose, 'front': nose, 'left': side, 'right': side})
    draw_limb(stage, place, [(-0.5, 3.5, -0.8), (0.0, 4.5, 0.0), (0.5, 3.5, 0.8)], 0.08, _DARK,
              TRAIN)
