"""A comparison as a picture: what each config sees, and mIoU against cost."""
from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS

from .comparison import Entry
from .report import mean_and_spread, short_names

_IGNORED = (0, 0, 0)


def paint(label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Colour a label map; what is outside the palette, such as 255, is black.

    Args:
        label (np.ndarray): (H, W), uint8.
        palette (Sequence): An RGB triple for each class.

    Returns:
        np.ndarray: (H, W, 3), uint8.
    """
    colours = np.full((256, 3), _IGNORED, dtype=np.uint8)
    colours[:len(palette)] = palette
    return colours[label]


def _truth(dataset, index: int):
    """Image and label of a sample, as the test pipeline gives them."""
    sample = dataset[index]
    image = sample['inputs'].permute(1, 2, 0).numpy()[..., ::-1]
    return image, sample['data_samples'].gt_sem_seg.data[0].numpy()


def draw_comparison(entries: List[Entry], cfg: Config, samples: Sequence[int],
                    path: Path) -> None:
    """Draw image, truth and one prediction per config, and mIoU against cost.

    Predictions are those of the first budget and the first seed.

    Args:
        entries (list[Entry]): What :func:`~mmseg_nrd.benchmark.compare` returned.
        cfg (Config): One of the configs, for its test set.
        samples (Sequence[int]): The samples that were predicted.
        path (Path): The PNG to write.
    """
    init_default_scope('mmseg')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    palette, classes = dataset.metainfo['palette'], dataset.metainfo['classes']
    names = short_names([entry.name for entry in entries])
    columns, budgets = 2 + len(entries), list(entries[0].outcomes)
    figure = Figure(figsize=(4 * columns, 2.2 * len(samples) + 4.6), layout='constrained')
    top, bottom = figure.subfigures(2, 1, height_ratios=[2.2 * len(samples) + 0.9, 3.7])
    axes = top.subplots(len(samples), columns, squeeze=False)
    for row, index in enumerate(samples):
        image, truth = _truth(dataset, index)
        panels = [('image', image), ('truth', paint(truth, palette))]
        for entry, name in zip(entries, names):
            outcome = entry.outcomes[budgets[0]][0]
            panels.append((f'{name}, {entry.iterations[budgets[0]]} iterations',
                           paint(outcome.predictions[row], palette)))
        for axis, (title, panel) in zip(axes[row], panels):
            axis.imshow(panel, interpolation='nearest')
            axis.set_axis_off()
            if row == 0:
                axis.set_title(title)
    top.legend(handles=[Patch(color=np.array(colour) / 255, label=name)
                        for name, colour in zip(classes, palette)]
               + [Patch(color=_IGNORED, label='ignored')],
               loc='outside lower center', ncols=10, fontsize='small', frameon=False)
    _draw_costs(bottom, entries, names, budgets)
    figure.savefig(path, dpi=80)


def _draw_costs(figure, entries: List[Entry], names: List[str], budgets: List[str]) -> None:
    left, right = figure.subplots(1, 2)
    # Hollow, so that a point under another still shows.
    markers = dict(iters=dict(marker='o', markersize=5),
                   time=dict(marker='s', markersize=10, fillstyle='none'))
    titles = dict(iters='equal iterations', time='equal training time')
    for number, (entry, name) in enumerate(zip(entries, names)):
        for budget in budgets:
            outcomes = entry.outcomes[budget]
            miou, spread = mean_and_spread([outcome.miou for outcome in outcomes])
            seconds, _ = mean_and_spread([outcome.seconds for outcome in outcomes])
            style = dict(yerr=spread, **markers[budget], color=f'C{number}', capsize=4,
                         linestyle='', label=f'{name}, {titles[budget]}')
            left.errorbar(entry.cost.head_multiply_adds / 1e9, miou, **style)
            right.errorbar(seconds, miou, **style)
    left.set_xlabel('multiply-adds of the decode head, G')
    right.set_xlabel('training time, s')
    for axis in (left, right):
        axis.set_xlim(left=0)
        axis.set_ylabel('mIoU, %')
        axis.grid(alpha=0.3)
    right.legend(fontsize='small')
