"""A comparison as a picture: what each config sees, and mIoU against cost."""
from __future__ import annotations

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
from .panels import IGNORED, block_size, draw_blocks, load_scenes, paint
from .report import mean_and_spread

_MOST_COLUMNS = 5
_BUDGETS = dict(iters='equal iterations', time='equal training time')
# Hollow, so that a point under another still shows.
_MARKERS = dict(iters=dict(marker='o', markersize=5),
                time=dict(marker='s', markersize=10, fillstyle='none'))


def draw_comparison(entries: List[Entry], cfg: Config, samples: Sequence[int],
                    path: Path) -> None:
    """Draw image, truth and one prediction per config, and mIoU against cost.

    Predictions are those of the first budget and the first seed.

    Args:
        entries (list[Entry]): What :func:`~mmseg_nrd.apps.compare.compare` returned.
        cfg (Config): One of the configs, for its test set.
        samples (Sequence[int]): The samples that were predicted.
        path (Path): The PNG to write.
    """
    scenes, metainfo = load_scenes(cfg, samples)
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
    _draw_costs(bottom, entries, names, budgets)
    figure.savefig(path, dpi=80, pil_kwargs=dict(optimize=True))


def _draw_costs(figure, entries: List[Entry], names: List[str],
                budgets: List[str]) -> None:
    """mIoU of each config against the cost of its head and against training time.

    Training time is that of the timed steps, which ran in turns; the trainings' own clocks saw what
    else the machine did meanwhile.
    """
    left, right = figure.subplots(1, 2)
    colours = distinct_colours(len(entries))
    for entry, colour in zip(entries, colours):
        for budget in budgets:
            miou, spread = mean_and_spread([outcome.miou for outcome in entry.outcomes[budget]])
            for axis, cost in ((left, entry.cost.head_multiply_adds / 1e9),
                               (right, entry.iterations[budget] * entry.step.median)):
                axis.errorbar(cost, miou, yerr=spread, **_MARKERS[budget], color=colour,
                              capsize=4, linestyle='')
    left.set_xlabel('multiply-adds of the decode head, G')
    right.set_xlabel('training time, s: iterations by the seconds of a timed one')
    for axis in (left, right):
        axis.set_xlim(0, axis.dataLim.x1 * 1.05)
        axis.set_ylabel('mIoU, %')
        axis.grid(alpha=0.3)
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in zip(names, colours)]
        + [Line2D([], [], color='grey', linestyle='', label=_BUDGETS[budget], **_MARKERS[budget])
           for budget in budgets],
        loc='outside right upper', fontsize='small')
