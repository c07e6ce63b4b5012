"""A training of seconds, as mmengine's runners do it."""
from __future__ import annotations

from pathlib import Path

import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner


class Tiny(BaseModel):

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, inputs, mode):
        return dict(loss=self.layer(inputs).square().mean())


def tiny_run(out: Path, iters: int, kind: type = Runner, **options):
    data = dict(dataset=[dict(inputs=torch.ones(2))] * 4, batch_size=2, num_workers=0,
                sampler=dict(type='DefaultSampler', shuffle=False),
                collate_fn=dict(type='default_collate'))
    return kind(
        Tiny(), work_dir=str(out), train_dataloader=data,
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1, momentum=.9)),
        param_scheduler=dict(type='PolyLR', power=.9, by_epoch=False, end=9),
        default_hooks=dict(
            logger=dict(type='LoggerHook', interval=1),
            checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2)),
        log_level='ERROR', experiment_name=f'{out.name}_{iters}', **options)
