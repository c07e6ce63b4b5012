"""A pinhole camera above a flat street.

Convention: world metres, x right, y up, z forward, origin on the road under the camera. Canvas
pixels, u right, v down, the centre of the top left pixel at (0, 0).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 0.8  # metres; anything nearer is drawn as if it were here


@dataclass(frozen=True)
class Camera:
    """Intrinsics and pose of one view; lengths in canvas pixels unless stated otherwise."""

    height: int
    width: int
    focal: float
    centre: float  # column of the street's vanishing point
    horizon: float  # row of the horizon at that column
    eye: float  # metres above the road
    roll: float  # rows gained per column to the right

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) in metres to canvas points (..., 2) as (u, v)."""
        scale = self.focal / np.maximum(points[..., 2], NEAR)
        right = points[..., 0] * scale
        projected = np.empty((*points.shape[:-1], 2))
        projected[..., 0] = self.centre + right
        projected[..., 1] = self.horizon + (self.eye - points[..., 1]) * scale + self.roll * right
        return projected

    def pixels(self, metres: float, depth: float) -> float:
        """Length on the canvas of ``metres`` seen face on at ``depth`` metres."""
        return metres * self.focal / max(depth, NEAR)

    def drop(self) -> np.ndarray:
        """Rows below the horizon of every pixel, (height, width) float32."""
        rows = np.arange(self.height, dtype=np.float32)[:, None] - np.float32(self.horizon)
        columns = np.arange(self.width, dtype=np.float32)[None] - np.float32(self.centre)
        return rows - np.float32(self.roll) * columns

    def ground(self, drop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """World x and z in metres of the ground seen at each pixel with ``drop`` > 0."""
        z = np.float32(self.focal * self.eye) / np.maximum(drop, 0.25)
        columns = np.arange(self.width, dtype=np.float32)[None] - np.float32(self.centre)
        return columns * z / np.float32(self.focal), z

    def depth_in_view(self, x: float) -> float:
        """Smallest depth in metres at which lateral position ``x`` lies inside the view."""
        room = self.width - self.centre if x > 0 else self.centre
        return abs(x) * self.focal / max(0.85 * room, 1.0)


def sample_camera(rng: np.random.Generator, height: int, width: int) -> Camera:
    """A driver's view with some spread in lens, mounting height, pitch, heading and roll."""
    return Camera(
        height=height,
        width=width,
        focal=rng.uniform(0.95, 1.2) * (height * width)**0.5,
        centre=width * rng.uniform(0.4, 0.6),
        horizon=height * rng.uniform(0.38, 0.5),
        eye=rng.uniform(1.4, 2.2),
        roll=rng.uniform(-0.02, 0.02))
