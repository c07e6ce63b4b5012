"""Times that can be compared on a noisy machine: one process, taking turns."""
from __future__ import annotations

import math
import time
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


def time_turns(steps: Mapping[str, Callable[[], object]], rounds: int = 10, warmup: int = 2,
               turn_seconds: float = 0., pause_seconds: float = 0.,
               tell: Callable[[str], object] = lambda text: None) -> Dict[str, list[float]]:
    """Time several steps in turns, so that a slow spell of the machine hits them all.

    A turn repeats its step for about ``turn_seconds``: a step of less than a millisecond else
    measures the caches that its neighbour left. By default it runs once. Before each turn there is
    a pause of ``pause_seconds``. ``tell`` is told each round. Returns seconds a run, turn by turn.
    """
    repeats = {}
    for name, step in steps.items():
        for _ in range(max(warmup, 1)):
            start = timer()
            step()
            seconds = timer() - start
        repeats[name] = max(1, math.ceil(turn_seconds / max(seconds, 1e-9)))
    taken: Dict[str, list[float]] = {name: [] for name in steps}
    for number in range(1, rounds + 1):
        tell(f'round {number} of {rounds}')
        for name, step in steps.items():
            time.sleep(pause_seconds)
            start = timer()
            for _ in range(repeats[name]):
                step()
            taken[name].append((timer() - start) / repeats[name])
    return taken


def summarise_times(times: Sequence[float]) -> Timing:
    """Median and interquartile range of some runs, in their unit."""
    lower, median, upper = np.quantile(times, (0.25, 0.5, 0.75)).tolist()
    return Timing(median, upper - lower, len(times))


def ratio(timing: Timing, baseline: Timing) -> Tuple[float, float]:
    """Ratio of two medians and its spread, from both interquartile ranges."""
    value = timing.median / baseline.median
    spread = value * (timing.iqr / timing.median + baseline.iqr / baseline.median)
    return value, spread
