"""Label maps as pictures in text and random ones, and the metric over them."""
from __future__ import annotations

import numpy as np
import torch
from mmseg.registry import METRICS

IGNORED = 255


def labels(*rows: str) -> np.ndarray:
    """A digit is a class, a dot is ignored."""
    return np.array([[IGNORED if sign == '.' else int(sign) for sign in row] for row in rows])


def mask(*rows: str) -> np.ndarray:
    """A # is set."""
    return np.array([[sign == '#' for sign in row] for row in rows])


def random_labels(seed: int, height: int, width: int, num_classes: int):
    """(pred, truth): patches of classes, some pixels that are no class, some ignored patches."""
    random = np.random.RandomState(seed)
    side = random.randint(1, 5)

    def patches(kinds) -> np.ndarray:
        coarse = random.choice(kinds, (-(-height // side), -(-width // side)))
        return np.kron(coarse, np.ones((side, side), int))[:height, :width]

    truth = patches(num_classes)
    pred = np.where(random.rand(height, width) < 0.2, patches(num_classes), truth)
    for label_map in (pred, truth):
        label_map[random.rand(height, width) < 0.03] = num_classes + 3
    truth[patches(4) == 0] = IGNORED
    return pred, truth


def build(num_classes=2, kind='BoundaryIoUMetric', **arguments):
    metric = METRICS.build(dict(type=kind, **arguments))
    metric.dataset_meta = dict(classes=[f'class {number}' for number in range(num_classes)])
    return metric


def sample(pred, truth):
    """What an evaluator hands to a metric."""
    return dict(pred_sem_seg=dict(data=torch.as_tensor(pred)[None]),
                gt_sem_seg=dict(data=torch.as_tensor(truth)[None]))


def evaluate(*images, **arguments):
    """The figures of (pred, truth), ..."""
    metric = build(**arguments)
    metric.process(None, [sample(*image) for image in images])
    return metric.evaluate(len(images))
