"""The races themselves, at sizes that take no time."""
from __future__ import annotations

import pytest
import torch
from mmengine.config import ConfigDict

from benchmarks.speed import races as speed
from benchmarks.speed.races import (
    AUTHORS,
    CONVOLUTIONS,
    FLAGS,
    LOGITS,
    OURS,
    ROWS,
    STOCK,
    race_decode_step,
    race_heads,
    race_labels,
    race_models,
)

WIDTHS = (8, 16, 32, 64)
COMMON = dict(in_channels=64, in_index=3, channels=8, c1_in_channels=8, c1_channels=6,
              num_classes=19, norm_cfg=dict(type='SyncBN'), align_corners=False)
NRD = ConfigDict(type='NRDHead', **COMMON)
DEEPLAB = ConfigDict(type='DepthwiseSeparableASPPHead', dilations=(1, 6), **COMMON)


def as_model(head):
    return ConfigDict(type='EncoderDecoder', decode_head=head, test_cfg=dict(mode='whole'),
                      backbone=dict(
                          type='ResNetV1c', depth=18, base_channels=8, stem_channels=8,
                          norm_cfg=dict(type='SyncBN')))


@pytest.fixture
def finished(monkeypatch):
    """The steps of a race, without the race."""
    steps = {}

    def keep(group, case, mode, given, rounds, asked=None):
        steps.update(given)
        return group, case, mode
    monkeypatch.setattr(speed, 'race', keep)
    return steps


@pytest.mark.parametrize('mode', ['inference', 'training'])
def test_both_decode_steps_compute_the_same(mode, finished):
    assert race_decode_step(NRD, 5, (2, 3), mode, 1) == (
        'decode step', 'K=5, 2 x 3 places', mode)
    ours, authors = finished[OURS](), finished[AUTHORS]()
    if mode == 'inference':
        ours, authors = [ours], [authors]
        assert ours[0].shape == (1, 5, 16, 24)
    else:
        assert [grad.shape[1] for grad in ours] == [18 * 16 + 16 + 16 * 17 + 17 * 5, 16]
    for mine, theirs in zip(ours, authors):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)
        assert mine.abs().max() > 0


@torch.no_grad()
def test_heads_get_the_same_features_and_their_parts_run_along(finished):
    race_heads(NRD, DEEPLAB, WIDTHS, 7, (64, 128), 'inference', 'fp32', 1, parts=True)
    assert list(finished) == [OURS, STOCK, CONVOLUTIONS, AUTHORS]
    ours = finished[OURS]()
    assert ours.shape == finished[STOCK]().shape == (1, 7, 16, 32)
    torch.testing.assert_close(ours, finished[AUTHORS](), rtol=1e-4, atol=1e-4)
    calls = []
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda module, args, out: calls.append(module))
    finished[CONVOLUTIONS]()
    hook.remove()
    # 5 of the ASPP, 3 of which are two, pooling among them; bottleneck, controller, guidance.
    assert len(calls) == 1 + 3 * 2 + 1 + 1 + 2 + 2
    assert all(isinstance(module, torch.nn.Conv2d) for module in calls)


@torch.no_grad()
@pytest.mark.parametrize('flags', FLAGS)
def test_flags_change_the_speed_not_the_result(flags, finished, monkeypatch):
    levels = [torch.randn(1, width, 16 >> index, 32 >> index)
              for index, width in enumerate(WIDTHS)]
    monkeypatch.setattr(speed, '_features', lambda *args: levels)
    race_heads(NRD, DEEPLAB, WIDTHS, 7, (64, 128), 'inference', 'fp32', 1)
    expected = {name: step() for name, step in finished.items()}
    race_heads(NRD, DEEPLAB, WIDTHS, 7, (64, 128), 'inference', flags, 1)
    tolerance = 0.05 if flags == 'bf16' else 1e-4
    for name, step in finished.items():
        logits = step()
        assert (logits.dtype == torch.bfloat16) == (flags == 'bf16')
        difference = (logits.float() - expected[name]).abs().max()
        assert difference <= tolerance * expected[name].abs().max()


def test_training_reaches_every_parameter(finished):
    race_heads(NRD, DEEPLAB, WIDTHS, 7, (64, 64), 'training', 'fp32', 1)
    for step in finished.values():
        assert all(gradient.abs().sum() > 0 or gradient.dim() == 1 for gradient in step())


@torch.no_grad()
@pytest.mark.parametrize('flags', FLAGS)
def test_models_give_logits_of_one_image(flags, finished):
    race_models(as_model(NRD), as_model(DEEPLAB), (64, 128), flags, 1)
    assert [tuple(step().shape) for step in finished.values()] == [(1, 19, 16, 32)] * 2


def test_labels_in_blocks_hold_less_than_all_logits():
    result = race_labels(as_model(NRD), 100, (1024, 64), 1)
    assert result.names == [ROWS, LOGITS] and result.case == 'K=100, 1024 x 64'
    assert result.memory_share(LOGITS) < 0.7
    alone = race_labels(as_model(NRD), 100, (64, 128), 1, alone=True)
    assert alone.names == [ROWS] and alone.peak_bytes[ROWS] > 0 < alone.seconds[ROWS][0]
