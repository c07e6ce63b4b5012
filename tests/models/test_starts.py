"""What the heads' special layers start from, whatever an init_cfg says of convolutions."""
from __future__ import annotations

import gum_cases
import nrd_cases
import pytest
import torch
from gum_cases import offset_convs
from mmengine.model import BaseModule
from mmseg.registry import MODELS

from mmseg_nrd.ops import num_dynamic_params

EVERY_CONV = dict(type='Constant', layer='Conv2d', val=0.5, bias=0.5)


class Around(BaseModule):
    """A model around the head whose init_cfg reaches every convolution."""

    def __init__(self, head, init_cfg):
        super().__init__(init_cfg)
        self.head = head


@pytest.fixture(params=['built', 'nowhere', 'head', 'model'])
def started(request):
    """A head as it is built, or after ``init_weights()`` with an init_cfg somewhere."""
    def start(build, **changes):
        head = build(init_cfg=EVERY_CONV if request.param == 'head' else None, **changes)
        if request.param != 'built':
            Around(head, EVERY_CONV if request.param == 'model' else None).init_weights()
        return head
    return start


@pytest.mark.parametrize('options, count', [
    (dict(guidance='large_rf'), 1), (dict(guidance='high_res', high_res_channels=4), 1),
    (dict(high_res_channels=4), 2), (dict(fusion_channels=4), 1),
    (dict(offsets_per_class=True), 2), (dict(fusion_channels=4, offsets_per_class=True), 1)])
def test_offsets_start_at_zero(options, count, started):
    head = started(gum_cases.build, **options)
    parts = offset_convs(head)
    assert len(parts) == count
    assert not any(parameter.any() for part in parts for parameter in part.parameters())
    # FCNHead's own init_cfg is applied after those around it.
    assert 0 < head.head.conv_seg.weight.std() < 0.5


def test_theta_starts_as_in_the_paper(started):
    conv = started(nrd_cases.build, theta_init='paper', channels=64).controller[1]
    count = num_dynamic_params((18, 16, 16, 3))
    xavier = (2 / (64 + count)) ** 0.5
    assert conv.weight.std().item() == pytest.approx(xavier / count, rel=0.03)
    assert not conv.bias.any()


def test_theta_starts_as_a_static_mlp(started):
    widths = dict(hidden_channels=64, guidance_channels=62, num_classes=60)
    conv = started(nrd_cases.build, theta_init='static', channels=16, **widths).controller[1]
    xavier = (2 / (16 + conv.out_channels)) ** 0.5
    assert conv.weight.std().item() == pytest.approx(xavier / 10, rel=0.03)
    # Kaiming: sqrt(2 / fan_in) before a ReLU, sqrt(1 / fan_in) for the last layer.
    start = 0
    for c_out, gain in ((64, 2), (64, 2), (60, 1)):
        weight = conv.bias[start:start + 64 * c_out]
        bias = conv.bias[start + 64 * c_out:start + 65 * c_out]
        assert weight.std().item() == pytest.approx((gain / 64) ** 0.5, rel=0.08)
        assert not bias.any()
        start += 65 * c_out
    assert start == len(conv.bias)


def test_an_init_cfg_reaches_the_other_convolutions():
    head = nrd_cases.build(init_cfg=dict(
        EVERY_CONV, override=dict(type='Constant', name='c1_bottleneck', val=0.25, bias=0)))
    head.init_weights()
    assert (head.aspp_modules[1].depthwise_conv.conv.weight == 0.5).all()
    assert (head.c1_bottleneck[0].conv.weight == 0.25).all()


def test_an_override_of_the_classifier_that_nrd_has_not_is_no_error():
    """MMSeg's own default; other heads have it written out."""
    nrd_cases.build(init_cfg=dict(
        type='Normal', std=0.01, override=dict(name='conv_seg'))).init_weights()


@pytest.mark.parametrize('cases', [nrd_cases, gum_cases])
@pytest.mark.parametrize('where', ['list', 'model'])
def test_pretrained_weights_are_kept(cases, tmp_path, where):
    donor = gum_cases.randomise(cases.build())
    prefix = 'head.' if where == 'model' else ''
    torch.save({prefix + name: value for name, value in donor.state_dict().items()},
               tmp_path / 'donor.pth')
    pretrained = dict(type='Pretrained', checkpoint=str(tmp_path / 'donor.pth'))
    head = cases.build(init_cfg=[EVERY_CONV, pretrained] if where == 'list' else None)
    Around(head, pretrained if where == 'model' else None).init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(head.state_dict()[name], value), name


def test_the_wrapped_head_starts_from_a_checkpoint_of_a_model_without_the_wrapper(tmp_path):
    donor = MODELS.build(gum_cases.INNER)
    state = {f'decode_head.{name}': value for name, value in donor.state_dict().items()}
    torch.save(dict(state_dict={**state, 'backbone.stem': torch.zeros(3)}), tmp_path / 'x.pth')
    head = gum_cases.build(dict(init_cfg=dict(
        type='Pretrained', checkpoint=str(tmp_path / 'x.pth'), prefix='decode_head.')))
    head.init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(head.head.state_dict()[name], value), name
