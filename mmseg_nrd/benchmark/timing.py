"""Times that can be compared on a noisy machine: one process, taking turns."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Mapping, Sequence, Tuple

import numpy as np

# A clock that waits for the accelerator first, where there is one.
from torch.utils.benchmark import timer


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
    for _ in range(warmup):
        for step in steps.values():
            step()
    taken: Dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            start = timer()
            step()
            taken[name].append(timer() - start)
    return {name: _summary(times) for name, times in taken.items()}


def _summary(times: Sequence[float]) -> Timing:
    lower, median, upper = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
    return Timing(median, upper - lower, len(times))


def ratio(timing: Timing, baseline: Timing) -> Tuple[float, float]:
    """Ratio of two medians and its spread, from both interquartile ranges."""
    value = timing.median / baseline.median
    spread = value * (timing.iqr / timing.median + baseline.iqr / baseline.median)
    return value, spread
