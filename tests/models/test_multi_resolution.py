"""What the encoder computes; test_multi_resolution_sharing.py is about its parameters."""
from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmseg.registry import MODELS
from multi_resolution_cases import (
    BACKBONES,
    DRN,
    LEVELS,
    POSITIONS,
    RESNET,
    SHARINGS,
    build,
    build_alone,
)
from nrd_cases import metas, randomise_norms, samples
from torch.utils.flop_counter import FlopCounterMode

from mmseg_nrd.models import MultiResolutionEncoder
from mmseg_nrd.models.backbones.branch_config import end_backbone_at


def resized(image, scale):
    size = [math.ceil(side * scale) for side in image.shape[2:]]
    return F.interpolate(image, size, mode='bilinear', align_corners=False)


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 96), (65, 97), (129, 33), (7, 30), (1, 1)], ids=str)
@pytest.mark.parametrize('name', BACKBONES)
def test_sizes_and_channels(name, size):
    out = build(name).eval()(torch.randn(2, 3, *size))
    assert isinstance(out, tuple) and len(out) == 3
    for level, (channels, stride), scale in zip(out, LEVELS[name], (2, 2, 4)):
        expected = [math.ceil(math.ceil(side / scale) / stride) for side in size]
        assert list(level.shape) == [2, channels, *expected]


def test_sizes_of_the_docs():
    encoder = MODELS.build(dict(
        type='MultiResolutionEncoder', backbone=dict(type='DRN', depth=22))).to('meta').eval()
    out = encoder(torch.empty(1, 3, 1024, 2048, device='meta'))
    assert [tuple(level.shape) for level in out] == [
        (1, 16, 512, 1024), (1, 128, 64, 128), (1, 512, 32, 64)]


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 96), (61, 43)], ids=str)
@pytest.mark.parametrize('name', BACKBONES)
def test_equals_the_whole_backbone_at_each_scale(name, size):
    encoder, alone = build(name).eval(), randomise_norms(build_alone(name))
    alone.eval()
    encoder.trunk.load_state_dict(alone.state_dict(), strict=True)
    image = torch.randn(2, 3, *size)
    guidance, medium, _ = (alone(resized(image, 1 / 2))[i] for i in POSITIONS[name])
    low = alone(resized(image, 1 / 4))[POSITIONS[name][2]]
    torch.testing.assert_close(encoder(image), (guidance, medium, low))


def multiply_adds(module, image, without=()):
    """Of a module, leaving out its children of these names."""
    module.eval()
    with FlopCounterMode(module, display=False) as counter:
        module(image)
    left_out = [f'{type(module).__name__}.{name}' for name in without]
    assert all(counter.flop_counts[name] for name in left_out)
    return counter.get_total_flops() - sum(
        sum(counter.flop_counts[name].values()) for name in left_out)


@torch.no_grad()
@pytest.mark.parametrize('sharing', SHARINGS)
@pytest.mark.parametrize('name', BACKBONES)
def test_no_layer_runs_beyond_the_last_that_is_needed(name, sharing):
    image, encoder, alone = torch.randn(1, 3, 128, 64), build(name, sharing), build_alone(name)
    later = [f'layer{number}' for number in (range(5, 9) if name == 'DRN' else (3, 4))]
    medium = multiply_adds(alone, resized(image, 1 / 2), without=later)
    low = multiply_adds(alone, resized(image, 1 / 4))
    assert multiply_adds(encoder, image) == medium + low


def test_the_image_is_resized_once_for_each_branch(monkeypatch):
    calls, interpolate = [], F.interpolate

    def spy(x, size, **options):
        calls.append((tuple(x.shape[1:]), tuple(size)))
        return interpolate(x, size, **options)

    monkeypatch.setattr(F, 'interpolate', spy)
    build().eval()(torch.randn(1, 3, 33, 64))
    assert calls == [((3, 33, 64), (17, 32)), ((3, 33, 64), (9, 16))]
    del calls[:]
    build(scales=(1, 1 / 2)).eval()(torch.randn(1, 3, 33, 64))
    assert calls == [((3, 33, 64), (17, 32))]


@torch.no_grad()
@pytest.mark.parametrize('scale, size', [(0.07, 7), (0.55, 55), (1 / 3, 34), (0.125, 13)])
def test_the_rounding_of_a_product_adds_no_pixel(scale, size):
    """100 * 0.07 is 7.000000000000001."""
    (level,) = build(scales=(scale,), out_indices=(0,), guidance_index=None).eval()(
        torch.randn(1, 3, 100, 100))
    assert level.shape[2:] == (size, size)


@torch.no_grad()
def test_one_resolution_and_no_guidance():
    image, alone = torch.randn(1, 3, 33, 64), build_alone('DRN').eval()
    for guidance, expected in ((None, [8]), (1, [1, 8]), (8, [8, 8])):
        encoder = build(scales=(1 / 2,), out_indices=(8,), guidance_index=guidance).eval()
        encoder.load_state_dict({f'trunk.{k}': v for k, v in alone.state_dict().items()})
        levels = alone(resized(image, 1 / 2))
        torch.testing.assert_close(encoder(image), tuple(levels[i] for i in expected))
    medium, low = build(guidance_index=None).eval()(image)
    assert medium.shape == (1, 16, 3, 4) and low.shape == (1, 64, 2, 2)


@torch.no_grad()
def test_three_resolutions():
    encoder = build(scales=(1, 1 / 2, 1 / 4), out_indices=(2, 4, 8)).eval()
    assert [tuple(level.shape[1:]) for level in encoder(torch.randn(1, 3, 64, 32))] == [
        (2, 64, 32), (4, 32, 16), (16, 4, 2), (64, 2, 1)]


def test_dilated_resnets_with_a_multi_grid():
    backbone = dict(type='ResNetV1c', **{**RESNET, 'depth': 50}, strides=(1, 2, 1, 1),
                    dilations=(1, 1, 2, 4), multi_grid=(1, 2, 4), contract_dilation=True,
                    frozen_stages=3)
    encoder = build('ResNetV1c', 'not shared', backbone=backbone)
    part, trunk = encoder.parts[0], encoder.trunk
    assert [block.dilation for block in part.layer2] == [1] * 4
    assert [block.dilation for block in trunk.layer4] == [1, 2, 4]
    assert not any(p.requires_grad for p in part.parameters())
    assert encoder.train()(torch.randn(2, 3, 64, 64))[2].shape == (2, 128, 2, 2)


def test_plugins_and_deformable_stages_of_resnets_end_with_the_branch():
    plugin = dict(cfg=dict(type='ContextBlock', ratio=1 / 4), stages=(False, True, True, True),
                  position='after_conv3')
    backbone = dict(type='ResNetV1c', **{**RESNET, 'depth': 50}, plugins=[plugin])
    encoder = build('ResNetV1c', backbone=backbone)
    assert hasattr(encoder.parts[0].layer2[0], 'context_block')
    assert encoder(torch.randn(2, 3, 64, 64))[1].shape == (2, 32, 4, 4)
    config, levels = end_backbone_at(dict(type='ResNet', stage_with_dcn=(0, 0, 1, 1)), (0, 2))
    assert config['stage_with_dcn'] == (0, 0, 1) and levels == (0, 2)


def test_configs_are_left_as_they_were():
    class Greedy(torch.nn.Identity):
        def __init__(self, out_indices, norms):
            super().__init__()
            self.norm = norms.pop()

    config = dict(type=Greedy, norms=['a'])
    build(backbone=[config, config])
    assert config == dict(type=Greedy, norms=['a'])


MIT = dict(type='MixVisionTransformer', embed_dims=4, num_stages=4, num_layers=[1] * 4,
           num_heads=[1, 1, 2, 2], patch_sizes=[7, 3, 3, 3], strides=[4, 2, 2, 2],
           sr_ratios=[8, 4, 2, 1])
SHORT_MIT = {name: value[:2] if isinstance(value, list) else value for name, value in MIT.items()}
SHORT_MIT['num_stages'] = 2


@pytest.mark.parametrize('share_weights', [True, False])
def test_any_backbone_with_a_config_for_each_branch(share_weights):
    encoder = build('ResNet', backbone=[SHORT_MIT, MIT], share_weights=share_weights)
    out = encoder(torch.randn(2, 3, 128, 192))
    assert [tuple(level.shape[1:]) for level in out] == [(4, 16, 24), (4, 8, 12), (8, 1, 2)]
    sum(level.square().sum() for level in out).backward()
    assert not [name for name, p in encoder.named_parameters() if p.grad is None]
    assert any(name.startswith('parts') for name in encoder.state_dict()) != share_weights
    if share_weights:
        alone = MODELS.build({**MIT, 'out_indices': (0, 1, 2, 3)})
        alone.load_state_dict(encoder.trunk.state_dict(), strict=False)
        image = torch.randn(1, 3, 128, 192)
        expected = alone.eval()(resized(image, 1 / 2))[1]
        torch.testing.assert_close(encoder.eval()(image)[1], expected)


def test_backbones_of_two_kinds():
    encoder = build('DRN', 'not shared', out_indices=(4, 3),
                    backbone=[DRN['backbone'], BACKBONES['ResNetV1c']['backbone']])
    assert [level.shape[1] for level in encoder(torch.randn(2, 3, 64, 64))] == [2, 16, 32]


@torch.no_grad()
@pytest.mark.parametrize('sharing', ['shared', 'separate norm'])
def test_exports_with_free_sizes(sharing):
    encoder, image = build(sharing=sharing).eval(), torch.randn(1, 3, 80, 96)
    size = {2: torch.export.Dim('height', min=64, max=512),
            3: torch.export.Dim('width', min=64, max=512)}
    exported = torch.export.export(encoder, (image,), dynamic_shapes=(size,))
    assert set(exported.state_dict) == set(encoder.state_dict())
    other = torch.randn(1, 3, 129, 75)
    torch.testing.assert_close(exported.module()(other), encoder(other))


def test_compiles_in_one_graph():
    encoder = build(sharing='separate norm').train()
    image = torch.randn(2, 3, 40, 33)
    compiled = torch.compile(encoder, backend='eager', fullgraph=True)
    torch.testing.assert_close(compiled(image), encoder(image))


@pytest.mark.parametrize('sharing', SHARINGS)
def test_autocast(sharing, device):
    encoder = build(sharing=sharing).to(device).train()
    with torch.autocast(device.type, torch.bfloat16):
        out = encoder(torch.randn(2, 3, 33, 64, device=device))
    sum(level.float().square().mean() for level in out).backward()
    assert all(p.grad.isfinite().all() for p in encoder.parameters())


SEGMENTOR = dict(
    type='EncoderDecoder', backbone=dict(type='MultiResolutionEncoder', **DRN),
    neck=dict(type='MultiResolutionFusion', in_channels=(16, 64), out_channels=8),
    decode_head=dict(type='FCNHead', in_channels=8, in_index=-1, channels=8, num_convs=0,
                     concat_input=False, num_classes=3, norm_cfg=dict(type='BN')),
    auxiliary_head=dict(type='FCNHead', in_channels=64, in_index=2, channels=4, num_convs=1,
                        num_classes=3, norm_cfg=dict(type='BN')),
    train_cfg=dict(), test_cfg=dict(mode='whole'))


@pytest.mark.parametrize('mode', ['sum', 'concat'])
def test_a_whole_model_trains_and_predicts_at_any_size(mode):
    config = Config(dict(model=SEGMENTOR))
    config.merge_from_dict({'model.neck.mode': mode})
    model = MODELS.build(config.model)
    model.init_weights()
    model.train()
    losses = model.loss(torch.randn(2, 3, 65, 98), samples((65, 98)))
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    assert not [name for name, p in model.named_parameters()
                if p.grad is None and not name.endswith('head.conv_seg')]
    model.eval()
    for size in ((65, 98), (33, 31), (1, 1)):
        with torch.no_grad():
            assert model.encode_decode(torch.randn(1, 3, *size), metas(size, 1)).shape == (
                1, 3, *size)


@pytest.mark.parametrize('changes, message', [
    *((dict(scales=value), r'scales=.*falling numbers above 0 and up to 1.*Fix: such as \(1/2')
      for value in [(), 0.5, (1 / 4, 1 / 2), (1 / 2, 1 / 2), (2, 1), (1 / 2, 0), ('1/2', '1/4')]),
    (dict(out_indices=(8,)), r'out_indices=\(8,\).*each of the 2 scales.*Fix'),
    (dict(out_indices=8), r'out_indices=8.*each of the 2 scales.*Fix'),
    (dict(out_indices=(4, 8.)), r'out_indices\[1\]=8.0.*integer of at least 0.*Fix'),
    (dict(out_indices=(8, 4)), r'out_indices=\(8, 4\).*deeper than the last.*Fix'),
    (dict(out_indices=(4, 9)), r'out_indices=\(9,\).*layers 0 to 8'),
    (dict(guidance_index=5), r'guidance_index=5.*beyond level 4.*Fix'),
    (dict(guidance_index=-1), r'guidance_index=-1.*at least 0.*Fix'),
    (dict(backbone='DRN'), r"backbone='DRN'.*config with a type.*Fix"),
    (dict(backbone=dict(depth=22)), r"backbone=\{'depth': 22\}.*config with a type.*Fix"),
    (dict(backbone=dict(type='DRN', depth=22, out_indices=(8,))),
     r'without out_indices. Fix: name the levels'),
    (dict(backbone=[DRN['backbone']]), r'list of 1 configs.*each of the 2 scales.*Fix'),
    (dict(backbone=dict(type='Nothing')), r"type='Nothing'.*registered in MMSeg.*Fix"),
    (dict(backbone=MIT), r"type='MixVisionTransformer'.*DRN or a ResNet.*Fix: give a list"),
    (dict(backbone=[BACKBONES['ResNetV1c']['backbone'], DRN['backbone']], guidance_index=0,
          out_indices=(1, 4)),
     r'layer stem.0 is .*Conv2d.* and None in the longest.*Fix'),
    (dict(backbone=[dict(DRN['backbone'], base_channels=4), DRN['backbone']]),
     r'layer layer0.0 is .*\[4, 3, 7, 7\].*\[2, 3, 7, 7\].*Fix'),
    (dict(separate_norm=True, share_weights=False),
     r'separate_norm=True.*share_weights=False.*Fix: set separate_norm=False'),
    (dict(separate_norm=True, scales=(1 / 2,), out_indices=(8,)), r'separate_norm=True.*Fix'),
    (dict(separate_norm=True, backbone=dict(
        DRN['backbone'], norm_cfg=dict(type='GN', num_groups=2))), r'must be a BatchNorm.*Fix'),
], ids=str)
def test_refuses_what_does_not_fit(changes, message):
    with pytest.raises(ValueError, match=message):
        build(**changes)


@pytest.mark.parametrize('name, changes, message', [
    ('ResNetV1c', dict(out_indices=(1, 4)), r'stages \[4\].*stages 0 to 3.*Fix'),
    ('StemResNetV1c', dict(out_indices=(0, 4)), r'stages \[\].*stages 0 to 3.*Fix'),
])
def test_refuses_levels_that_a_resnet_lacks(name, changes, message):
    with pytest.raises(ValueError, match=message):
        build(name, **changes)


def test_refuses_a_backbone_that_hands_out_something_else():
    encoder = build('ResNet', 'not shared', backbone=[
        dict(MIT, num_stages=1, num_layers=[1], num_heads=[1], patch_sizes=[7], strides=[4],
             sr_ratios=[8]), MIT], out_indices=(0, 3))
    encoder.trunk.out_indices = (2, 3)
    with pytest.raises(ValueError, match=r'handed out 2 levels: must be 1, levels \(3,\).*Fix'):
        encoder(torch.randn(1, 3, 128, 128))


def test_refuses_to_share_parameters_outside_of_layers():
    vit = dict(type='VisionTransformer', img_size=(32, 32), embed_dims=8, num_layers=1,
               num_heads=1, patch_size=8)
    with pytest.raises(ValueError, match=r"VisionTransformer holds \['cls_token', .*share_weights"):
        build('ResNet', backbone=[vit, vit], out_indices=(0, 0))


def test_an_unknown_option_is_named():
    with pytest.raises(TypeError, match="unexpected keyword argument 'share_weight'"):
        build(share_weight=True)


def test_builds_in_a_fresh_interpreter_without_a_scope():
    code = ('import mmseg_nrd\n'
            'from mmengine.registry import DefaultScope\n'
            'from mmseg.registry import MODELS, TRANSFORMS\n'
            'backbone = dict(type="DRN", depth=22)\n'
            'MODELS.build(backbone)\n'
            'MODELS.build(dict(type="MultiResolutionEncoder", backbone=backbone))\n'
            'MODELS.build(dict(type="MultiResolutionFusion", in_channels=(128, 512)))\n'
            'TRANSFORMS.build(dict(type="RandomLighting"))\n'
            'print(DefaultScope.get_current_instance())')
    done = subprocess.run([sys.executable, '-c', code], cwd=Path(__file__).parents[2],
                          capture_output=True, text=True)
    assert done.stdout.split() == ['None'], done.stderr


def test_registered_in_mmseg():
    assert MODELS.get('MultiResolutionEncoder') is MultiResolutionEncoder
