"""Learning curves: the loss of every config and seed as a picture."""
from __future__ import annotations

from pathlib import Path
from typing import List

import numpy as np
from matplotlib.figure import Figure

from mmseg_nrd.apps.cost.report import short_names

from .comparison import Entry
from .losses import smooth
from .panels import distinct_looks
from .report import TITLES


def draw_curves(entries: List[Entry], path: Path) -> None:
    """Draw the loss of each run: over iterations, or over seconds for an equal time.

    Args:
        entries (list[Entry]): What :func:`~mmseg_nrd.apps.compare.compare` returned.
        path (Path): The PNG to write.
    """
    names, budgets = short_names([entry.name for entry in entries]), list(entries[0].outcomes)
    figure = Figure(figsize=(6.5 * len(budgets) + 2.5, 4.5), layout='constrained')
    axes = figure.subplots(1, len(budgets), squeeze=False)[0]
    for axis, budget in zip(axes, budgets):
        window = max(entry.iterations[budget] for entry in entries) // 40 * 2 + 1
        for entry, name, (colour, style) in zip(entries, names, distinct_looks(len(entries))):
            for seed, outcome in enumerate(entry.outcomes[budget]):
                at = np.arange(1, len(outcome.losses) + 1)
                if budget == 'time':
                    at = at * outcome.seconds / len(outcome.losses)
                axis.plot(at, smooth(outcome.losses, window), color=colour, linestyle=style,
                          linewidth=1, label=name if seed == 0 else None)
        axis.set_title(TITLES[budget].split(' (')[0])
        axis.set_xlabel('training time, s' if budget == 'time' else 'iteration')
        axis.set_ylabel('training loss' + (f', mean of {window}' if window > 1 else ''))
        axis.set_xlim(0, axis.dataLim.x1)
        axis.grid(alpha=0.3)
    figure.legend(*axes[0].get_legend_handles_labels(), loc='outside right upper',
                  fontsize='small')
    figure.savefig(path, dpi=80, pil_kwargs=dict(optimize=True))
