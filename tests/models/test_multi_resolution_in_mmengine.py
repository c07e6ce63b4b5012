"""What the host's tools make of the encoder's shared layers."""
from __future__ import annotations

import copy

import pytest
import torch
import torch.distributed as dist
from contract_checks import randomise, total
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from multi_resolution_cases import (
    BACKBONES,
    DRN,
    EVERY,
    SHARINGS,
    beginning,
    build,
    build_alone,
    is_norm,
    norm_names,
)
from torch import nn
from torch.nn.parallel import DistributedDataParallel


@pytest.mark.parametrize('name, sharing', EVERY)
def test_optimisers_meet_each_parameter_once(name, sharing):
    encoder = build(name, sharing)
    part = 'trunk._blocks.2' if name == 'EfficientNetLite' else 'trunk.layer1'
    wrapper = build_optim_wrapper(encoder, dict(
        type='OptimWrapper', optimizer=dict(type='SGD', lr=1., weight_decay=0.5),
        paramwise_cfg=dict(norm_decay_mult=0., custom_keys={part: dict(lr_mult=10)})))
    groups = wrapper.optimizer.param_groups
    found = [id(parameter) for group in groups for parameter in group['params']]
    assert len(found) == len(set(found))
    assert set(found) == {id(parameter) for parameter in encoder.parameters()}
    norms = {id(p) for m in encoder.modules() if is_norm(m) for p in m.parameters()}
    first = {id(p) for p in encoder.get_submodule(part).parameters()}
    assert norms and first
    for group in groups:
        for parameter in group['params']:
            faster = id(parameter) in first
            assert group['lr'] == (10 if faster else 1)
            if not faster:
                assert group['weight_decay'] == (0 if id(parameter) in norms else 0.5)


@torch.no_grad()
@pytest.mark.parametrize('name, sharing', EVERY)
def test_norms_that_are_replaced_later(name, sharing):
    """Conversion to SyncBN, and back for a CPU, as mmengine's runner and MMSeg's tools do it."""
    encoder, image = randomise(build(name, sharing)).eval(), torch.randn(1, 3, 96, 64)
    expected = encoder(image)
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(encoder)
    called = []
    for module in converted.modules():
        if is_norm(module):
            module.register_forward_pre_hook(lambda module, args: called.append(module))
            assert isinstance(module, nn.SyncBatchNorm)
    torch.testing.assert_close(converted(image), expected)
    assert len(called) == len(norm_names(build_alone(name))) + len(norm_names(beginning(name)))
    torch.testing.assert_close(revert_sync_batchnorm(converted)(image), expected)


@torch.no_grad()
@pytest.mark.parametrize('sharing', ['shared', 'not shared'])
@pytest.mark.parametrize('name', BACKBONES)
def test_fused_norms(name, sharing):
    encoder, image = randomise(build(name, sharing)).eval(), torch.randn(1, 3, 96, 64)
    expected = encoder(image)
    fused = fuse_conv_bn(encoder)
    assert not norm_names(fused)
    torch.testing.assert_close(fused(image), expected, rtol=1e-3, atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize('name', BACKBONES)
def test_fused_norms_are_refused_where_a_branch_keeps_its_own(name):
    encoder, image = build(name, 'separate norm').eval(), torch.randn(1, 3, 96, 64)
    encoder(image)
    with pytest.raises(RuntimeError, match=r'trunk\..* has been fused.*separate_norm=True.*Fix'):
        fuse_conv_bn(encoder)(image)


@pytest.fixture(scope='module')
def one_process(tmp_path_factory):
    store = tmp_path_factory.mktemp('store') / 'file'
    dist.init_process_group('gloo', init_method=f'file://{store}', rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize('with_cp', [False, True])
@pytest.mark.parametrize('sharing', SHARINGS)
def test_distributed_training_finds_no_unused_parameter(sharing, with_cp, one_process):
    """A parameter that got no gradient, or two, would stop it at the second step at the latest."""
    encoder = build(sharing=sharing, backbone=dict(DRN['backbone'], with_cp=with_cp))
    alone, image = copy.deepcopy(encoder), torch.randn(2, 3, 64, 98)
    model = DistributedDataParallel(encoder)
    for _ in range(3):
        for module in (model, alone):
            module.zero_grad()
            total(module(image)).backward()
    for one, other in zip(encoder.parameters(), alone.parameters()):
        torch.testing.assert_close(one.grad, other.grad)
