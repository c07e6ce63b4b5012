"""Times that can be compared on a noisy machine: one process, taking turns."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Tuple

import torch
from torch.utils.benchmark import Measurement, Timer


@dataclass(frozen=True)
class Timing:
    """Seconds of one step.

    Attributes:
        median (float): The middle of the runs.
        iqr (float): The interquartile range, the spread of the runs.
        runs (int): How many there were.
    """
    median: float
    iqr: float
    runs: int


def _merge(measurements: list[Measurement]) -> Timing:
    merged, = Measurement.merge(measurements)
    return Timing(merged.median, merged.iqr, len(merged.times))


def time_alternating(steps: Mapping[str, Callable[[], object]], rounds: int = 10,
                     warmup: int = 2) -> Dict[str, Timing]:
    """Time several steps in turns, so that a slow spell of the machine hits them all.

    Args:
        steps (Mapping[str, Callable]): What to time, by name.
        rounds (int): Runs of each step. Defaults to 10.
        warmup (int): Runs of each step before those. Defaults to 2.

    Returns:
        dict[str, Timing]: seconds, by name.

    Example:
        >>> times = time_alternating({'a': lambda: sum(range(10)), 'b': lambda: None})
        >>> times['a'].median > times['b'].median
        True
    """
    timers = {
        name: Timer('step()', globals={'step': step}, num_threads=torch.get_num_threads(),
                    description=name)
        for name, step in steps.items()
    }
    for _ in range(warmup):
        for step in steps.values():
            step()
    taken: Dict[str, list[Measurement]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, timer in timers.items():
            taken[name].append(timer.timeit(1))
    return {name: _merge(measurements) for name, measurements in taken.items()}


def ratio(timing: Timing, baseline: Timing) -> Tuple[float, float]:
    """Ratio of two medians and its spread, from both interquartile ranges."""
    value = timing.median / baseline.median
    spread = value * (timing.iqr / timing.median + baseline.iqr / baseline.median)
    return value, spread
