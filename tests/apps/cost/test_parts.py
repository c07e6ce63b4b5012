"""The parts do the work of the whole: same logits, same gradients, same count."""
from __future__ import annotations

import pytest
import torch
from torch import nn

from mmseg_nrd.apps.cli.segmentor import build
from mmseg_nrd.apps.cost.counting import count_cost, count_parts
from mmseg_nrd.apps.cost.parts import (
    WHOLE,
    check_segmentor,
    inference_steps,
    part_parameters,
    random_samples,
    training_steps,
)

NORM = dict(type='BN')
BACKBONE = dict(type='ResNetV1c', depth=18, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1),
                norm_cfg=NORM, base_channels=8, stem_channels=8)
COMMON = dict(num_classes=5, norm_cfg=NORM, dropout_ratio=0)
FCN = dict(type='FCNHead', channels=12, num_convs=1, concat_input=False, **COMMON)
HEAD = dict(FCN, in_index=3, in_channels=64)
NECK = dict(type='FPN', in_channels=[8, 16, 32, 64], out_channels=16, num_outs=4)
MODELS = {
    'plain': dict(decode_head=HEAD),
    'auxiliary head': dict(decode_head=HEAD,
                           auxiliary_head=dict(FCN, in_index=2, in_channels=32)),
    'auxiliary heads of an unused level': dict(
        decode_head=dict(HEAD, in_channels=16), neck=NECK,
        auxiliary_head=[dict(FCN, in_index=index, in_channels=16) for index in (3, 1)]),
    'frozen stages': dict(decode_head=HEAD, backbone=dict(BACKBONE, frozen_stages=2)),
    'frozen backbone': dict(decode_head=HEAD, backbone=dict(BACKBONE, frozen_stages=4)),
    'cascade': dict(
        type='CascadeEncoderDecoder', num_stages=2, decode_head=[
            HEAD,
            dict(type='OCRHead', in_index=3, in_channels=64, channels=12, ocr_channels=8,
                 **COMMON)]),
}


def model_of(name):
    return build({**dict(type='EncoderDecoder', backbone=BACKBONE,
                         data_preprocessor=dict(type='SegDataPreProcessor')),
                  **MODELS[name]}, 'cpu')


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 96), (33, 65)])
@pytest.mark.parametrize('name', MODELS)
def test_parts_infer_what_the_whole_infers(name, size):
    model = model_of(name)
    steps = inference_steps(model, torch.randn(2, 3, *size))
    logits = steps[WHOLE]()
    assert logits.shape == (2, 5, *size)
    assert torch.equal(steps['decode_head'](), logits)
    assert list(steps) == [WHOLE, 'backbone', *['neck'] * ('neck' in MODELS[name]), 'decode_head']
    count_parts(model, steps)


@pytest.mark.parametrize('name', MODELS)
def test_parts_have_the_gradients_of_the_whole(name):
    model = model_of(name).train()
    images = torch.randn(2, 3, 64, 96)
    steps = training_steps(model, images, random_samples(2, 5, (64, 96), 'cpu'))
    whole = dict(zip(model.parameters(), steps[WHOLE]()))
    parts = {}
    for part in list(steps)[1:]:
        parts.update(zip(getattr(model, part).parameters(), steps[part]()[1]))
    assert whole.keys() == parts.keys()
    for parameter, gradient in whole.items():
        if gradient is None:
            assert parts[parameter] is None
        else:
            torch.testing.assert_close(parts[parameter], gradient, rtol=1e-4, atol=1e-6)
    assert sum(gradient is not None for gradient in whole.values()) >= 5
    assert all(parameter.grad is None for parameter in model.parameters())
    assert ('auxiliary_head' in steps) == ('auxiliary_head' in MODELS[name])
    count_parts(model, steps)


@pytest.mark.parametrize('height, width', [(64, 96), (33, 65), (1, 1)])
def test_the_cost_is_that_of_inference_and_the_mode_is_restored(height, width):
    model = model_of('auxiliary head').train()
    cost = count_cost(model, (height, width))
    assert cost == count_cost(model_of('plain'), (height, width)) and model.training
    places = -(-height // 32) * -(-width // 32)
    assert cost.head_multiply_adds == places * (64 * 12 * 9 + 12 * 5)
    assert cost.head_parameters == 64 * 12 * 9 + 2 * 12 + 12 * 5 + 5
    assert cost.multiply_adds > cost.head_multiply_adds
    assert cost.parameters > cost.head_parameters


def test_auxiliary_heads_count_in_training_only():
    model = model_of('auxiliary heads of an unused level')
    auxiliary = 2 * (16 * 12 * 9 + 2 * 12 + 12 * 5 + 5)
    inference, training = (part_parameters(model, mode) for mode in (False, True))
    assert training.pop('auxiliary_head') == auxiliary
    assert training[WHOLE] - inference[WHOLE] == auxiliary
    training.pop(WHOLE)
    assert inference.pop(WHOLE) == sum(inference.values()) and inference == training


def test_work_outside_the_parts_is_an_error():
    model = model_of('plain')
    extra = nn.Conv2d(3, 3, 1)
    model.encode_decode = lambda images, metas, inner=model.encode_decode: inner(
        extra(images), metas)
    steps = inference_steps(model, torch.zeros(1, 3, 32, 32))
    with pytest.raises(ValueError, match='EncoderDecoder: its parts do .*Fix: leave'):
        count_parts(model, steps)


def test_other_models_are_refused():
    with pytest.raises(ValueError, match='Identity: must be an EncoderDecoder.*Fix: leave'):
        check_segmentor(nn.Identity())
