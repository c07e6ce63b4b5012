"""Rows of a suite as a picture: what each model costs, and what it is known to give."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from .parts import WHOLE
from .report import TITLES, modes_of, short_names

_MULTIPLY_ADDS, _LATENCY = 'multiply-adds, G', 'latency, ms'


def distinct_colours(count: int) -> List[Tuple[float, float, float]]:
    """So many colours, all different up to twenty: ten strong ones, then their pale shades."""
    colours = colormaps['tab20'].colors
    return [(colours[::2] + colours[1::2])[index % 20] for index in range(count)]


@dataclass
class _Dot:
    """One model in the picture."""
    number: int
    name: str
    row: Dict[str, object]

    @property
    def colour(self) -> Tuple[float, float, float]:
        return distinct_colours(self.number)[-1]

    def multiply_adds(self, mode: str) -> float:
        return self.row['modes'][mode]['parts'][WHOLE]['multiply_adds'] / 1e9

    def milliseconds(self, mode: str) -> float:
        return self.row['modes'][mode]['parts'][WHOLE]['seconds']['median'] * 1e3


def _most_common_dataset(dots: Sequence[_Dot]) -> Tuple[str, List[_Dot]]:
    by_dataset: Dict[str, List[_Dot]] = {}
    for dot in dots:
        if dot.row.get('published') is not None:
            by_dataset.setdefault(dot.row['published']['dataset'], []).append(dot)
    dataset, known = max(by_dataset.items(), key=lambda item: len(item[1]), default=('', []))
    return (dataset, known) if len(known) > 1 else ('', [])


def draw_suite(rows: Sequence[Dict[str, object]], path: Path) -> None:
    """Latency against multiply-adds, and published accuracy against both, as a PNG.

    A dot of its own colour stands for each model. Accuracy has a row of its own, by what the first
    mode measured, where at least two models have a published one on the same data set: the data
    set that most of them have.

    Args:
        rows (Sequence[dict]): As in
            :func:`~mmseg_nrd.apps.cost.report.table_lines`; those with an error are left out.
        path (Path): The picture.
    """
    modes = modes_of(rows)
    dots = [_Dot(number, name, row) for number, (name, row) in enumerate(
        zip(short_names([row['name'] for row in rows]), rows), start=1) if row['error'] is None]
    dataset, known = _most_common_dataset(dots)
    columns = max(len(modes), 2 if known else 1)
    figure = Figure(figsize=(5 * columns + 3, 9 if known else 5), layout='constrained')
    axes = figure.subplots(2 if known else 1, columns, squeeze=False)

    def draw(axis: Axes, dot: _Dot, x: float, y: float) -> None:
        axis.plot(x, y, 'o', color=dot.colour, label=dot.name)

    for axis, mode in zip(axes[0], modes):
        for dot in dots:
            draw(axis, dot, dot.multiply_adds(mode), dot.milliseconds(mode))
        axis.set(title=TITLES[mode], xlabel=_MULTIPLY_ADDS, ylabel=_LATENCY, yscale='log')
    for axis in axes[0, len(modes):]:
        axis.remove()
    if known:
        for axis, value, label in ((axes[1, 0], _Dot.multiply_adds, _MULTIPLY_ADDS),
                                   (axes[1, 1], _Dot.milliseconds, _LATENCY)):
            for dot in known:
                draw(axis, dot, value(dot, modes[0]), dot.row['published']['miou'])
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
