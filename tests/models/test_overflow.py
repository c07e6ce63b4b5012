"""Heads whose numbers grow too large: finite where the dtype can hold them, else seen at once."""
from __future__ import annotations

import math

import pytest
import torch
from contract import BN, HEADS, each
from gum_cases import offset_convs
from nrd_cases import samples

OURS = {name: row for name, row in HEADS.items() if row.config['type'] in (
    'NRDHead', 'GuidedUpsamplingHead')}
GUIDED = {name: row for name, row in HEADS.items() if row.wraps}


def magnify(head, factor: float):
    """Multiply the logits by the cube of ``factor``."""
    with torch.no_grad():
        if hasattr(head, 'controller'):
            # Three layers; their parameters are what this one predicts.
            for parameter in head.controller[1].parameters():
                parameter *= factor
        else:
            for parameter in head.head.conv_seg.parameters():
                parameter *= factor ** 3
    return head


def losses(head, row, device):
    given = samples((64, 96), row.options['num_classes'], device=device)
    return head.loss(row.example(device=device), given, {})['loss_ce']


@each(OURS)
def test_extreme_logits_give_a_finite_loss_and_finite_gradients(row, device):
    head = magnify(row.build(), 1e8).to(device)
    loss = losses(head, row, device)
    assert loss > 1e15 and loss.isfinite()
    loss.backward()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@each(OURS)
@pytest.mark.parametrize('dtype, finite', [(torch.float16, False), (torch.bfloat16, True)],
                         ids=str)
def test_an_overflow_under_autocast_reaches_the_loss(row, dtype, finite, device):
    """So that whoever watches the loss sees it, and it is no fault of bfloat16's range."""
    head = magnify(row.build(), 1e3).to(device)
    with torch.autocast(device.type, dtype):
        assert losses(head, row, device).isfinite() == finite


@each(GUIDED)
def test_offsets_that_are_nan_make_the_next_loss_nan(row, device):
    """They read border pixels, so that the loss of this iteration is still a number."""
    head = row.build(BN).to(device)
    levels = [level.requires_grad_() for level in row.example(device=device)]
    with torch.no_grad():
        offset_convs(head)[0].bias.fill_(math.nan)
    given = samples((64, 96), row.options['num_classes'], device=device)
    loss = head.loss(levels, given, {})['loss_ce']
    assert loss.isfinite()
    loss.backward()
    # What the encoder learns from is NaN, and with it whatever it hands out next.
    assert any(level.grad.isnan().any() for level in levels if level.grad is not None)
