"""Every decode head: maps of any size, training, MMSeg's losses and samplers."""
from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from contract import BN, GN, HEADS, each, each_way_of_corners
from contract_checks import randomise
from mmseg.registry import MODELS
from nrd_cases import samples

SIZES = [(64, 96), (33, 65), (500, 375), (32, 32), (1, 1), (7, 100)]


def labels(row, size=(64, 96), batch=2, device='cpu'):
    return samples(size, row.options['num_classes'], batch, device)


def freeze_norms(head):
    """As a fine-tuning with ``norm_eval`` has them: running statistics, used and not updated."""
    for module in head.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eval()
    return head


@torch.no_grad()
@each(HEADS)
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_logits_of_any_size(row, size, device):
    head = randomise(row.build()).to(device).eval()
    logits = head(row.example(size, device=device))
    assert logits.shape == (2, head.out_channels, *map(row.logits, size))
    assert logits.isfinite().all()
    # MMSeg's OCRHead and losses of others take views of them.
    assert logits.is_contiguous()


# Every level of (2, 2) and the last of (32, 32) is one pixel.
@each(HEADS)
@pytest.mark.parametrize('size', [(33, 65), (32, 32), (2, 2)], ids=str)
@pytest.mark.parametrize('norm_cfg, batch, prepare', [
    (BN, 2, torch.nn.Module.train), (GN, 1, torch.nn.Module.train),
    (None, 1, torch.nn.Module.train), (BN, 1, freeze_norms)],
    ids=['BN-of-2', 'GN-of-1', 'no-norm-of-1', 'frozen-BN-of-1'])
def test_trains(row, size, norm_cfg, batch, prepare, device):
    head = prepare(row.build(norm_cfg)).to(device)
    losses = head.loss(row.example(size, batch, device), labels(row, size, batch, device), {})
    losses['loss_ce'].backward()
    assert losses['loss_ce'].isfinite()
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@each_way_of_corners(HEADS)
def test_losses_are_those_of_the_resized_logits(row, align_corners, device):
    configs = [row.loss, dict(type='DiceLoss', loss_weight=3.)]
    head = row.build(loss_decode=configs, align_corners=align_corners).to(device)
    levels, given = row.example((33, 65), device=device), labels(row, (33, 65), device=device)
    losses = head.loss(levels, given, {})
    assert set(losses) == {'loss_ce', 'loss_dice', 'acc_seg'}
    logits = F.interpolate(
        head(levels), (33, 65), mode='bilinear', align_corners=align_corners)
    truth = torch.cat([sample.gt_sem_seg.data for sample in given])
    for config in configs:
        loss = MODELS.build(config)
        expected = loss(logits, truth, ignore_index=255)
        torch.testing.assert_close(losses[loss.loss_name], expected)
        assert expected > 0


@each(HEADS)
def test_a_sampler_chooses_the_pixels(row, device):
    # MMSeg's threshold is on softmax; without one it takes the pixels of the highest loss.
    thresh = None if row.options.get('out_channels') == 1 else 1e-6
    losses, hard = {}, dict(type='OHEMPixelSampler', thresh=thresh, min_kept=50)
    for name, sampler in (('all', None), ('hard', hard)):
        torch.manual_seed(0)
        head = row.build(sampler=sampler).to(device)
        losses[name] = head.loss(row.example(device=device), labels(row, device=device), {})
    # The hardest 100 of 12288 pixels are left; the others count as zero in the mean.
    assert 0 < losses['hard']['loss_ce'] < 0.1 * losses['all']['loss_ce']
    losses['hard']['loss_ce'].backward()


@each(HEADS)
def test_an_image_without_a_label_teaches_nothing(row, device):
    # The images of a batch share no statistics under this norm.
    head = randomise(row.build(GN)).to(device).train()
    levels = [level.requires_grad_() for level in row.example(device=device)]
    given = labels(row, device=device)
    given[0].gt_sem_seg.data.fill_(255)
    loss = head.loss(levels, given, {})['loss_ce']
    loss.backward()
    assert loss.isfinite()
    reached = [level.grad for level in levels if level.grad is not None]
    assert reached and not any(grad[0].any() for grad in reached)
    assert all(grad[1].any() for grad in reached)
