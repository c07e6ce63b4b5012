"""Rows of a suite as a picture: what each model costs, and what it is known to give."""
from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from .parts import WHOLE
from .report import TITLES, modes_of, short_names

_MULTIPLY_ADDS, _LATENCY = 'multiply-adds, G', 'latency, ms'


def distinct_colours(count: int) -> List[Tuple[float, float, float]]:
    """So many colours, all different up to twenty: ten strong ones, then their pale shades."""
    colours = colormaps['tab20'].colors
    return [(colours[::2] + colours[1::2])[index % 20] for index in range(count)]


def _most_common_dataset(rows: Iterable[dict]) -> Optional[str]:
    """The data set that most rows have a published accuracy on; None if only one has."""
    counts = Counter(row['published']['dataset'] for row in rows if row.get('published'))
    dataset, count = max(counts.items(), key=lambda item: item[1], default=(None, 0))
    return dataset if count > 1 else None


def draw_suite(rows: Sequence[Dict[str, object]], path: Path) -> None:
    """Latency against multiply-adds, and published accuracy against both, as a PNG.

    A dot of its own colour stands for each model. Accuracy has a row of its own, by what the first
    mode measured, where at least two models have a published one on the same data set: the data
    set that most of them have. Rows with an error are left out.
    """
    modes = modes_of(rows)
    models = [model for model in zip(
        short_names([row['name'] for row in rows]), distinct_colours(len(rows)), rows)
        if model[2]['error'] is None]
    dataset = _most_common_dataset(row for _, _, row in models)
    columns = max(len(modes), 2 if dataset else 1)
    figure = Figure(figsize=(5 * columns + 3, 9 if dataset else 5), layout='constrained')
    axes = figure.subplots(2 if dataset else 1, columns, squeeze=False)
    for axis in axes[0, len(modes):]:
        axis.remove()
    for name, colour, row in models:
        wholes = [row['modes'][mode]['parts'][WHOLE] for mode in modes]
        places = [(whole['multiply_adds'] / 1e9, whole['seconds']['median'] * 1e3)
                  for whole in wholes]
        for axis, place in zip(axes[0], places):
            axis.plot(*place, 'o', color=colour, label=name)
        published = row.get('published')
        if dataset and published and published['dataset'] == dataset:
            for axis, cost in zip(axes[1], places[0]):
                axis.plot(cost, published['miou'], 'o', color=colour)
    for axis, mode in zip(axes[0], modes):
        axis.set(title=TITLES[mode], xlabel=_MULTIPLY_ADDS, ylabel=_LATENCY, yscale='log')
    if dataset:
        for axis, label in zip(axes[1], (_MULTIPLY_ADDS, _LATENCY)):
            axis.set(title=f'as published, {dataset}', xlabel=label, ylabel='mIoU, %')
    for axis in figure.axes:
        axis.set(xscale='log')
        for line in filter(lambda line: line.get_scale() == 'log', (axis.xaxis, axis.yaxis)):
            # Else 20 would stand as 2 times 10 to the 1.
            line.set_major_formatter(LogFormatter())
            line.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
        axis.tick_params(which='both', labelsize=7)
        axis.grid(alpha=0.3, which='both')
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc='outside right upper')
    figure.savefig(path, dpi=100, pil_kwargs=dict(optimize=True))
