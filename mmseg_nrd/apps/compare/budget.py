"""Give every config the same budget."""
from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Sequence, Union

from mmengine.config import Config

_TO_VALIDATE = ('val_dataloader', 'val_cfg', 'val_evaluator')
# What mmengine's schedulers count in iterations.
_LENGTHS = ('begin', 'end', 'T_max', 'step_size', 'total_iters', 'total_steps')
_LISTS = ('milestones', 'periods')


def _scaled(schedulers: Union[dict, Sequence[dict]], scale: float) -> list:
    """Schedules over ``scale`` times their iterations; those too short to have steps go."""
    scaled = []
    for scheduler in [schedulers] if isinstance(schedulers, dict) else schedulers:
        if scheduler.get('by_epoch', True):
            raise ValueError(
                f"param_scheduler.type={scheduler.get('type')!r} counts epochs; an equal budget "
                'needs iterations. Fix: set by_epoch=False and its lengths in iterations.')
        edges = {key: max(int(key != 'begin'), round(scheduler[key] * scale))
                 for key in _LENGTHS if key in scheduler}
        for key in _LISTS:
            if key in scheduler:
                edges[key] = [max(1, round(length * scale)) for length in scheduler[key]]
        if edges.get('end', math.inf) - edges.get('begin', 0) >= 2:
            scaled.append({**scheduler, **edges})
    return scaled


def with_budget(cfg: Config, iterations: int, seed: int, work_dir: Path,
                validate: bool = False) -> Config:
    """A copy of a config that trains for so many iterations, from this seed, in silence.

    Learning-rate schedules are scaled along, so a short run has a whole schedule. The caller tests
    once, at the end; validation is left out, or done at the config's interval, scaled too.

    Raises:
        ValueError: if the config or a schedule counts epochs, or has nothing to validate on.
    """
    cfg = copy.deepcopy(cfg)
    if 'max_iters' not in cfg.train_cfg:
        raise ValueError(
            f"{cfg.filename}: train_cfg.type={cfg.train_cfg.get('type')!r} counts epochs; an "
            'equal budget needs iterations. Fix: use an IterBasedTrainLoop.')
    scale = iterations / cfg.train_cfg.max_iters
    cfg.param_scheduler = _scaled(cfg.get('param_scheduler') or [], scale)
    cfg.train_cfg.max_iters = iterations
    for key in ('val_begin', 'dynamic_intervals'):
        cfg.train_cfg.pop(key, None)
    if not validate:
        cfg.train_cfg.val_interval = iterations + 1
        cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    else:
        missing = [key for key in _TO_VALIDATE if cfg.get(key) is None]
        if missing:
            raise ValueError(f'{cfg.filename}: {", ".join(missing)} must be set, to validate. Fix: '
                             'set it, as MMSeg configs do, or do without --validate.')
        # Between two validations, a run can be saved.
        cfg.train_cfg.val_interval = min(iterations, max(
            2, round(cfg.train_cfg.get('val_interval', 1000) * scale)))
        cfg.val_dataloader.persistent_workers = False
    cfg.default_hooks = {
        **(cfg.get('default_hooks') or {}),
        'checkpoint': dict(type='CheckpointHook', by_epoch=False, interval=iterations,
                           save_optimizer=False),
        'finite_loss': dict(type='FiniteLossHook'),
        # By its registered name: interrupted, the run goes on with the same random numbers.
        'random_state': dict(type='RandomStateHook')}
    # Several runs share this process; workers that outlive their loop would pile up.
    cfg.train_dataloader.persistent_workers = cfg.test_dataloader.persistent_workers = False
    cfg.randomness = {**(cfg.get('randomness') or {}), 'seed': seed}
    cfg.work_dir = str(work_dir)
    # mmengine keeps loggers and visualisers by name, with their folder; each run needs its own.
    cfg.experiment_name = '_'.join(work_dir.parts[-3:])
    if cfg.get('visualizer'):
        cfg.visualizer.name = cfg.experiment_name
    cfg.log_level = 'ERROR'
    return cfg
