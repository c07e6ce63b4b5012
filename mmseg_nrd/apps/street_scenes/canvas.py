"""The drawing surface: image and label change together, so they cannot come apart.

Both are held at twice the final resolution and drawn without anti-aliasing. ``finish`` averages
the image over 2x2 pixels, which softens its edges, and samples the label, which keeps ids exact.
"""
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

OVERSAMPLING = 2
_FRACTION_BITS = 4


class Canvas:
    """Image (H, W, 3) uint8 RGB and label (H, W) uint8, in canvas pixels, with haze."""

    def __init__(self, height: int, width: int, haze_colour: np.ndarray, haze: float) -> None:
        self.image = np.zeros((height, width, 3), np.uint8)
        self.label = np.full((height, width), 255, np.uint8)
        self._haze_colour = tuple(haze_colour.tolist())
        self._haze = haze
        # OpenCV's fixed-point coordinates overflow far outside the canvas.
        self._limit = float(24 * max(height, width) << _FRACTION_BITS)

    def tint(self, colour: np.ndarray, depth: float) -> tuple[float, float, float]:
        """The colour as seen through ``depth`` metres of haze."""
        # Plain floats: thousands of shapes a scene make the overhead of small arrays felt. OpenCV
        # saturates what lies outside 0 to 255.
        clear = math.exp(-self._haze * depth)
        veil = 1.0 - clear
        red, green, blue = colour.tolist()
        haze_red, haze_green, haze_blue = self._haze_colour
        return (red * clear + haze_red * veil, green * clear + haze_green * veil,
                blue * clear + haze_blue * veil)

    def _fixed_point(self, points: np.ndarray) -> np.ndarray:
        fixed = np.rint(points * float(1 << _FRACTION_BITS))
        np.maximum(fixed, -self._limit, out=fixed)
        np.minimum(fixed, self._limit, out=fixed)
        return fixed.astype(np.int32)

    def _draw(self, draw: Callable[[np.ndarray, Any], object], colour: np.ndarray | None,
              label: int | None, depth: float) -> None:
        """Draw on the image, the label or both; ``None`` leaves one as it is."""
        if colour is not None:
            draw(self.image, self.tint(colour, depth))
        if label is not None:
            draw(self.label, label)

    def fill(self, points: np.ndarray, colour: np.ndarray | None, label: int | None,
             depth: float) -> None:
        """Fill one polygon (N, 2), or polygons (M, N, 2) that do not overlap."""
        fixed = self._fixed_point(points)
        polygons = [fixed] if fixed.ndim == 2 else list(fixed)
        if polygons:
            self._draw(lambda surface, paint: cv2.fillPoly(
                surface, polygons, paint, cv2.LINE_8, _FRACTION_BITS), colour, label, depth)

    def stroke(self, points: np.ndarray, width: float, colour: np.ndarray | None,
               label: int | None, depth: float, closed: bool = False) -> None:
        """Draw a polyline (N, 2) with round ends; never thinner than one final pixel."""
        thickness = max(OVERSAMPLING, int(round(width)))
        path = [self._fixed_point(points)]
        self._draw(lambda surface, paint: cv2.polylines(
            surface, path, closed, paint, thickness, cv2.LINE_8, _FRACTION_BITS),
            colour, label, depth)

    def disc(self, centre: np.ndarray, radius: float, colour: np.ndarray | None,
             label: int | None, depth: float) -> None:
        """Fill a circle, radius in canvas pixels."""
        if radius < 0.4:
            return
        middle = tuple(int(value) for value in self._fixed_point(centre))
        fixed_radius = int(round(radius * (1 << _FRACTION_BITS)))
        self._draw(lambda surface, paint: cv2.circle(
            surface, middle, fixed_radius, paint, -1, cv2.LINE_8, _FRACTION_BITS),
            colour, label, depth)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Final image (H, W, 3) float32, 0 to 255, and label (H, W) uint8."""
        height, width = (side // OVERSAMPLING for side in self.label.shape)
        image = cv2.resize(self.image, (width, height), interpolation=cv2.INTER_AREA)
        return image.astype(np.float32), self.label[1::OVERSAMPLING, 1::OVERSAMPLING].copy()
