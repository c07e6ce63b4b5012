"""Batches without a single label: the loss is zero, and so are the gradients."""
from __future__ import annotations

import pytest
import torch
from contract import BN, GN, HEADS, each, first_of_each_type
from contract_checks import randomise
from mmengine.config import ConfigDict
from nrd_cases import samples

LOSSES = {'plain': {}, 'mean over labels': dict(avg_non_ignore=True), 'two': None}
SAMPLERS = {'none': None, 'top': dict(type='OHEMPixelSampler', min_kept=50),
            'threshold': dict(type='OHEMPixelSampler', thresh=0.7, min_kept=50)}


def ignored(row, size=(64, 96), batch=2, device='cpu'):
    given = samples(size, row.options['num_classes'], batch, device)
    for sample in given:
        sample.gt_sem_seg.data.fill_(255)
    return given


def assert_teaches_nothing(module, losses):
    found = {name: value for name, value in losses.items() if 'loss' in name}
    assert found and all(value == 0 for value in found.values()), losses
    sum(found.values()).backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad is None or not parameter.grad.any(), name


@each({name: row for name, row in HEADS.items() if row.options.get('out_channels') != 1})
@pytest.mark.parametrize('norm_cfg', [BN, GN], ids=['BN', 'GN'])
@pytest.mark.parametrize('sampler', SAMPLERS.values(), ids=SAMPLERS)
@pytest.mark.parametrize('changes', LOSSES.values(), ids=LOSSES)
def test_a_head(row, norm_cfg, sampler, changes, device):
    loss = dict(row.loss, **(changes or {}))
    if changes is None:
        loss = [loss, dict(loss, loss_name='loss_other', loss_weight=0.4)]
    head = randomise(row.build(norm_cfg, sampler=sampler, loss_decode=loss)).to(device).train()
    levels = row.example(device=device)
    assert_teaches_nothing(head, head.loss(levels, ignored(row, device=device), {}))


@each(first_of_each_type(HEADS))
def test_a_model_with_an_auxiliary_head(row):
    model = row.segmentor()
    model._init_auxiliary_head(ConfigDict(
        type='FCNHead', in_index=2, in_channels=row.widths[2], channels=4, num_convs=1,
        concat_input=False, num_classes=row.options['num_classes'], norm_cfg=BN))
    model.train()
    given = ignored(row, (64, 96))
    losses = model(torch.randn(2, 3, 64, 96), given, mode='loss')
    assert {'decode.loss_ce', 'aux.loss_ce'} <= set(losses)
    assert_teaches_nothing(model, losses)
