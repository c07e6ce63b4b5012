"""The head at work in MMSeg: losses, predictions, whole models, stock configs."""
from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmseg.registry import MODELS
from nrd_cases import build, levels, metas, samples
from torch.utils.flop_counter import FlopCounterMode

ROOT = Path(__file__).parents[2]


def test_builds_in_a_fresh_interpreter_without_a_scope():
    code = ('import mmseg_nrd\n'
            'from mmengine.registry import DefaultScope\n'
            'from mmseg.registry import MODELS\n'
            'head = MODELS.build(dict(type="NRDHead", in_channels=4, channels=4, num_classes=3,\n'
            '                         c1_in_channels=2))\n'
            'print(type(head).__name__, DefaultScope.get_current_instance())')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split()[-2:] == ['NRDHead', 'None'], done.stderr


def test_registered_in_mmseg():
    from mmseg_nrd.models import NRDHead
    assert MODELS.get('NRDHead') is NRDHead


@pytest.mark.parametrize('changes', [
    dict(), dict(c1_in_channels=0), dict(theta_init='paper'), dict(dropout_ratio=0.5),
    dict(norm_cfg=None), dict(controller_reduction=2), dict(patch_size=8, dilations=(2, 5))],
    ids=str)
def test_every_parameter_gets_a_gradient(changes, device):
    head = build(**changes).to(device)
    losses = head.loss(levels((2, 3), device=device), samples((64, 96), device=device), {})
    losses['loss_ce'].backward()
    unused = [name for name, parameter in head.named_parameters() if parameter.grad is None]
    assert not unused
    assert losses['loss_ce'].isfinite()


@torch.no_grad()
def test_dropout_acts_in_training_only():
    inputs, head = levels(), build(dropout_ratio=0.5, norm_cfg=None)
    assert torch.equal(head.eval()(inputs), head(inputs))
    dropped = head.train()(inputs)
    assert not torch.equal(dropped, head(inputs))
    still = build(norm_cfg=None).train()
    assert torch.equal(still(inputs), still(inputs))


@torch.no_grad()
def test_dropout_acts_before_the_controller_only():
    head, inputs = build(dropout_ratio=0.5).eval(), levels()
    seen = []
    head.controller[0].register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    head.dropout.train()
    head(inputs)
    context = head._forward_feature(inputs)
    kept = seen[0] != 0
    assert 0 < kept.float().mean() < 1
    torch.testing.assert_close(seen[0][kept], 2 * context[kept])


SWAP = """
_base_ = 'mmseg::_base_/models/deeplabv3plus_r50-d8.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(pretrained=None, backbone=dict(norm_cfg=norm_cfg{backbone}),
             decode_head=dict(type='NRDHead', norm_cfg=norm_cfg{head}),
             auxiliary_head=dict(norm_cfg=norm_cfg))
"""


def swapped(tmp_path, backbone='', head='') -> Config:
    path = tmp_path / 'swap.py'
    path.write_text(SWAP.format(backbone=backbone, head=head))
    return Config.fromfile(path)


@torch.no_grad()
def test_swap_in_a_stock_config_at_output_stride_8(tmp_path):
    config = swapped(tmp_path, head=', patch_size=2').model
    assert config.decode_head.dilations == (1, 12, 24, 36)
    head = MODELS.build(config.decode_head).eval()
    inputs = [torch.randn(1, c, 128 // s, 96 // s)
              for c, s in zip((256, 512, 1024, 2048), (4, 8, 8, 8))]
    assert head(inputs).shape == (1, 19, 32, 24)
    assert head.dropout.p == 0.1


STRIDE_32 = ', depth=18, dilations=(1, 1, 1, 1), strides=(1, 2, 2, 2), base_channels=8'
NARROW = (', in_channels=64, channels=16, c1_in_channels=8, c1_channels=6, num_classes=4, '
          'dilations=(1, 3)')


@pytest.fixture(scope='module')
def whole_model(tmp_path_factory):
    config = swapped(tmp_path_factory.mktemp('swap'), STRIDE_32 + ', stem_channels=8', NARROW)
    config.model.auxiliary_head.update(in_channels=32, channels=8, num_classes=4)
    return MODELS.build(config.model)


@torch.no_grad()
@pytest.mark.parametrize('size', [(33, 65), (375, 500), (500, 375), (32, 32), (1, 1), (64, 31)])
def test_any_image_size(whole_model, size):
    whole_model.eval()
    image = torch.randn(1, 3, *size)
    features = whole_model.extract_feat(image)
    assert whole_model.decode_head(features).shape[2:] == features[0].shape[2:]
    assert whole_model.encode_decode(image, metas(size, 1)).shape == (1, 4, *size)


def test_init_weights_of_a_whole_model_leaves_theta_alone(whole_model):
    before = whole_model.decode_head.controller[1].bias.clone()
    whole_model.init_weights()
    assert torch.equal(whole_model.decode_head.controller[1].bias, before)
    assert before.any()


def test_a_whole_model_trains(whole_model):
    whole_model.train()
    optimizer = torch.optim.SGD(whole_model.parameters(), lr=0.02, momentum=0.9)
    image, labels = torch.randn(2, 3, 33, 65), samples((33, 65), classes=4)
    history = []
    for _ in range(12):
        losses = whole_model.loss(image, labels)
        total = sum(value for name, value in losses.items() if 'loss' in name)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append(losses['decode.loss_ce'].item())
    assert not [name for name, p in whole_model.named_parameters() if p.grad is None]
    assert min(history[-3:]) < 0.9 * history[0]


@torch.no_grad()
@pytest.mark.parametrize('height, width, classes, expected', [
    (512, 1024, 19, 13.34), (512, 512, 150, 7.00), (480, 480, 60, 5.95)])
def test_multiply_adds(height, width, classes, expected):
    widths, strides = (256, 512, 1024, 2048), (4, 8, 16, 32)
    head = build(in_channels=2048, channels=512, num_classes=classes, c1_in_channels=256,
                 c1_channels=48).to('meta').eval()
    inputs = [torch.empty(1, c, height // s, width // s, device='meta')
              for c, s in zip(widths, strides)]
    with FlopCounterMode(display=False) as counter:
        head(inputs)
    assert counter.get_total_flops() / 2e9 == pytest.approx(expected, rel=5e-3)
