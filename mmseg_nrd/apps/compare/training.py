"""Train one config through MMSeg's runner, and test what came of it."""
from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field, replace
from numbers import Real
from pathlib import Path
from typing import Callable, Dict, List, Mapping, Optional, Sequence

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.runner import Runner, load_checkpoint

from mmseg_nrd.hooks import CheckpointFitHook

# Of a run that is not finished, in its work_dir.
RESUME_FROM = 'resume.pth'
_PART = 'part'


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Attributes:
        checkpoint (Path): The last one.
        seconds (float): As :class:`TrainingRecorder` counts them, of all parts of a resumed run.
        losses (np.ndarray): Of every iteration, float32.
        resumed (int): How often training was interrupted and taken up again.
        environment (dict[str, object]): From ``describe_environment``, by the caller.
        scores (dict[str, float]): What the test evaluator reports; empty before the test.
        predictions (list[np.ndarray]): (H, W) train ids of each sample; empty before the test.
        validated (list[dict]): What the validation evaluator reported meanwhile, with 'iteration'.
    """
    checkpoint: Path
    seconds: float
    losses: np.ndarray
    resumed: int = 0
    environment: Dict[str, object] = field(default_factory=dict)
    scores: Dict[str, float] = field(default_factory=dict)
    predictions: List[np.ndarray] = field(default_factory=list)
    validated: List[Dict[str, float]] = field(default_factory=list)


class TrainingRecorder(Hook):
    """Times the training loop, keeps its losses, and saves it now and then to be resumed.

    Saves by the time that passed, always to the same file. ``seconds`` are those of iterations,
    loading included; what is loaded only to be skipped, as mmengine does when it resumes, its
    own saving and validation are left out.
    """

    priority = 'VERY_LOW'

    def __init__(self, on_iteration: Callable[[int, float], object], path: Path,
                 save_every: float):
        self.on_iteration = on_iteration
        self.path = path
        self.save_every = save_every
        self.losses: List[float] = []
        self.validated: List[Dict[str, float]] = []
        self.seconds = self._saved_at = self._lap = 0.
        self.resumed = 0
        self._skipping = False

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        part = checkpoint.get('meta', {}).get(_PART)
        if part is not None:
            self.seconds = self._saved_at = part['seconds']
            self.losses = list(part['losses'])
            self.validated = list(part.get('validated', ()))
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
        self.losses.append(loss)
        self.seconds += time.perf_counter() - self._lap
        self.on_iteration(runner.iter + 1, loss)
        # Resumed from before a validation, a run comes to it; from just behind, it has its scores.
        if (self.seconds - self._saved_at >= self.save_every
                and runner.iter + 1 < runner.max_iters
                and (runner.iter + 1) % runner.train_loop.val_interval):
            part = dict(seconds=self.seconds, losses=self.losses, resumed=self.resumed,
                        validated=self.validated)
            runner.save_checkpoint(
                str(self.path.parent), self.path.name, meta={_PART: part}, by_epoch=False)
            self._saved_at = self.seconds
        self._lap = time.perf_counter()

    def after_val_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        self.validated.append(dict(iteration=runner.iter, **numbers(metrics)))
        self._lap = time.perf_counter()


def train(cfg: Config, on_iteration: Callable[[int, float], object] = lambda done, loss: None,
          save_every: float = 60.) -> Outcome:
    """Train a config with MMSeg's runner.

    Now and then the run is saved in its ``work_dir``. Killed and called again, it goes on from
    there: with the same batches and weights as if nothing had happened, on a CPU to the bit;
    an accelerator draws other dropout masks. ``on_iteration`` is told how many iterations are done
    and the loss. The outcome has no scores yet.

    Raises:
        FloatingPointError: if a loss or the weights are not finite, by the ``FiniteLossHook`` of
            :func:`with_budget`.
        CheckpointError: if the file to go on from is torn, or a ``load_from`` does not fit.
    """
    # mmengine turns these on for a run that asks for it, and never off for the next one.
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = torch.backends.cudnn.benchmark = False
    resume_from = Path(cfg.work_dir, RESUME_FROM)
    if resume_from.is_file():
        cfg = copy.deepcopy(cfg)
        cfg.load_from, cfg.resume = str(resume_from), True
    runner = Runner.from_cfg(cfg)
    recorder = TrainingRecorder(on_iteration, resume_from, save_every)
    runner.register_hook(recorder)
    runner.register_hook(CheckpointFitHook('same' if cfg.get('resume') else 'some'))
    runner.train()
    # Ends the workers by reference count. Left to the cycle collector, each would be waited for
    # five seconds: it closes their queues before their loader can dismiss them.
    runner.train_loop.dataloader_iterator = None
    return Outcome(
        Path(cfg.work_dir, f'iter_{cfg.train_cfg.max_iters}.pth'), recorder.seconds,
        np.array(recorder.losses, np.float32), recorder.resumed, validated=recorder.validated)


def numbers(scores: Mapping[str, object]) -> Dict[str, float]:
    """What an evaluator reports, without what is no single number."""
    return {name: float(score) for name, score in scores.items()
            if isinstance(score, (Real, np.ndarray, torch.Tensor)) and np.ndim(score) == 0}


def evaluate(cfg: Config, trained: Outcome, samples: Sequence[int] = ()) -> Outcome:
    """The outcome with the checkpoint's scores on the test set, and predictions of some samples.

    The runner that trained would not do: hooks such as EMAHook leave other weights in it.
    """
    cfg = copy.deepcopy(cfg)
    cfg.load_from, cfg.resume = None, False
    runner = Runner.from_cfg(cfg)
    load_checkpoint(runner.model, str(trained.checkpoint), 'cpu', strict=True,
                    logger=runner.logger)
    scores = numbers(runner.test())
    model, dataset = runner.model.eval(), runner.test_dataloader.dataset
    with torch.no_grad():
        results = [model.test_step(pseudo_collate([dataset[index]])) for index in samples]
    return replace(trained, scores=scores, predictions=[
        result[0].pred_sem_seg.data[0].cpu().numpy().astype(np.uint8) for result in results])
