"""Two ways to do the same, timed against each other."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional

import torch

from mmseg_nrd.apps.cost.memory import peak_memory
from mmseg_nrd.apps.cost.timing import Timing, summarise_times, time_turns


@dataclass
class Race:
    """Seconds and memory of several steps, the first of which is ours.

    Attributes:
        group (str): What is raced, such as 'decode step'.
        case (str): At which sizes.
        mode (str): 'inference' or 'training'.
        seconds (dict[str, list[float]]): Seconds a run, turn by turn, by step.
        peak_bytes (dict[str, int]): Memory at the worst moment, by step.
        asked (dict[str, float]): What the project asks of our share of another step's seconds,
            at most, where it asks anything.
    """
    group: str
    case: str
    mode: str
    seconds: Dict[str, List[float]] = field(default_factory=dict)
    peak_bytes: Dict[str, int] = field(default_factory=dict)
    asked: Dict[str, float] = field(default_factory=dict)

    @property
    def names(self) -> List[str]:
        return list(self.seconds)

    def timing(self, name: str) -> Timing:
        return summarise_times(self.seconds[name])

    def shares(self, name: str) -> List[float]:
        """Our seconds as a share of another step's, turn by turn."""
        ours = self.seconds[self.names[0]]
        return [mine / other for mine, other in zip(ours, self.seconds[name])]

    def memory_share(self, name: str) -> float:
        """Our peak memory as a share of another step's."""
        return self.peak_bytes[self.names[0]] / self.peak_bytes[name]


def race(group: str, case: str, mode: str, steps: Dict[str, Callable[[], object]],
         rounds: int, asked: Optional[Dict[str, float]] = None) -> Race:
    """Time steps in turns and measure the peak memory of each.

    Args:
        group (str): What is raced.
        case (str): At which sizes.
        mode (str): 'inference', under ``torch.inference_mode``, or 'training'.
        steps (dict[str, Callable]): Ours first.
        rounds (int): Turns of each.
        asked (dict[str, float], optional): See :class:`Race`. Defaults to None, nothing.

    Returns:
        Race: what was measured.
    """
    with torch.inference_mode(mode == 'inference'):
        seconds = time_turns(steps, rounds, turn_seconds=0.05)
        peaks = {name: peak_memory(step) for name, step in steps.items()}
    return Race(group, case, mode, seconds, peaks, asked or {})
