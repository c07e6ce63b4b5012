"""The hook that times a training run, keeps its losses, and saves it now and then."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, List, Optional

import numpy as np
from mmengine.hooks import Hook

_PART = 'part'


class Clock(Hook):
    """Times the training loop, tells of its progress, and lets it be resumed.

    Saves by the time that passed, always to the same file.

    Args:
        on_iteration (Callable): Called after each iteration, with how many are done and the
            loss.
        path (Path): The checkpoint to resume from.
        save_every (float): Seconds of training from one checkpoint to the next.

    Attributes:
        seconds (float): In iterations, loading included. What is loaded only to be skipped,
            as mmengine does when it resumes, and the writing of checkpoints are left out.
        losses (list[float]): Of every iteration.
        resumed (int): How often the run was taken up again.
    """

    priority = 'VERY_LOW'

    def __init__(self, on_iteration: Callable[[int, float], object], path: Path,
                 save_every: float):
        self.on_iteration = on_iteration
        self.path = path
        self.save_every = save_every
        self.losses: List[float] = []
        self.seconds = self._saved_at = self._lap = 0.
        self.resumed = 0
        self._skipping = False

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        part = checkpoint.get('meta', {}).get(_PART)
        if part is not None:
            self.seconds = self._saved_at = part['seconds']
            self.losses = list(part['losses'])
            self.resumed = part['resumed'] + 1
            self._skipping = True

    def before_train(self, runner) -> None:
        self._lap = time.perf_counter()

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if self._skipping:
            self._skipping = False
            self._lap = time.perf_counter()

    def after_train_iter(self, runner, batch_idx, data_batch=None,
                         outputs: Optional[dict] = None) -> None:
        loss = outputs['loss'].item()
        if not np.isfinite(loss):
            raise FloatingPointError(
                f'loss={loss} at iteration {runner.iter + 1} of {runner.cfg.filename}: must be '
                'finite. Fix: lower the learning rate or look at the data.')
        self.losses.append(loss)
        self.seconds += time.perf_counter() - self._lap
        self.on_iteration(runner.iter + 1, loss)
        if (self.seconds - self._saved_at >= self.save_every
                and runner.iter + 1 < runner.max_iters):
            self._save(runner)
        self._lap = time.perf_counter()

    def _save(self, runner) -> None:
        part = dict(seconds=self.seconds, losses=self.losses, resumed=self.resumed)
        runner.save_checkpoint(
            str(self.path.parent), self.path.name, meta={_PART: part}, by_epoch=False)
        self._saved_at = self.seconds
