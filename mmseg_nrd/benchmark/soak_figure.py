"""A soak as a picture."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

from matplotlib.figure import Figure

from .soak import NAMES

_PANELS = (('MB', ('memory', 'worker_memory')), ('open files', ('files', 'worker_files')),
           ('number', ('threads', 'workers')))


def draw_soak(results: Dict[str, Any], path: Path) -> None:
    """Draw what a training held over its iterations.

    Args:
        results (dict): What ``tools/soak.py`` writes.
        path (Path): The PNG to write.
    """
    at = [sample['iteration'] for sample in results['samples']]
    figure = Figure(figsize=(7.5, 6), layout='constrained')
    for axis, (unit, names) in zip(figure.subplots(3, 1, sharex=True), _PANELS):
        axis.axvspan(0, results['warm_up'], color='0.93', label='warm-up')
        for name in names:
            axis.plot(at, [sample[name] for sample in results['samples']], label=NAMES[name],
                      linewidth=1.2)
        axis.set_ylabel(unit)
        axis.set_ylim(0, axis.dataLim.y1 * 1.15)
        axis.grid(alpha=0.3)
        axis.legend(loc='center left', bbox_to_anchor=(1, 0.5), fontsize='small')
    axis.set_xlim(0, at[-1])
    axis.set_xlabel(f"iteration; validation and a checkpoint every {results['val_interval']}")
    figure.savefig(path, dpi=80, pil_kwargs=dict(optimize=True))
