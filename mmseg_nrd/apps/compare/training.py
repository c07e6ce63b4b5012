"""Train one config through MMSeg's runner, test it, and bring home what a report needs."""
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Sequence

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner
from mmseg.registry import DATASETS

from .clock import Clock

_IOU_METRIC = ('aAcc', 'mIoU', 'mAcc')
# Of a run that is not finished, in its work_dir.
RESUME_FROM = 'resume.pth'


@dataclass(frozen=True)
class Outcome:
    """What a training run gave.

    Attributes:
        miou (float): On the test set, per cent.
        seconds (float): In training iterations, loading included; those of a resumed run's
            parts are added up.
        predictions (list[np.ndarray]): (H, W) train ids, one for each sample asked for.
        checkpoint (Path): The last one.
        more (dict[str, float]): Scores of the test evaluator beside ``IoUMetric``'s, by name.
        losses (np.ndarray): Of every iteration, float32.
        resumed (int): How often training was interrupted and taken up again.
        environment (dict[str, object]): What it was measured with, as ``describe_environment``
            says it; the caller's to fill in.
    """
    miou: float
    seconds: float
    predictions: list
    checkpoint: Path
    more: Dict[str, float] = field(default_factory=dict)
    losses: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    resumed: int = 0
    environment: Dict[str, object] = field(default_factory=dict)


def _predict(model: torch.nn.Module, dataset, samples: Sequence[int]) -> list:
    model.eval()
    with torch.no_grad():
        results = [model.test_step(pseudo_collate([dataset[index]])) for index in samples]
    return [result[0].pred_sem_seg.data[0].cpu().numpy().astype(np.uint8) for result in results]


def train_and_test(cfg: Config, samples: Sequence[int] = (),
                   on_iteration: Callable[[int, float], object] = lambda done, loss: None,
                   save_every: float = 60.) -> Outcome:
    """Train a config with MMSeg's runner, test it, and predict some samples of its test set.

    Now and then the run is saved in its ``work_dir``. Killed and called again, it goes on from
    there: with the same batches and weights as if nothing had happened, on a CPU to the bit;
    an accelerator draws other dropout masks.

    Args:
        cfg (Config): As :func:`~mmseg_nrd.apps.compare.budget.with_budget` makes it.
        samples (Sequence[int]): Indices in the test set. Defaults to none.
        on_iteration (Callable): Called after each iteration, with how many are done and the
            loss.
        save_every (float): Seconds of training from one save to the next. Defaults to 60.

    Returns:
        Outcome: score, time, losses, predictions and checkpoint.

    Raises:
        FloatingPointError: if the loss is not finite.
    """
    resume_from = Path(cfg.work_dir, RESUME_FROM)
    if resume_from.is_file():
        cfg = copy.deepcopy(cfg)
        cfg.load_from, cfg.resume = str(resume_from), True
    runner = Runner.from_cfg(cfg)
    clock = Clock(on_iteration, resume_from, save_every)
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
        more={name: score for name, score in scores.items() if name not in _IOU_METRIC},
        losses=np.array(clock.losses, np.float32), resumed=clock.resumed)
