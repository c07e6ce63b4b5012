"""Which backbones the encoder takes, and how their branches end."""
from __future__ import annotations

import pytest
import torch
from mmseg.registry import MODELS
from multi_resolution_cases import BACKBONES, DRN, MIT, RESNET, SHORT_MIT, build, resized

from mmseg_nrd.models.backbones.branch_config import end_backbone_at


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
