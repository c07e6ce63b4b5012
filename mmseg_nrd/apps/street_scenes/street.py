"""The cross-section of a street: which strip of ground lies where, in metres from the camera.

Convention: world metres; side -1 is left, +1 is right; positions are given outwards, so the x of
something at ``offset`` on a side is ``side * offset``. Traffic keeps right (`render` mirrors half
of the scenes).
"""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .classes import ROAD, SIDEWALK, TERRAIN

LANE = 3.3  # metres


@dataclass(frozen=True)
class Side:
    """Offsets of one side's boundaries from the camera, growing outwards."""

    sign: int
    kerb: float
    verge: float  # end of the strip between kerb and sidewalk; equals kerb without one
    walk: float  # end of the sidewalk
    front: float  # line of the buildings; terrain between ``walk`` and it
    parking: bool  # a lane of parked cars inside the kerb
    track: bool  # tram rails on the verge
    barrier: str  # 'wall', 'fence', 'hedge' or 'none', at the back of the sidewalk

    @property
    def track_centre(self) -> float:
        """Offset of the middle of the verge, where rails run."""
        return 0.5 * (self.kerb + self.verge)


@dataclass(frozen=True)
class Street:
    """Both sides and what they share."""

    left: Side
    right: Side
    paved_track: bool
    crossing: float  # depth of a zebra crossing in metres; 0 for none
    end: float  # depth at which the view is closed

    @property
    def sides(self) -> tuple[Side, Side]:
        """Left and right."""
        return self.left, self.right

    def strips(self) -> tuple[list[float], list[int], list[str]]:
        """Boundaries in x from left to right, and label and palette of the strips they part."""
        bounds, labels, palettes = [], [ROAD], ['road']
        for side in self.sides:
            verge = (ROAD, 'road') if side.track and self.paved_track else (TERRAIN, 'terrain')
            outward = [(side.kerb, *verge), (side.verge, SIDEWALK, 'sidewalk'),
                       (side.walk, TERRAIN, 'terrain')]
            for offset, label, palette in outward:
                at = 0 if side.sign < 0 else len(labels)
                bounds.insert(0 if side.sign < 0 else len(bounds), side.sign * offset)
                labels.insert(at, label)
                palettes.insert(at, palette)
        return bounds, labels, palettes


def _sample_side(rng: np.random.Generator, sign: int, lanes: float, wanted: frozenset[str],
                 track: bool) -> Side:
    parking = bool(rng.random() < 0.5) and not track
    kerb = lanes + (2.3 if parking else rng.uniform(0.2, 0.9))
    green = 'terrain' in wanted and sign > 0
    verge = kerb
    if track:
        verge += 3.4
    elif green or rng.random() < 0.25:
        verge += rng.uniform(1.6, 2.8)
    walk = verge + rng.uniform(2.6, 5.0)
    barrier = str(rng.choice(['none', 'hedge', 'wall', 'fence'], p=[0.5, 0.14, 0.18, 0.18]))
    for index, name in enumerate(('wall', 'fence')):
        if name in wanted and (sign > 0) == (index == 0):
            barrier = name
    lawn = barrier != 'none' or green or rng.random() < 0.3
    front = walk + (rng.uniform(2.5, 6.0) if lawn else 0.1)
    return Side(sign, kerb, verge, walk, front, parking, track, barrier)


def sample_street(rng: np.random.Generator, wanted: frozenset[str]) -> Street:
    """A street in which the ``wanted`` kinds ('terrain', 'train', 'wall', ...) have their place."""
    track = 'train' in wanted or rng.random() < 0.12
    track_left = rng.random() < 0.6
    second_lane = rng.random() < 0.4
    left = _sample_side(rng, -1, 1.7 + LANE, wanted, bool(track and track_left))
    right = _sample_side(rng, 1, 1.8 + (LANE if second_lane else 0.0), wanted,
                         bool(track and not track_left))
    crossing = rng.uniform(9, 20) if 'traffic light' in wanted or rng.random() < 0.35 else 0.0
    return Street(left, right, bool(rng.random() < 0.5), float(crossing), rng.uniform(55, 110))
