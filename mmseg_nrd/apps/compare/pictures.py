"""A comparison as pictures: predictions, score against cost, errors, and learning curves."""
from __future__ import annotations

import textwrap
from pathlib import Path
from typing import List, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from mmengine.config import Config

from mmseg_nrd.apps.cost.figure import distinct_colours
from mmseg_nrd.apps.cost.report import short_names

from .comparison import Entry
from .crops import busiest_crop, error_map
from .panels import IGNORED, Scene, block_size, draw_blocks, load_scenes, paint
from .report import TITLES, mean_and_spread

PICTURES = {'comparison.png': 'predictions, and score against cost',
            'zoom.png': 'crops with many boundaries, and the errors there',
            'curves.png': 'training losses'}
_MOST_COLUMNS = 5
_MOST_CROPS = 7
_LETTERS_PER_INCH = 9  # of the title, with some room
# Hollow, so that a point under another still shows.
_MARKERS = dict(iters=dict(marker='o', markersize=5),
                time=dict(marker='s', markersize=10, fillstyle='none'))


def draw_pictures(entries: List[Entry], metric: str, cfg: Config, samples: Sequence[int],
                  out: Path) -> None:
    """Draw :data:`PICTURES`: ``cfg`` gives the test set, ``samples`` are those that were predicted.

    Predictions are those of the first budget and the first seed.
    """
    scenes, metainfo = load_scenes(cfg, samples)
    overview, crops, curves = (out / name for name in PICTURES)
    _draw_comparison(entries, metric, scenes, metainfo, overview)
    _draw_crops(entries, scenes, metainfo, crops)
    _draw_curves(entries, curves)


def _draw_comparison(entries: List[Entry], metric: str, scenes: Sequence[Scene], metainfo: dict,
                     path: Path) -> None:
    """Image, truth and one prediction per config, and the score against cost."""
    palette = metainfo['palette']
    names = short_names([entry.name for entry in entries])
    budgets = list(entries[0].outcomes)
    blocks = []
    for row, scene in enumerate(scenes):
        block = [('image', scene.image), ('truth', paint(scene.truth, palette))]
        for entry, name in zip(entries, names):
            outcome = entry.outcomes[budgets[0]][0]
            block.append((f'{name}, {entry.iterations[budgets[0]]} iterations',
                          paint(outcome.predictions[row], palette)))
        blocks.append(block)
    height, width = scenes[0].truth.shape
    across, down = block_size(blocks[0], _MOST_COLUMNS, 4., height / width)
    heights = [down * len(blocks) + 0.9, max(5., 1. + 0.19 * (len(entries) + len(budgets)))]
    figure = Figure(figsize=(max(across, 12.), sum(heights)), layout='constrained')
    top, bottom = figure.subfigures(2, 1, height_ratios=heights)
    draw_blocks(top, blocks, _MOST_COLUMNS)
    top.legend(handles=[Patch(color=np.array(colour) / 255, label=name)
                        for name, colour in zip(metainfo['classes'], palette)]
               + [Patch(color=IGNORED, label='ignored')],
               loc='outside lower center', ncols=10, fontsize='small', frameon=False)
    _draw_costs(bottom, entries, metric, names, budgets)
    figure.savefig(path, dpi=80, pil_kwargs=dict(optimize=True))


def _draw_costs(figure, entries: List[Entry], metric: str, names: List[str],
                budgets: List[str]) -> None:
    """The score of each config against the cost of its head and against training time.

    Training time is that of the timed steps, which ran in turns; the trainings' own clocks saw what
    else the machine did meanwhile.
    """
    left, right = figure.subplots(1, 2)
    colours = distinct_colours(len(entries))
    for entry, colour in zip(entries, colours):
        for budget in budgets:
            score, spread = mean_and_spread(entry.scores(budget, metric))
            for axis, cost in ((left, entry.cost.head_multiply_adds / 1e9),
                               (right, entry.iterations[budget] * entry.step.median)):
                axis.errorbar(cost, score, yerr=spread, **_MARKERS[budget], color=colour,
                              capsize=4, linestyle='')
    left.set_xlabel('multiply-adds of the decode head, G')
    right.set_xlabel('training time, s (iterations times the seconds of a timed step)')
    for axis in (left, right):
        axis.set_xlim(0, axis.dataLim.x1 * 1.05)
        axis.set_ylabel(metric)
        axis.grid(alpha=0.3)
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in zip(names, colours)]
        + [Line2D([], [], color='grey', linestyle='', label=TITLES[budget].lower(),
                  **_MARKERS[budget]) for budget in budgets],
        loc='outside right upper', fontsize='small')


def _stack(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    gap = np.full((2, upper.shape[1], 3), 255, np.uint8)
    return np.concatenate([upper, gap, lower])


def _draw_crops(entries: List[Entry], scenes: Sequence[Scene], metainfo: dict,
                path: Path) -> None:
    """A crop of each sample: image over truth, then each prediction over its errors."""
    palette, classes = metainfo['palette'], len(metainfo['classes'])
    budget = next(iter(entries[0].outcomes))
    names = short_names([entry.name for entry in entries])
    blocks = []
    for index, scene in enumerate(scenes):
        crop = busiest_crop(scene.truth, classes)
        image, truth = scene.image[crop], scene.truth[crop]
        block = [(f'test image {index}\nand its truth', _stack(image, paint(truth, palette)))]
        for entry, name in zip(entries, names):
            prediction = entry.outcomes[budget][0].predictions[index][crop]
            wrong = (prediction != truth)[truth < classes]
            share = f'{wrong.mean():.0%} wrong here' if wrong.size else 'all ignored here'
            block.append((f'{name}\n{share}', _stack(
                paint(prediction, palette), error_map(image, truth, prediction, classes))))
        blocks.append(block)
    width = min(4., 16. / min(len(blocks[0]), _MOST_CROPS))
    rows, columns = blocks[0][0][1].shape[:2]
    across, down = block_size(blocks[0], _MOST_CROPS, width, rows / columns)
    figure = Figure(figsize=(across, down * len(blocks) + 0.5), layout='constrained')
    draw_blocks(figure, blocks, _MOST_CROPS)
    title = ('The spot of each image with the most boundaries. Below a prediction: its wrong '
             'pixels red, ignored ones black')
    figure.suptitle(textwrap.fill(title, max(1, round(across * _LETTERS_PER_INCH))))
    figure.savefig(path, dpi=100, pil_kwargs=dict(optimize=True))


def smooth(losses: Sequence[float], window: int) -> np.ndarray:
    """Mean of each value and its neighbours in an odd window, fewer of them near the ends.

    Example:
        >>> smooth([0., 3., 6., 0.], 3).tolist()
        [1.5, 3.0, 3.0, 3.0]
    """
    sums = np.concatenate([[0.], np.cumsum(losses, dtype=np.float64)])
    at = np.arange(len(losses))
    first, last = np.maximum(at - window // 2, 0), np.minimum(at + window // 2 + 1, len(losses))
    return (sums[last] - sums[first]) / (last - first)


def _draw_curves(entries: List[Entry], path: Path) -> None:
    """The loss of each run: over iterations, or over seconds in steps for an equal time."""
    names, budgets = short_names([entry.name for entry in entries]), list(entries[0].outcomes)
    figure = Figure(figsize=(6.5 * len(budgets) + 2.5, 4.5), layout='constrained')
    axes = figure.subplots(1, len(budgets), squeeze=False)[0]
    for axis, budget in zip(axes, budgets):
        window = max(entry.iterations[budget] for entry in entries) // 40 * 2 + 1
        for entry, name, colour in zip(entries, names, distinct_colours(len(entries))):
            for seed, outcome in enumerate(entry.outcomes[budget]):
                at = np.arange(1, len(outcome.losses) + 1)
                if budget == 'time':
                    at = at * entry.step.median
                axis.plot(at, smooth(outcome.losses, window), color=colour, linewidth=1,
                          label=name if seed == 0 else None)
        axis.set_title(TITLES[budget])
        axis.set_xlabel('time in training steps, s' if budget == 'time' else 'iteration')
        axis.set_ylabel('training loss' + (f', mean of {window}' if window > 1 else ''))
        axis.set_xlim(0, axis.dataLim.x1)
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc='outside right upper',
                  fontsize='small')
    figure.savefig(path, dpi=80, pil_kwargs=dict(optimize=True))
