"""Options that fit no maps, and those that MMSeg would take whatever they are."""
from __future__ import annotations

import gum_cases
import nrd_cases
import pytest
import torch

from mmseg_nrd.models.option_checks import check_options


@pytest.mark.parametrize('changes, message', [
    (dict(in_index=4), r'^in_index=4: there are 4 levels\. Fix: choose one of 0 to 3'),
    (dict(in_index=-5), r'^in_index=-5: there are 4 levels'),
    (dict(in_index=1), r'^in_channels=12: level in_index=1 has 7 channels\. Fix: correct one'),
    (dict(in_channels=13), r'^in_channels=13: level in_index=3 has 12 channels'),
], ids=str)
def test_nrd_head_names_the_level_that_does_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        nrd_cases.build(**changes).eval()(nrd_cases.levels())


@pytest.mark.parametrize('changes, message', [
    (dict(in_index=2), r'^head\.in_index=2: there are 2 levels\. Fix: choose one of 0 to 1'),
    (dict(in_channels=7, channels=7), r'^head\.in_channels=7: level head\.in_index=-1 has 6'),
], ids=str)
def test_the_wrapped_head_s_level_is_named_too(changes, message):
    with pytest.raises(ValueError, match=message):
        gum_cases.build(changes).eval()(gum_cases.levels())


@pytest.mark.parametrize('changes, message', [
    (dict(in_channels=[9, 12]), r'^in_channels=\[9, 12\], in_index=3, input_transform=None.*Fix'),
    (dict(in_index=[2, 3]), r'in_index=\[2, 3\], input_transform=None: must be integers'),
    (dict(input_transform='resize_concat'), r"input_transform='resize_concat'.*lists of the same"),
    (dict(in_channels=[12], in_index=[2, 3], input_transform='resize_concat'), 'the same length'),
    (dict(loss_decode=[dict(type='DiceLoss'), dict(type='DiceLoss', loss_weight='3')]),
     r"^loss_decode\[1\]\.loss_weight='3': must be a number\. Fix"),
], ids=str)
def test_nrd_head_refuses_options_that_contradict_each_other(changes, message):
    with pytest.raises(ValueError, match=message):
        nrd_cases.build(**changes)


@pytest.mark.parametrize('options', [
    dict(norm_cfg=dict(type=torch.nn.BatchNorm2d)),
    dict(act_cfg=dict(type='GELU'), conv_cfg=dict(type='Conv2d')), dict(init_cfg=[]),
    dict(init_cfg=[dict(type='Kaiming'), dict(type='Constant', val=1)]), dict(threshold=0),
    dict(in_channels=[1, 2], in_index=(0, -1)), dict(loss_decode=dict(type='DiceLoss')),
    dict(sampler=dict(type='OHEMPixelSampler')), dict(anything_else=...)], ids=str)
def test_takes_what_mmseg_takes(options):
    check_options(options)
