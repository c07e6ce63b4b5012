from __future__ import annotations

import statistics
import time

import pytest
from boundary_cases import build, random_labels, sample

CLASSES = 19


@pytest.mark.slow
def test_at_most_three_times_the_time_of_mmsegs_metric():
    """On a frame of Cityscapes, in turns, so that other work falls on both."""
    images = [sample(*random_labels(seed, 1024, 2048, CLASSES)) for seed in range(2)]
    metrics = [build(kind=kind, num_classes=CLASSES) for kind in ('IoUMetric', 'BoundaryIoUMetric')]
    ratios = []
    for _ in range(5):
        seconds = []
        for metric in metrics:
            begin = time.perf_counter()
            metric.process({}, images)
            seconds.append(time.perf_counter() - begin)
        ratios.append(seconds[1] / seconds[0])
    print('ratios in time', ratios)
    assert statistics.median(ratios) < 3
