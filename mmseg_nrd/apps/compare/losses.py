"""Noisy curves made smooth for the eye and short for a file."""
from __future__ import annotations

from typing import Dict, List, Sequence

import numpy as np


def smooth(losses: Sequence[float], window: int) -> np.ndarray:
    """Mean of each value and its neighbours, fewer of them near the ends.

    Args:
        losses (Sequence[float]): (N,).
        window (int): Values in a mean; odd, at least 1.

    Returns:
        np.ndarray: (N,), float64.

    Example:
        >>> smooth([0., 3., 6., 0.], 3).tolist()
        [1.5, 3.0, 3.0, 3.0]
    """
    sums = np.concatenate([[0.], np.cumsum(losses, dtype=np.float64)])
    at = np.arange(len(losses))
    first, last = np.maximum(at - window // 2, 0), np.minimum(at + window // 2 + 1, len(losses))
    return (sums[last] - sums[first]) / (last - first)


def thin(losses: Sequence[float], points: int = 100) -> Dict[str, List[float]]:
    """A curve as means over neighbouring blocks, each with its last iteration.

    Args:
        losses (Sequence[float]): (N,), of iterations 1 to N.
        points (int): The most that are wanted. Defaults to 100.

    Returns:
        dict[str, list]: ``iteration`` and ``loss``, of the same length, at most ``points``.

    Example:
        >>> thin([4., 2., 3.], points=2)
        {'iteration': [1, 3], 'loss': [4.0, 2.5]}
    """
    ends = np.unique(np.linspace(0, len(losses), min(points, len(losses)) + 1).astype(int))
    return dict(iteration=ends[1:].tolist(),
                loss=[float(np.mean(losses[first:last], dtype=np.float64))
                      for first, last in zip(ends[:-1], ends[1:])])
