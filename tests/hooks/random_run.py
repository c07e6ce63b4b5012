"""A tiny training run that draws random numbers wherever a real one may."""
from __future__ import annotations

import contextlib
import random
from pathlib import Path

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset


class Noise(Dataset):
    """Augmented in three ways."""

    def __len__(self):
        return 7

    def __getitem__(self, index):
        drawn = random.random() + np.random.rand() + torch.rand(1).item()
        return dict(inputs=torch.tensor([float(index), drawn]))


class Dropping(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer, self.dropout = torch.nn.Linear(2, 8), torch.nn.Dropout(0.5)

    def forward(self, inputs, mode):
        out = self.dropout(self.layer(inputs)).square().mean()
        return dict(loss=out) if mode == 'loss' else [out]


class Score(BaseMetric):
    """Draws, as a validation pipeline may."""

    def process(self, batch, samples):
        self.results.append(random.random() + np.random.rand() + torch.rand(1).item())

    def compute_metrics(self, results):
        return dict(score=float(np.mean(results)))


class Losses(Hook):
    """Keeps every loss, and stops the run after so many iterations."""

    def __init__(self, stop_after):
        self.losses, self.stop_after = {}, stop_after

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.losses[runner.iter + 1] = outputs['loss'].item()
        if runner.iter + 1 == self.stop_after:
            raise KeyboardInterrupt


def run(work_dir: Path, iterations=8, interval=2, stop_after=None, workers=0, seed=3,
        hooks=True, by_epoch=False, **checkpoint):
    """Train; with checkpoints in ``work_dir``, go on from the last one.

    Returns:
        dict, dict: losses by iteration, and the model's parameters.
    """
    def data():
        return dict(
            dataset=Noise(), batch_size=2, num_workers=workers,
            sampler=dict(type='DefaultSampler' if by_epoch else 'InfiniteSampler', shuffle=True),
            collate_fn=dict(type='default_collate'))

    default_hooks = dict(logger=None, checkpoint=dict(
        type='SafeCheckpointHook', by_epoch=by_epoch, interval=interval, **checkpoint))
    if hooks:
        default_hooks['random_state'] = dict(type='RandomStateHook')
    train = dict(type='EpochBasedTrainLoop', max_epochs=iterations // 4) if by_epoch else dict(
        type='IterBasedTrainLoop', max_iters=iterations)
    # A model that is built already is not seeded by the runner.
    torch.manual_seed(seed)
    runner = Runner(
        Dropping(), str(work_dir), train_dataloader=data(),
        val_dataloader={**data(), 'sampler': dict(type='DefaultSampler', shuffle=False)},
        val_evaluator=[Score()], train_cfg=dict(**train, val_interval=interval), val_cfg=dict(),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1, momentum=.9)),
        default_hooks=default_hooks, randomness=dict(seed=seed), log_level='ERROR',
        # mmengine keeps loggers, visualisers and scopes by this name, beyond this run.
        default_scope='mmseg',
        experiment_name=f'{work_dir}_{len(list(work_dir.glob("*")))}'.replace('/', '_'),
        resume=(work_dir / 'last_checkpoint').is_file())
    kept = Losses(stop_after)
    runner.register_hook(kept, 'LOWEST')
    with contextlib.suppress(KeyboardInterrupt):
        runner.train()
    runner.train_loop.dataloader_iterator = None
    return kept.losses, {key: value.clone() for key, value in runner.model.state_dict().items()}
