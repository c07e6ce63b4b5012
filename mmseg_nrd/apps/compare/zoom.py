"""Where many classes meet: enlarged crops of every config's prediction and of its errors."""
from __future__ import annotations

import textwrap
from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
from matplotlib.figure import Figure
from mmengine.config import Config

from mmseg_nrd.apps.cost.report import short_names

from .comparison import Entry
from .panels import IGNORED, balanced_columns, block_size, draw_blocks, load_scenes, paint

_CROP = (48, 96)
_MOST_COLUMNS = 7
_LETTERS_PER_INCH = 9  # of the title, with some room
_WRONG = (225, 25, 25)


def boundary_pixels(truth: np.ndarray, classes: int) -> np.ndarray:
    """Pixels that have another class to the right of or below them.

    Args:
        truth (np.ndarray): (H, W), train ids.
        classes (int): Ids from here on, such as 255, are ignored and make no boundary.

    Returns:
        np.ndarray: (H, W), bool.
    """
    edges = np.zeros(truth.shape, bool)
    for axis in (0, 1):
        here = [slice(None), slice(None)]
        here[axis], there = slice(None, -1), list(here)
        there[axis] = slice(1, None)
        one, other = truth[tuple(here)], truth[tuple(there)]
        edges[tuple(here)] |= (one != other) & (one < classes) & (other < classes)
    return edges


def busiest_crop(truth: np.ndarray, classes: int,
                 size: Tuple[int, int] = _CROP) -> Tuple[slice, slice]:
    """The crop with the most boundary pixels; of several, the uppermost, then leftmost.

    It depends on the truth alone, so it favours no config.

    Args:
        truth (np.ndarray): (H, W), train ids.
        classes (int): Ids from here on are ignored.
        size (tuple[int, int]): (height, width); a smaller image is taken whole. Defaults to
            (48, 96).

    Returns:
        tuple[slice, slice]: rows and columns.
    """
    height, width = (min(pair) for pair in zip(size, truth.shape))
    sums = np.zeros((truth.shape[0] + 1, truth.shape[1] + 1), np.int64)
    sums[1:, 1:] = boundary_pixels(truth, classes).cumsum(0).cumsum(1)
    counts = (sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
              + sums[:-height, :-width])
    top, left = np.unravel_index(counts.argmax(), counts.shape)
    return slice(int(top), int(top) + height), slice(int(left), int(left) + width)


def error_map(image: np.ndarray, truth: np.ndarray, prediction: np.ndarray,
              classes: int) -> np.ndarray:
    """The image in grey with wrong pixels in red and ignored ones in black.

    Args:
        image (np.ndarray): (H, W, 3), uint8.
        truth (np.ndarray): (H, W), train ids.
        prediction (np.ndarray): (H, W), train ids.
        classes (int): Ids of the truth from here on are ignored.

    Returns:
        np.ndarray: (H, W, 3), uint8.
    """
    grey = image.mean(2, keepdims=True).round().astype(np.uint8)
    errors = np.repeat(grey, 3, axis=2)
    errors[prediction != truth] = _WRONG
    errors[truth >= classes] = IGNORED
    return errors


def _stack(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    gap = np.full((2, upper.shape[1], 3), 255, np.uint8)
    return np.concatenate([upper, gap, lower])


def draw_zooms(entries: List[Entry], cfg: Config, samples: Sequence[int], path: Path) -> None:
    """Draw a crop of each sample: image over truth, then each prediction over its errors.

    Predictions are those of the first budget and the first seed.

    Args:
        entries (list[Entry]): What :func:`~mmseg_nrd.apps.compare.compare` returned.
        cfg (Config): One of the configs, for its test set.
        samples (Sequence[int]): The samples that were predicted.
        path (Path): The PNG to write.
    """
    scenes, metainfo = load_scenes(cfg, samples)
    palette, classes = metainfo['palette'], len(metainfo['classes'])
    budget = next(iter(entries[0].outcomes))
    names = short_names([entry.name for entry in entries])
    blocks = []
    for index, (sample, scene) in enumerate(zip(samples, scenes)):
        crop = busiest_crop(scene.truth, classes)
        image, truth = scene.image[crop], scene.truth[crop]
        block = [(f'test image {sample}\nand its truth', _stack(image, paint(truth, palette)))]
        for entry, name in zip(entries, names):
            prediction = entry.outcomes[budget][0].predictions[index][crop]
            wrong = (prediction != truth)[truth < classes]
            share = f'{wrong.mean():.0%} wrong here' if wrong.size else 'all ignored here'
            block.append((f'{name}\n{share}', _stack(
                paint(prediction, palette), error_map(image, truth, prediction, classes))))
        blocks.append(block)
    width = min(4., 16. / balanced_columns(len(blocks[0]), _MOST_COLUMNS))
    rows, columns = blocks[0][0][1].shape[:2]
    across, down = block_size(blocks[0], _MOST_COLUMNS, width, rows / columns)
    figure = Figure(figsize=(across, down * len(blocks) + 0.5), layout='constrained')
    draw_blocks(figure, blocks, _MOST_COLUMNS)
    title = ('The spot of each image with the most boundaries. Below a prediction: its wrong '
             'pixels red, ignored ones black')
    figure.suptitle(textwrap.fill(title, max(1, round(across * _LETTERS_PER_INCH))))
    figure.savefig(path, dpi=100, pil_kwargs=dict(optimize=True))
