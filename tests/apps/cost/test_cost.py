"""Counting against closed forms."""
from __future__ import annotations

import pytest
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

from mmseg_nrd.apps.cost.counting import count_cost

NORM = dict(type='BN')


def build(head: dict, **extra):
    backbone = dict(type='ResNetV1c', depth=18, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1),
                    norm_cfg=NORM, base_channels=8, stem_channels=8)
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(
            type='EncoderDecoder', backbone=backbone,
            data_preprocessor=dict(type='SegDataPreProcessor'),
            decode_head=dict(num_classes=5, norm_cfg=NORM, in_index=3, in_channels=64, **head),
            **extra))


FCN = dict(type='FCNHead', channels=12, num_convs=1, concat_input=False)


@pytest.mark.parametrize('height, width', [(64, 96), (33, 65), (1, 1)])
def test_fcn_head_equals_its_closed_form(height, width):
    cost = count_cost(build(FCN), (height, width))
    places = -(-height // 32) * -(-width // 32)
    assert cost.head_multiply_adds == places * (64 * 12 * 9 + 12 * 5)
    assert cost.head_parameters == 64 * 12 * 9 + 2 * 12 + 12 * 5 + 5
    assert cost.multiply_adds > cost.head_multiply_adds
    assert cost.parameters > cost.head_parameters


def test_dynamic_mlp_is_counted():
    nrd = dict(type='NRDHead', channels=8, c1_in_channels=8, dilations=(1,))
    wide, narrow = (count_cost(build({**nrd, 'hidden_channels': hidden}), (64, 64))
                    for hidden in (32, 16))

    def mlp(hidden):  # 16 x 16 pixels of logits, layers 18 -> hidden -> hidden -> 5
        return 256 * (18 * hidden + hidden * hidden + hidden * 5)

    def controller(hidden):  # 2 x 2 places, 8 channels to one for each parameter
        return 4 * 8 * (18 * hidden + hidden + hidden * hidden + hidden + hidden * 5 + 5)

    assert wide.head_multiply_adds - narrow.head_multiply_adds == (
        mlp(32) + controller(32) - mlp(16) - controller(16))


def test_auxiliary_head_is_left_out_and_mode_is_restored():
    plain = build(FCN)
    with_auxiliary = build(FCN, auxiliary_head=dict(
        **FCN, num_classes=5, norm_cfg=NORM, in_index=2, in_channels=32))
    with_auxiliary.train()
    assert count_cost(with_auxiliary, (64, 64)) == count_cost(plain, (64, 64))
    assert with_auxiliary.training
