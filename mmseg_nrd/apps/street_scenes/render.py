"""Seed in, street scene out."""
from __future__ import annotations

import operator

import numpy as np

from . import classes
from .buildings import draw_far_end
from .camera import sample_camera
from .canvas import OVERSAMPLING, Canvas
from .ground import draw_ground, draw_sky
from .light import Light, sample_light
from .photometry import cover_view, expose, texture_materials
from .roadside import sample_roadside
from .stage import Stage
from .street import sample_street
from .traffic import sample_traffic

# Scenes take turns in guaranteeing the rarer classes: scene number `seed` surely shows the kinds
# and classes of entry `seed % 6`. Others still occur by chance.
_TURNS: tuple[tuple[frozenset[str], tuple[int, ...]], ...] = (
    (frozenset({'train', 'traffic light', 'person', 'tree'}),
     (classes.TRAIN, classes.TRAFFIC_LIGHT, classes.PERSON, classes.VEGETATION)),
    (frozenset({'bus', 'fence', 'rider on bicycle', 'traffic sign'}),
     (classes.BUS, classes.FENCE, classes.RIDER, classes.BICYCLE, classes.TRAFFIC_SIGN)),
    (frozenset({'truck', 'wall', 'parked motorcycle', 'terrain', 'tree'}),
     (classes.TRUCK, classes.WALL, classes.MOTORCYCLE, classes.TERRAIN, classes.VEGETATION)),
    (frozenset({'train', 'terrain', 'rider on motorcycle', 'traffic light'}),
     (classes.TRAIN, classes.TERRAIN, classes.RIDER, classes.MOTORCYCLE, classes.TRAFFIC_LIGHT)),
    (frozenset({'bus', 'wall', 'parked bicycle', 'person'}),
     (classes.BUS, classes.WALL, classes.BICYCLE, classes.PERSON)),
    (frozenset({'truck', 'fence', 'traffic sign', 'parked bicycle'}),
     (classes.TRUCK, classes.FENCE, classes.TRAFFIC_SIGN, classes.BICYCLE)),
)
_COMMON = (classes.ROAD, classes.SIDEWALK, classes.BUILDING, classes.SKY, classes.POLE, classes.CAR)
_ENOUGH = 32 / (128 * 256)  # share of the view that a guaranteed class covers at least
_ATTEMPTS = 12
MIN_SIZE = (32, 64)


def _shows(label: np.ndarray, wanted: tuple[int, ...]) -> int:
    """How many of the wanted classes cover enough of the view."""
    counts = np.bincount(label.ravel(), minlength=256)
    return int((counts[list(wanted)] >= _ENOUGH * label.size).sum())


def _draw(seed: int, attempt: int, size: tuple[int, int],
          kinds: frozenset[str]) -> tuple[np.ndarray, np.ndarray, Light]:
    """One candidate: painted image (H, W, 3) float32, label (H, W) uint8, and its light."""
    # Separate streams: the plan must not depend on how many numbers painting used.
    plan, paint = (np.random.default_rng([seed, attempt, part]) for part in range(2))
    camera = sample_camera(plan, OVERSAMPLING * size[0], OVERSAMPLING * size[1])
    light = sample_light(plan)
    street = sample_street(plan, kinds)
    items = sample_traffic(plan, camera, street, kinds)
    items += sample_roadside(plan, camera, street, kinds)

    stage = Stage(camera, Canvas(camera.height, camera.width, light.skyline, light.haze), light,
                  paint)
    draw_sky(stage)
    draw_far_end(stage, street)
    draw_ground(stage, street, items)
    for item in sorted(items, key=lambda item: (item.layer, -item.depth)):
        item.draw(stage)
    image, label = stage.canvas.finish()
    if plan.random() < 0.5:
        image, label = image[:, ::-1].copy(), label[:, ::-1].copy()
    cover_view(image, label, plan)
    return image, label, light


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """``size`` as two ints, (height, width) in pixels, or ValueError."""
    rule = (f'size must be (height, width), two integers of at least {MIN_SIZE[0]} and '
            f'{MIN_SIZE[1]}; for example size=(128, 256)')
    try:
        height, width = (operator.index(side) for side in size)
    except (TypeError, ValueError) as error:
        raise ValueError(f'size={size!r}: {rule}') from error
    if height < MIN_SIZE[0] or width < MIN_SIZE[1]:
        raise ValueError(f'size={size!r}: {rule}')
    return height, width


def checked_count(name: str, value: int, limit: int | None = None) -> int:
    """``value`` as an int from 0 to ``limit``, or ValueError naming the argument."""
    upper = '' if limit is None else f' and at most {limit}'
    rule = f'{name} must be an integer of at least 0{upper}; for example {name}=1'
    try:
        number = operator.index(value)
    except TypeError as error:
        raise ValueError(f'{name}={value!r}: {rule}') from error
    if number < 0 or (limit is not None and number > limit):
        raise ValueError(f'{name}={value!r}: {rule}')
    return number


def render_street_scene(seed: int,
                        size: tuple[int, int] = (128, 256)) -> tuple[np.ndarray, np.ndarray]:
    """Render a street scene and its semantic label; a pure function of its arguments.

    All 19 Cityscapes classes occur in any 24 scenes of consecutive seeds, from 64x128 pixels
    upwards, with an area of at least 20 pixels at 128x256.

    Args:
        seed (int): Number of the scene, at least 0. Equal seeds give equal bytes.
        size (tuple[int, int]): Height and width in pixels, at least (32, 64). A scene looks alike
            at all sizes of the same aspect ratio. Defaults to (128, 256).

    Returns:
        tuple[np.ndarray, np.ndarray]: Image (H, W, 3), uint8, RGB; and label (H, W), uint8, the
        Cityscapes training ids 0 to 18, with 255 where the scene is to be ignored.

    Convention: row 0 is the top; image[v, u] is labelled by label[v, u].

    Raises:
        ValueError: If ``seed`` or ``size`` is no integer or too small.

    Example:
        >>> image, label = render_street_scene(7, size=(64, 128))
        >>> image.shape, label.shape
        ((64, 128, 3), (64, 128))
    """
    size, seed = checked_size(size), checked_count('seed', seed)
    kinds, guaranteed = _TURNS[seed % len(_TURNS)]
    wanted = guaranteed + _COMMON
    best = _draw(seed, 0, size, kinds)
    for attempt in range(1, _ATTEMPTS):  # about one scene in five hides something it should show
        if _shows(best[1], wanted) == len(wanted):
            break
        candidate = _draw(seed, attempt, size, kinds)
        best = max(best, candidate, key=lambda drawn: _shows(drawn[1], wanted))
    image, label, light = best
    lens, sensor = (np.random.default_rng([seed, _ATTEMPTS, part]) for part in range(2))
    texture_materials(image, label, lens)
    return expose(image, light, lens, sensor), label
