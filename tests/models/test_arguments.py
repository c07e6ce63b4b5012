"""What components refuse of their own arguments, and what they leave to whom it concerns."""
from __future__ import annotations

import gum_cases
import multi_resolution_cases
import nrd_cases
import pytest
import torch
from mmseg.models.decode_heads import DepthwiseSeparableASPPHead
from mmseg.registry import MODELS
from multi_resolution_cases import BACKBONES, DRN, MIT, RESNET
from stock_configs import arguments

from mmseg_nrd import models
from mmseg_nrd.models import NRDHead

VIT = dict(type='VisionTransformer', img_size=(32, 32), embed_dims=8, num_layers=1, num_heads=1,
           patch_size=8)
BASES = {
    'NRDHead': nrd_cases.SMALL,
    'GuidedUpsamplingHead': dict(gum_cases.SMALL, head=gum_cases.INNER),
    'DRN': dict(type='DRN', depth=22, base_channels=2),
    'EfficientNetLite': dict(type='EfficientNetLite', widen_factor=0.25),
    'MultiResolutionEncoder': dict(type='MultiResolutionEncoder', **DRN),
    'ImageLevel': dict(type='ImageLevel', backbone=VIT),
    'MultiResolutionFusion': dict(
        type='MultiResolutionFusion', in_channels=(5, 7), out_channels=6),
}
# component: changes of its config; the first is the argument that the message names
REFUSED = {
    'NRDHead': [
        *(dict(patch_size=value) for value in (-8, True, 8., '8')),
        dict(hidden_channels=0), dict(c1_channels=0), dict(guidance_channels=-1),
        dict(c1_in_channels=-1), dict(scale_factor=0), dict(scale_factor=2, align_corners=True),
        dict(controller_reduction=0), dict(controller_reduction=9), dict(theta_init='zero'),
        dict(dilations=()), dict(dilations=6), dict(dilations=(1, 0))],
    'GuidedUpsamplingHead': [
        *(dict(scale_factor=value) for value in (1, 8., '8', True, None)),
        dict(large_rf_in_channels=-1), dict(high_res_in_channels=5.),
        dict(large_rf_bottleneck=None), dict(high_res_channels='4'), dict(fusion_channels=-1),
        dict(fusion_channels=4, guidance='large_rf'), dict(fusion_channels=4, high_res_channels=4),
        *(dict(large_rf_channels=value) for value in (0, (4, 0), (), [4] * 4)),
        dict(large_rf_channels=(4, 4), scale_factor=2), dict(guidance='largerf'),
        dict(large_rf_channels=0, guidance='high_res'),
        dict(large_rf_channels='4', fusion_channels=4),
        dict(offsets_per_class=True, guidance=None), dict(guidance=['fusion']),
        dict(mode='bicubic'), dict(mode='nearest', guidance=None),
        dict(large_rf_in_channels=0), dict(high_res_in_channels=0),
        dict(large_rf_in_channels=0, guidance='large_rf'),
        dict(high_res_in_channels=0, guidance='high_res')],
    'DRN': [
        dict(depth=26), dict(depth='22'), dict(frozen_stages=-2), dict(frozen_stages='1'),
        dict(frozen_stages=5, out_indices=(4,)),
        *(dict(out_indices=value) for value in
          [(), 8, (9,), (-1,), (8, 4), (4, 4), (4., 8), (True, 4)])],
    'EfficientNetLite': [
        dict(arch='b3'), dict(arch=0), dict(output_stride=4), dict(output_stride='32'),
        dict(out_indices=(5,)), dict(frozen_stages=3, out_indices=(2,))],
    'MultiResolutionEncoder': [
        *(dict(scales=value) for value in [
            (), 0.5, (1 / 4, 1 / 2), (1 / 2, 1 / 2), (2, 1), (1 / 2, 0), ('1/2', '1/4')]),
        *(dict(out_indices=value) for value in [(8,), 8, (4, 8.), (8, 4), (4, 9)]),
        dict(guidance_index=5), dict(guidance_index=-1),
        dict(backbone='DRN'), dict(backbone=dict(depth=22)),
        dict(backbone=dict(DRN['backbone'], out_indices=(8,))), dict(backbone=[DRN['backbone']]),
        dict(backbone=MIT), dict(separate_norm=True, share_weights=False),
        dict(separate_norm=True, scales=(1 / 2,), out_indices=(8,)),
        dict(separate_norm=True, backbone=dict(
            DRN['backbone'], norm_cfg=dict(type='GN', num_groups=2)))],
    'ImageLevel': [
        *(dict(stride=value) for value in (0, 3, 16, True, 4., '4')), dict(channels=0)],
    'MultiResolutionFusion': [
        dict(mode='mean')],
}


@pytest.mark.parametrize('name, changes', [
    pytest.param(name, changes, id=f'{name}-{changes}')
    for name, rows in REFUSED.items() for changes in rows])
def test_refuses_what_would_give_something_else_in_silence(name, changes):
    with pytest.raises(ValueError, match=rf'{next(iter(changes))}.*Fix: '):
        MODELS.build({**BASES[name], **changes})


@pytest.mark.parametrize('name', BASES)
def test_a_misspelt_argument_is_named_by_python(name):
    with pytest.raises(TypeError, match='chanels'):
        MODELS.build(dict(BASES[name], chanels=4))
    assert MODELS.get(name) is getattr(models, name)


@pytest.mark.parametrize('changes, message', [
    (dict(backbone=dict(type='Nothing')), r"type='Nothing'.*registered.*Fix"),
    (dict(backbone=[BACKBONES['ResNetV1c']['backbone'], DRN['backbone']], guidance_index=0,
          out_indices=(1, 4)), r'layer stem\.0 .*share_weights=False'),
    (dict(backbone=[dict(DRN['backbone'], base_channels=4), DRN['backbone']]),
     r'layer layer0\.0 .*\[4, 3, 7, 7\].*share_weights=False'),
    (dict(guidance_index=0, out_indices=(1, 3), backbone=[
        dict(type='ResNet', **RESNET, num_stages=2, strides=(1, 1), dilations=(1, 2)),
        BACKBONES['ResNet']['backbone']]),
     r'layer layer2\.0\.conv1 .*dilation=\(2, 2\).*stride=\(2, 2\).*share_weights=False'),
    (dict(BACKBONES['ResNetV1c'], out_indices=(1, 4)), r'stages \[4\].*out_indices'),
    (dict(BACKBONES['StemResNetV1c'], out_indices=(0, 4)), r'stages \[\].*out_indices'),
    (dict(BACKBONES['ResNet'], out_indices=(0, 0), backbone=[VIT] * 2),
     r'cls_token.*share_weights=False'),
], ids=['type', 'names', 'widths', 'strides', 'stages', 'no stage', 'parameters outside of layers'])
def test_an_encoder_refuses_backbones_that_are_not_parts_of_one(changes, message):
    with pytest.raises(ValueError, match=message):
        multi_resolution_cases.build(**changes)


def test_an_encoder_refuses_a_backbone_that_hands_out_something_else():
    short = dict(MIT, num_stages=1, num_layers=[1], num_heads=[1], patch_sizes=[7], strides=[4],
                 sr_ratios=[8])
    encoder = multi_resolution_cases.build(
        'ResNet', 'not shared', backbone=[short, MIT], out_indices=(0, 3))
    encoder.trunk.out_indices = (2, 3)
    with pytest.raises(ValueError, match=r'2 levels: must be 1.*out_indices'):
        encoder(torch.randn(1, 3, 128, 128))


@pytest.mark.parametrize('cases, changes', [
    (nrd_cases, dict(in_index=4)), (nrd_cases, dict(in_index=-5)),
    (nrd_cases, dict(in_channels=13)), (nrd_cases, dict(c1_index=4)),
    (nrd_cases, dict(c1_index=-5)), (nrd_cases, dict(c1_in_channels=6)),
    (gum_cases, dict(high_res_index=2)), (gum_cases, dict(high_res_index=-3)),
    (gum_cases, dict(high_res_in_channels=6)), (gum_cases, dict(large_rf_index=2)),
    (gum_cases, dict(large_rf_in_channels=7)),
], ids=str)
def test_a_level_other_than_the_arguments_say_is_named(cases, changes):
    (name, value), = changes.items()
    with pytest.raises(ValueError, match=f'^{name}={value}: .*Fix: '):
        cases.build(**changes)(cases.levels())


def test_nrd_takes_every_argument_of_deeplabv3plus():
    assert arguments(DepthwiseSeparableASPPHead) <= arguments(NRDHead)
    # The stock head needs c1_channels=0 too, once c1_in_channels is 0.
    assert nrd_cases.build(c1_in_channels=0, c1_channels=0).mlp_channels == (2, 16, 16, 3)


def test_groups_of_a_norm_are_fewer_where_they_do_not_divide_a_layer():
    """As those of stock SegNeXt configs, whose own layers are wider."""
    groups = dict(type='GN', num_groups=32)
    head = nrd_cases.build(in_channels=32, channels=32, c1_channels=48, norm_cfg=groups)
    assert head.input_norm.num_groups == 2
    assert head.c1_bottleneck[0].norm.num_groups == 16
    assert head.controller[0].norm.num_groups == 32
    guided = gum_cases.build(
        dict(channels=64, in_channels=64, norm_cfg=groups), norm_cfg=None, large_rf_channels=24)
    assert guided.large_rf.steps[0].norm.num_groups == 8


def test_a_design_has_its_own_parts_and_needs_the_channels_of_its_own_levels_only():
    for guidance, parts, missing in (
            (None, set(), ('large_rf', 'high_res')), ('large_rf', {'large_rf'}, ('high_res',)),
            ('high_res', {'high_res'}, ('large_rf',)), ('fusion', {'large_rf', 'high_res'}, ())):
        head = gum_cases.build(
            guidance=guidance, **{f'{name}_in_channels': 0 for name in missing})
        assert _parts(head) == {'head', *parts}
    assert _parts(gum_cases.build(fusion_channels=4)) == {'head', 'merged'}


def _parts(head):
    return {name.split('.')[0] for name, _ in head.named_parameters()}


def test_guidance_has_the_layers_of_the_wrapped_head_unless_told():
    def kinds(head):
        return {type(part) for module in (head.large_rf, head.high_res, head.merged)
                if module is not None for part in module.modules() if isinstance(part, (
                    torch.nn.modules.batchnorm._BatchNorm, torch.nn.GroupNorm, torch.nn.ReLU,
                    torch.nn.GELU))}

    group, gelu, nn = dict(type='GN', num_groups=2), dict(type='GELU'), torch.nn
    for inner, options, expected in (
            (dict(), dict(norm_cfg=None), {nn.ReLU}),
            (dict(norm_cfg=group, act_cfg=gelu), dict(norm_cfg=None), {nn.GroupNorm, nn.GELU}),
            (dict(norm_cfg=group, act_cfg=None), dict(norm_cfg=None), {nn.GroupNorm}),
            (dict(norm_cfg=dict(type='BN')), dict(norm_cfg=group, act_cfg=gelu),
             {nn.GroupNorm, nn.GELU})):
        assert kinds(gum_cases.build(inner, high_res_channels=4, **options)) == expected
        assert kinds(gum_cases.build(inner, fusion_channels=4, **options)) == expected


def test_the_config_is_left_as_it_was():
    config = dict(type='GuidedUpsamplingHead', head=dict(gum_cases.INNER), scale_factor=8,
                  guidance=None)
    MODELS.build(config)
    assert config == dict(type='GuidedUpsamplingHead', head=gum_cases.INNER, scale_factor=8,
                          guidance=None)
