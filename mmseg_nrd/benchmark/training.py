"""Train one config through MMSeg's runner, test it, and bring home what a report needs."""
from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Optional, Sequence

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import DATASETS

_IOU_METRIC = ('aAcc', 'mIoU', 'mAcc')


@dataclass(frozen=True)
class Outcome:
    """What a training run gave.

    Attributes:
        miou (float): On the test set, per cent.
        seconds (float): From the first to the last iteration, loading included.
        predictions (list[np.ndarray]): (H, W) train ids, one for each sample asked for.
        checkpoint (Path): The last one.
        more (dict[str, float]): Scores of the test evaluator beside ``IoUMetric``'s, by name.
    """
    miou: float
    seconds: float
    predictions: list
    checkpoint: Path
    more: Dict[str, float] = field(default_factory=dict)


class _Clock(Hook):
    """Times the training loop and tells of its progress."""

    priority = 'VERY_LOW'

    def __init__(self, on_iteration: Callable[[float], object]):
        self.on_iteration = on_iteration
        self.start = self.seconds = 0.

    def before_train(self, runner) -> None:
        self.start = time.perf_counter()

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs: Optional[dict] = None) -> None:
        loss = outputs['loss'].item()
        if not np.isfinite(loss):
            raise FloatingPointError(
                f'loss={loss} at iteration {runner.iter + 1} of {runner.cfg.filename}: must be '
                'finite. Fix: lower the learning rate or look at the data.')
        self.on_iteration(loss)
        self.seconds = time.perf_counter() - self.start


def _predict(model: torch.nn.Module, dataset, samples: Sequence[int]) -> list:
    model.eval()
    with torch.no_grad():
        results = [model.test_step(pseudo_collate([dataset[index]])) for index in samples]
    return [result[0].pred_sem_seg.data[0].cpu().numpy().astype(np.uint8) for result in results]


def train_and_test(cfg: Config, samples: Sequence[int] = (),
                   on_iteration: Callable[[float], object] = lambda loss: None) -> Outcome:
    """Train a config with MMSeg's runner, test it, and predict some samples of its test set.

    Args:
        cfg (Config): As :func:`~mmseg_nrd.benchmark.budget.with_budget` makes it.
        samples (Sequence[int]): Indices in the test set. Defaults to none.
        on_iteration (Callable): Called with the loss after each iteration.

    Returns:
        Outcome: score, time, predictions and checkpoint.

    Raises:
        FloatingPointError: if the loss is not finite.
    """
    runner = Runner.from_cfg(cfg)
    clock = _Clock(on_iteration)
    runner.register_hook(clock)
    runner.train()
    # Ends the workers by reference count. Left to the cycle collector, each would be waited for
    # five seconds: it closes their queues before their loader can dismiss them.
    runner.train_loop.dataloader_iterator = None
    scores = {name: float(score) for name, score in runner.test().items()}
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    return Outcome(
        miou=scores['mIoU'], seconds=clock.seconds,
        predictions=_predict(runner.model, dataset, samples),
        checkpoint=Path(cfg.work_dir, f'iter_{cfg.train_cfg.max_iters}.pth'),
        more={name: score for name, score in scores.items() if name not in _IOU_METRIC})
