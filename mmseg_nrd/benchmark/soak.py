"""Watch a long training for what it takes and does not give back."""
from __future__ import annotations

import time
from dataclasses import asdict, fields
from typing import Any, Dict, List, Sequence

import numpy as np
from mmengine.hooks import Hook

from .resources import Resources, measure_resources

MEMORY = ('memory', 'worker_memory')
COUNTS = ('files', 'worker_files', 'threads', 'workers')
NAMES = dict(
    memory='memory of training', worker_memory='memory of its workers',
    files='open files of training', worker_files='open files of its workers',
    threads='threads', workers='workers')
# MB in 1000 iterations, of which mmengine's history of every logged number takes some.
MAX_GROWTH = 10.


class ResourceHook(Hook):
    """Record what a training holds, after everything else of an iteration has run.

    Args:
        interval (int): Iterations between two records. Defaults to 20.

    Attributes:
        samples (list[dict]): ``iteration``, ``seconds`` since the training began, and the fields
            of :class:`~mmseg_nrd.benchmark.resources.Resources`.
    """
    priority = 'LOWEST'

    def __init__(self, interval: int = 20):
        if interval < 1:
            raise ValueError(f'interval={interval}: must be at least 1. Fix: 20.')
        self.interval = interval
        self.samples: List[Dict[str, float]] = []
        self._start = time.perf_counter()

    def before_train(self, runner) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Record, every so many iterations."""
        if self.every_n_train_iters(runner, self.interval):
            self.samples.append(dict(
                iteration=runner.iter + 1,
                seconds=round(time.perf_counter() - self._start, 2),
                **asdict(measure_resources())))


def growth(samples: Sequence[Dict[str, float]], warm_up: int) -> Dict[str, float]:
    """How fast each resource grows after the warm-up.

    Args:
        samples (Sequence[dict]): Of :class:`ResourceHook`.
        warm_up (int): Samples up to this iteration are left out.

    Returns:
        dict[str, float]: by resource, in 1000 iterations: of memory the slope of a least-squares
        line in MB; of what is counted, from the first sample to the most in any.

    Raises:
        ValueError: if fewer than three samples are left.

    Example:
        >>> held = dict(memory=0, worker_memory=0, files=3, worker_files=3, threads=1, workers=1)
        >>> growth([dict(held, iteration=at, memory=at / 50) for at in (1, 2, 3, 4)], 1)['memory']
        20.0
    """
    kept = [sample for sample in samples if sample['iteration'] > warm_up]
    if len(kept) < 3:
        raise ValueError(
            f'{len(kept)} samples after a warm-up of {warm_up} iterations: must be at least 3. '
            'Fix: train longer, or look more often.')
    at = np.array([sample['iteration'] for sample in kept]) / 1000
    found = {}
    for name in (field.name for field in fields(Resources)):
        values = np.array([sample[name] for sample in kept], float)
        found[name] = round(float(
            np.polyfit(at, values, 1)[0] if name in MEMORY else values.max() - values[0]), 3)
    return found


def leaks(grown: Dict[str, float], max_growth: float = MAX_GROWTH) -> List[str]:
    """What has grown more than it may, a sentence each.

    Args:
        grown (dict[str, float]): Of :func:`growth`.
        max_growth (float): MB that memory may grow by in 1000 iterations. Defaults to 10.

    Returns:
        list[str]: Empty if memory grew by no more than ``max_growth`` and nothing else at all.
    """
    found = [f'{NAMES[name]} grew by {grown[name]:.1f} MB in 1000 iterations; at most '
             f'{max_growth:g} are allowed' for name in MEMORY if grown[name] > max_growth]
    return found + [f'{NAMES[name]}: {grown[name]:.0f} more than after the warm-up; none are '
                    'allowed' for name in COUNTS if grown[name] > 0]


def summary(results: Dict[str, Any], max_growth: float = MAX_GROWTH) -> List[Sequence[str]]:
    """A table of a soak: what was held after the warm-up and at the end, and the growth."""
    kept = [sample for sample in results['samples'] if sample['iteration'] > results['warm_up']]
    lines: List[Sequence[str]] = [(
        'held', f"iteration {kept[0]['iteration']}", f"iteration {kept[-1]['iteration']}", 'most',
        'growth', 'at most')]
    for name, title in NAMES.items():
        digits, unit = (1, ' MB') if name in MEMORY else (0, '')
        values = [f'{value:.{digits}f}{unit}' for value in (
            kept[0][name], kept[-1][name], max(sample[name] for sample in kept))]
        # Added to zero, a rounded minus zero loses its sign.
        per = f"{round(results['growth'][name], digits) + 0.0:.{digits}f}{unit}"
        lines.append((title, *values, f'{per} in 1000 iterations' if unit else per,
                      f'{max_growth:g} MB' if unit else '0'))
    return lines
