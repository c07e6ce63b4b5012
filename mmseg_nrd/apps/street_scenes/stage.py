"""What drawing functions share: a scene's camera, canvas and light, and solids placed in it."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .camera import Camera
from .canvas import Canvas
from .light import Light

Detail = tuple[tuple[float, float, float, float], np.ndarray]


@dataclass(frozen=True)
class Stage:
    """Everything that is fixed while a scene is drawn."""

    camera: Camera
    canvas: Canvas
    light: Light
    rng: np.random.Generator

    def quad(self, points: np.ndarray, colour: np.ndarray | None, label: int | None) -> None:
        """Fill a polygon of world points (N, 3)."""
        depth = max(float(points[:, 2].sum()) / len(points), 1.0)
        self.canvas.fill(self.camera.project(points), colour, label, depth)


@dataclass(frozen=True)
class Pose:
    """Place and heading of an object; yaw 0 shows its back, pi its front, in radians.

    Convention: object metres, x to its right, y up from the ground, z forward along its length.
    """

    x: float
    z: float
    yaw: float = 0.0

    def world(self, points: np.ndarray) -> np.ndarray:
        """Object points (..., 3) to world points."""
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        world = np.empty(points.shape)
        world[..., 0] = self.x + points[..., 0] * cos + points[..., 2] * sin
        world[..., 1] = points[..., 1]
        world[..., 2] = self.z - points[..., 0] * sin + points[..., 2] * cos
        return world


@dataclass(frozen=True)
class Item:
    """Something to draw. Lower layers first, and within a layer the farthest first."""

    layer: int
    depth: float
    draw: Callable[[Stage], None]
    footprint: np.ndarray | None = None  # world corners (N, 3) on the ground, for the shadow
    height: float = 0.0


# Corner numbers of a block's faces, each seen from outside: bottom left, bottom right, top
# right, top left.
_FACES = {'front': (2, 3, 7, 6), 'left': (3, 0, 4, 7), 'right': (1, 2, 6, 5), 'rear': (0, 1, 5, 4),
          'top': (4, 5, 6, 7)}


def block(x: tuple[float, float], y: tuple[float, float], z: tuple[float, float],
          side_inset: float = 0.0, rear_inset: float = 0.0,
          front_inset: float = 0.0) -> np.ndarray:
    """Corners (8, 3) of a box whose top may be smaller than its bottom."""
    (x0, x1), (y0, y1), (z0, z1) = x, y, z
    return np.array([(x0, y0, z0), (x1, y0, z0), (x1, y0, z1), (x0, y0, z1),
                     (x0 + side_inset, y1, z0 + rear_inset),
                     (x1 - side_inset, y1, z0 + rear_inset),
                     (x1 - side_inset, y1, z1 - front_inset),
                     (x0 + side_inset, y1, z1 - front_inset)])


_NUMBERS = np.array(list(_FACES.values()))
_NEXT, _AFTER = [1, 2, 0], [2, 0, 1]  # axes of a cross product; np.cross is slow on so few
_NO_DETAIL = 45.0  # metres; farther away, windows and lamps are not drawn


def draw_block(stage: Stage, pose: Pose, corners: np.ndarray, colour: np.ndarray, label: int,
               details: Mapping[str, Sequence[Detail]] | None = None) -> None:
    """Draw the faces of a block that the camera sees.

    ``details`` holds, by face, rectangles (left, right, bottom, top as shares of the face, seen
    from outside) with a colour.
    """
    world = pose.world(corners)
    canvas_points = stage.camera.project(world)
    # Twice the signed area on the canvas is the cross product of a face's diagonals.
    along, across = (canvas_points[_NUMBERS[:, i]] - canvas_points[_NUMBERS[:, i - 2]]
                     for i in (2, 3))
    seen = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0] < 0
    faces = world[_NUMBERS]
    up, right = faces[:, 3] - faces[:, 0], faces[:, 1] - faces[:, 0]
    normals = up[:, _NEXT] * right[:, _AFTER] - up[:, _AFTER] * right[:, _NEXT]
    normals /= np.sqrt((normals * normals).sum(axis=1, keepdims=True)) + 1e-9
    depths = 0.25 * faces[:, :, 2].sum(axis=1)
    for number, (name, normal) in enumerate(zip(_FACES, normals.tolist())):
        if not seen[number]:
            continue
        shade, depth = stage.light.shade(*normal), max(float(depths[number]), 1.0)
        stage.canvas.fill(canvas_points[_NUMBERS[number]], colour * shade, label, depth)
        rects = (details or {}).get(name, ())
        if rects and depth < _NO_DETAIL:
            shares = np.array([share for share, _ in rects])
            s, t = shares[:, [0, 1, 1, 0], None], shares[:, [2, 2, 3, 3], None]
            face = faces[number]
            lower, upper = face[0] * (1 - s) + face[1] * s, face[3] * (1 - s) + face[2] * s
            spots = stage.camera.project(lower * (1 - t) + upper * t)
            for spot, (_, paint) in zip(spots, rects):
                stage.canvas.fill(spot, paint * shade, None, depth)


def draw_limb(stage: Stage, pose: Pose, points: list[tuple[float, float, float]], thick: float,
              colour: np.ndarray | None, label: int | None) -> None:
    """A rounded bar of ``thick`` metres through object points."""
    world = pose.world(np.array(points))
    depth = float(world[:, 2].mean())
    stage.canvas.stroke(stage.camera.project(world), stage.camera.pixels(thick, depth), colour,
                        label, depth)


def footprint(pose: Pose, x: tuple[float, float], z: tuple[float, float]) -> np.ndarray:
    """World corners (4, 3) of a rectangle on the ground under an object."""
    return pose.world(np.array([(x[0], 0, z[0]), (x[1], 0, z[0]), (x[1], 0, z[1]),
                                (x[0], 0, z[1])]))
