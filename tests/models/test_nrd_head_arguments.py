"""Building the head: its arguments, their errors, and the two starts of theta."""
from __future__ import annotations

import inspect

import pytest
import torch
from mmseg.models.decode_heads import DepthwiseSeparableASPPHead
from mmseg.registry import MODELS
from nrd_cases import SMALL, build, levels

from mmseg_nrd.models import NRDHead
from mmseg_nrd.ops import num_dynamic_params


def arguments(kind) -> set:
    """Names that a class takes, those that it hands to its bases included."""
    names = set()
    for base in kind.__mro__:
        if '__init__' in vars(base) and base.__module__.startswith(('mmseg.', 'mmseg_nrd.')):
            names |= set(inspect.signature(base.__init__).parameters)
    return names - {'self', 'kwargs'}


def test_takes_every_argument_of_deeplabv3plus():
    assert arguments(DepthwiseSeparableASPPHead) <= arguments(NRDHead)


def test_takes_deeplabv3plus_without_guidance():
    # The stock head needs c1_channels=0 too, once c1_in_channels is 0.
    assert build(c1_in_channels=0, c1_channels=0).mlp_channels == (2, 16, 16, 3)


def test_takes_several_encoder_levels_at_once():
    head = build(in_channels=[9, 12], in_index=[2, 3], input_transform='resize_concat').eval()
    assert head.aspp_modules[0].conv.in_channels == 21
    assert head(levels()).shape == (2, 3, 16, 24)


def test_defaults():
    parameters = inspect.signature(NRDHead.__init__).parameters
    assert parameters['patch_size'].default == 8
    assert parameters['dilations'].default == (1, 3, 6, 9)
    assert parameters['dropout_ratio'].default == 0
    assert build().dropout is None


@pytest.mark.parametrize('changes, message', [
    *((dict([pair]), rf'{pair[0]}={pair[1]!r}.*integer of at least 1.*Fix: set {pair[0]}')
      for pair in [('num_classes', 0), ('patch_size', -8), ('patch_size', True),
                   ('patch_size', 8.), ('patch_size', '8'), ('in_channels', 0), ('channels', 0),
                   ('c1_channels', 0), ('hidden_channels', 0), ('guidance_channels', -1),
                   ('controller_reduction', 0)]),
    (dict(c1_in_channels=-1), r'c1_in_channels=-1.*at least 0.*Fix'),
    (dict(theta_init='zero'), r"theta_init='zero'.*\['paper', 'static'\].*Fix"),
    (dict(controller_reduction=9), r'controller_reduction=9.*channels=8.*Fix: lower'),
    (dict(dilations=()), r'dilations=\(\).*non-empty.*Fix'),
    (dict(dilations=6), r'dilations=6.*list or tuple.*Fix'),
    (dict(dilations=(1, 0)), r'dilations\[1\]=0.*at least 1.*Fix'),
], ids=str)
def test_refuses_what_is_out_of_range(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


@pytest.mark.parametrize('name', ['patchsize', 'dilation', 'c1_channel', 'pool_scales'])
def test_a_misspelt_option_is_named(name):
    with pytest.raises(TypeError, match=rf"unexpected keyword argument '{name}'"):
        build(**{name: 4})


@pytest.mark.parametrize('name', ['num_classes', 'c1_in_channels', 'in_channels', 'channels'])
def test_a_missing_option_is_named(name):
    config = {key: value for key, value in SMALL.items() if key != name}
    with pytest.raises(TypeError, match=name):
        MODELS.build(config)


def test_controller_reduction():
    head = build(controller_reduction=4)
    assert head.controller[0].conv.out_channels == 2
    assert head.controller[1].in_channels == 2
    assert head.controller[1].out_channels == num_dynamic_params((18, 16, 16, 3))


@pytest.mark.parametrize('init_weights', [False, True])
def test_theta_starts_as_in_the_paper(init_weights):
    head = build(theta_init='paper', channels=64)
    if init_weights:
        head.init_weights()
    conv, count = head.controller[1], num_dynamic_params((18, 16, 16, 3))
    xavier = (2 / (64 + count)) ** 0.5
    assert conv.weight.std().item() == pytest.approx(xavier / count, rel=0.03)
    assert not conv.bias.any()


@pytest.mark.parametrize('init_weights', [False, True])
def test_theta_starts_as_a_static_mlp(init_weights):
    widths = dict(hidden_channels=64, guidance_channels=62, num_classes=60)
    head = build(theta_init='static', channels=16, **widths)
    if init_weights:
        head.init_weights()
    conv = head.controller[1]
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


def test_the_paper_s_start_is_nowhere_near_the_static_one():
    biases = [build(theta_init=name).controller[1].bias for name in ('paper', 'static')]
    assert biases[0].abs().max() == 0 < biases[1].abs().max()


def test_init_weights_leaves_theta_alone():
    head = build()
    before = {name: value.clone() for name, value in head.controller[1].state_dict().items()}
    head.init_weights()
    for name, value in head.controller[1].state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize('as_list', [False, True])
def test_pretrained_is_honoured(tmp_path, as_list):
    donor = build()
    torch.save(donor.state_dict(), tmp_path / 'head.pth')
    torch.manual_seed(1)
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'head.pth'))
    head = build(init_cfg=[init_cfg] if as_list else init_cfg)
    head.init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(head.state_dict()[name], value), name


def test_other_init_cfg_is_honoured():
    head = build(init_cfg=dict(type='Constant', val=0.25, layer='Conv2d',
                               override=dict(type='Constant', name='bottleneck', val=0.5)))
    head.init_weights()
    assert (head.controller[1].weight == 0.25).all()


def test_state_dict_holds_nothing_unused():
    keys = list(build().state_dict())
    for word in ('conv_seg', 'sep_bottleneck', 'coordinates'):
        assert not [key for key in keys if word in key]


def test_group_norm_that_does_not_divide_the_mlp_inputs_is_refused():
    with pytest.raises(ValueError, match='num_groups=32: must divide the 18 inputs.*Fix: choose'):
        build(norm_cfg=dict(type='GN', num_groups=32))
    assert build(norm_cfg=dict(type='GN', num_groups=2))(levels()).shape == (2, 3, 16, 24)


@pytest.mark.parametrize('changes, message', [
    (dict(c1_index=0.5), r'c1_index=0\.5.*integer.*Fix'),
    (dict(c1_index=True), r'c1_index=True.*integer.*Fix'),
    (dict(c1_index=None), r'c1_index=None.*integer.*Fix'),
    (dict(dropout_ratio=-0.5), r'dropout_ratio=-0\.5.*0 to below 1.*Fix'),
    (dict(dropout_ratio='a'), r"dropout_ratio='a'.*0 to below 1.*Fix"),
    (dict(scale_factor=2, align_corners=True), r'scale_factor=2 with align_corners=True.*Fix'),
    (dict(scale_factor=0), r'scale_factor=0.*at least 1.*Fix'),
    (dict(norm_cfg=dict(type='GN', num_groups=0)), r'num_groups=0.*at least 1.*Fix'),
], ids=str)
def test_refuses_numbers_that_would_fail_later(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)
