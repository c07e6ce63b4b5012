"""Who owns which parameter of the encoder, and what the host's tools make of it."""
from __future__ import annotations

import copy
import io

import pytest
import torch
import torch.distributed as dist
from mmcv.cnn.utils import fuse_conv_bn
from mmengine.model import ExponentialMovingAverage, revert_sync_batchnorm
from mmengine.optim import build_optim_wrapper
from mmseg.registry import MODELS
from multi_resolution_cases import BACKBONES, DRN, SHARINGS, build, build_alone
from nrd_cases import randomise_norms
from torch import nn
from torch.nn.parallel import DistributedDataParallel

EVERY = [(name, sharing) for name in BACKBONES for sharing in SHARINGS]


def is_norm(module) -> bool:
    return isinstance(module, nn.modules.batchnorm._BatchNorm)


def norm_names(module) -> set:
    return {name for name, child in module.named_modules() if is_norm(child)}


def total(out):
    return sum(level.square().mean() for level in out)


def keys(module, prefix) -> set:
    return {f'{prefix}.{key}' for key in module.state_dict()}


def beginning(name) -> nn.Module:
    """The part of a backbone that the medium branch needs, built by itself."""
    if name == 'DRN':
        return build_alone(name, (1, 4))
    return MODELS.build(dict(BACKBONES[name]['backbone'], num_stages=2, strides=(1, 2),
                             dilations=(1, 1), out_indices=(0, 1)))


@pytest.mark.parametrize('name, sharing', EVERY)
def test_keys_and_parameters(name, sharing):
    encoder, alone, part = build(name, sharing), build_alone(name), beginning(name)
    expected = keys(alone, 'trunk')
    if sharing == 'not shared':
        expected |= keys(part, 'parts.0')
    elif sharing == 'separate norm':
        expected |= {key for key in keys(part, 'parts.0')
                     if key[len('parts.0.'):].rpartition('.')[0] in norm_names(part)}
    assert set(encoder.state_dict()) == expected
    # Not one parameter, buffer or layer is met twice on the way through the modules.
    for named in (encoder.named_parameters, encoder.named_buffers, encoder.named_modules):
        found = [tensor for _, tensor in named(remove_duplicate=False)]
        assert len(found) == len({id(tensor) for tensor in found})
    wanted = {'shared': [alone], 'not shared': [alone, part], 'separate norm': [
        alone, *(module for module in part.modules() if is_norm(module))]}[sharing]
    assert sum(p.numel() for p in encoder.parameters()) == sum(
        p.numel() for module in wanted for p in module.parameters())


@torch.no_grad()
@pytest.mark.parametrize('name, sharing', EVERY)
def test_which_branch_feels_which_parameter(name, sharing):
    """Guidance and medium map feel the part's own parameters; the low map never does."""
    wide = dict(BACKBONES[name]['backbone'], base_channels=8)  # narrow ones have dead channels
    encoder, image = build(name, sharing, backbone=wide).eval(), torch.randn(1, 3, 96, 64)
    randomise_norms(encoder)

    def felt(parameters):
        before = encoder(image)
        for parameter in parameters:
            parameter += 0.1
        return [not torch.equal(old, new) for old, new in zip(before, encoder(image))]

    first_conv = next(m for m in encoder.trunk.modules() if isinstance(m, nn.Conv2d))
    first_norm = next(m for m in encoder.trunk.modules() if is_norm(m))
    own = sharing == 'not shared'
    assert felt(first_conv.parameters()) == [not own, not own, True]
    assert felt(first_norm.parameters()) == [sharing == 'shared', sharing == 'shared', True]
    assert felt(encoder.parts.parameters()) == [sharing != 'shared', sharing != 'shared', False]


@pytest.mark.parametrize('name, sharing', EVERY)
def test_every_parameter_gets_a_gradient(name, sharing, device):
    encoder = build(name, sharing).to(device)
    total(encoder(torch.randn(2, 3, 65, 98, device=device))).backward()
    assert not [name for name, p in encoder.named_parameters() if p.grad is None]


@pytest.mark.parametrize('name', BACKBONES)
def test_gradients_of_the_branches_add_up(name):
    encoder = build(name).eval()
    image = torch.randn(1, 3, 96, 64)
    by_map = [torch.autograd.grad(encoder(image)[index].square().sum(),
                                  list(encoder.parameters()), allow_unused=True)
              for index in range(3)]
    sum(level.square().sum() for level in encoder(image)).backward()
    counts = set()
    for parameter, *gradients in zip(encoder.parameters(), *by_map):
        given = [gradient for gradient in gradients if gradient is not None]
        counts.add(len(given))
        torch.testing.assert_close(parameter.grad, sum(given))
    # the first layers serve all three maps, the last the low one alone
    assert {1, 3} <= counts


@pytest.mark.parametrize('name, sharing', EVERY)
def test_running_statistics(name, sharing):
    """Shared norms see both branches' batches; separate ones each its own."""
    encoder = build(name, sharing).train()
    with torch.no_grad():
        encoder(torch.randn(2, 3, 65, 98))
    in_part = norm_names(beginning(name))
    twice = in_part if sharing == 'shared' else set()
    for path in norm_names(encoder.trunk):
        norm = encoder.trunk.get_submodule(path)
        assert norm.num_batches_tracked == (2 if path in twice else 1), path
    if sharing != 'shared':
        assert norm_names(encoder.parts[0]) == in_part
        for path in in_part:
            assert encoder.parts[0].get_submodule(path).num_batches_tracked == 1
            assert not torch.equal(encoder.parts[0].get_submodule(path).running_mean,
                                   encoder.trunk.get_submodule(path).running_mean)


@pytest.mark.parametrize('frozen, norm_eval', [(-1, False), (3, False), (6, True)])
@pytest.mark.parametrize('sharing', SHARINGS)
def test_freezing(sharing, frozen, norm_eval):
    backbone = dict(DRN['backbone'], frozen_stages=frozen, norm_eval=norm_eval)
    encoder = build(sharing=sharing, backbone=backbone)
    assert encoder.train() is encoder and encoder.training
    for branch in (encoder.trunk, *encoder.parts):
        for name, parameter in branch.named_parameters():
            assert parameter.requires_grad == (int(name[len('layer')]) > frozen), name
        for name, module in branch.named_modules():
            if is_norm(module):
                still = norm_eval or int(name[len('layer')]) <= frozen
                assert module.training != still, name
    before = [buffer.clone() for buffer in encoder.buffers()]
    encoder(torch.randn(2, 3, 64, 64))
    same = all(torch.equal(a, b) for a, b in zip(before, encoder.buffers()))
    assert same == norm_eval
    assert not any(module.training for module in encoder.eval().modules())


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    """A file of the backbone's weights, none of which is what a fresh one has."""
    state = {key: tensor + torch.rand(tensor.shape) if tensor.is_floating_point() else tensor
             for key, tensor in build_alone('DRN').state_dict().items()}
    path = tmp_path_factory.mktemp('weights') / 'drn.pth'
    torch.save({**state, 'fc.bias': torch.zeros(9)}, path)
    return path


def pretrained(path):
    return dict(type='Pretrained', checkpoint=str(path))


@pytest.mark.parametrize('sharing', SHARINGS)
def test_pretrained_backbones_reach_every_branch(sharing, weights, monkeypatch):
    encoder = build(sharing=sharing,
                    backbone=dict(DRN['backbone'], init_cfg=pretrained(weights)))
    loaded = []
    monkeypatch.setattr(torch, 'load', lambda *args, _load=torch.load, **options: (
        loaded.append(args), _load(*args, **options))[1])
    encoder.init_weights()
    monkeypatch.undo()
    # A branch that owns no convolution has nothing to look for in the file.
    assert len(loaded) == (2 if sharing == 'not shared' else 1)
    saved = torch.load(weights)
    for branch in (encoder.trunk, *encoder.parts):
        for key, tensor in branch.state_dict().items():
            assert torch.equal(tensor, saved[key]), key


def test_a_pretrained_encoder_keeps_the_norms_of_its_file(tmp_path):
    trained = randomise_norms(build(sharing='separate norm'))
    torch.save(trained.state_dict(), tmp_path / 'encoder.pth')
    encoder = build(sharing='separate norm', init_cfg=pretrained(tmp_path / 'encoder.pth'))
    encoder.init_weights()
    for key, tensor in trained.state_dict().items():
        assert torch.equal(encoder.state_dict()[key], tensor), key


@pytest.mark.parametrize('name, sharing', EVERY)
def test_fresh_weights(name, sharing):
    """The trunk starts as the backbone alone does, and nothing initialises it a second time."""
    encoder, alone = build(name, sharing), build_alone(name)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.fill_(9)
    for module in (encoder, alone):
        torch.manual_seed(3)
        module.init_weights()
    for key, tensor in alone.state_dict().items():
        assert torch.equal(encoder.trunk.state_dict()[key], tensor), key
    for key, tensor in encoder.parts.named_parameters():
        assert not (tensor == 9).any(), key
        twin = encoder.trunk.get_parameter(key.removeprefix('0.'))
        assert torch.equal(tensor, twin) == (tensor.dim() == 1), key


@pytest.mark.parametrize('name, sharing', EVERY)
def test_optimisers_meet_each_parameter_once(name, sharing):
    encoder = build(name, sharing)
    wrapper = build_optim_wrapper(encoder, dict(
        type='OptimWrapper', optimizer=dict(type='SGD', lr=1., weight_decay=0.5),
        paramwise_cfg=dict(norm_decay_mult=0., custom_keys={'trunk.layer1': dict(lr_mult=10)})))
    groups = wrapper.optimizer.param_groups
    found = [id(parameter) for group in groups for parameter in group['params']]
    assert len(found) == len(set(found))
    assert set(found) == {id(parameter) for parameter in encoder.parameters()}
    norms = {id(p) for m in encoder.modules() if is_norm(m) for p in m.parameters()}
    first = {id(p) for p in encoder.trunk.layer1.parameters()}
    assert norms and first
    for group in groups:
        for parameter in group['params']:
            faster = id(parameter) in first
            assert group['lr'] == (10 if faster else 1)
            if not faster:
                assert group['weight_decay'] == (0 if id(parameter) in norms else 0.5)


@pytest.mark.parametrize('sharing', SHARINGS)
def test_copies_are_independent_and_share_as_the_original(sharing):
    encoder, image = build(sharing=sharing).eval(), torch.randn(1, 3, 64, 64)
    buffer = io.BytesIO()
    torch.save(encoder, buffer)
    buffer.seek(0)
    average = ExponentialMovingAverage(encoder, momentum=0.5)
    for other in (copy.deepcopy(encoder), torch.load(buffer, weights_only=False), average.module):
        before = encoder(image)
        torch.testing.assert_close(other(image), before, rtol=0, atol=0)
        with torch.no_grad():
            for parameter in other.parameters():
                parameter += 0.1
        assert all(not torch.equal(a, b) for a, b in zip(other(image), before))
        torch.testing.assert_close(encoder(image), before, rtol=0, atol=0)


@torch.no_grad()
@pytest.mark.parametrize('name, sharing', EVERY)
def test_norms_that_are_replaced_later(name, sharing):
    """Conversion to SyncBN, and back for a CPU, as mmengine's runner and MMSeg's tools do it."""
    encoder, image = randomise_norms(build(name, sharing)).eval(), torch.randn(1, 3, 96, 64)
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
    encoder, image = randomise_norms(build(name, sharing)).eval(), torch.randn(1, 3, 96, 64)
    expected = encoder(image)
    fused = fuse_conv_bn(encoder)
    assert not norm_names(fused)
    torch.testing.assert_close(fused(image), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize('sharing', SHARINGS)
def test_moves_as_one(sharing):
    encoder = build(sharing=sharing).to(torch.float64)
    assert all(t.dtype == torch.float64 for t in encoder.state_dict().values()
               if t.is_floating_point())
    assert all(level.dtype == torch.float64
               for level in encoder(torch.randn(2, 3, 64, 64, dtype=torch.float64)))
    encoder.to('meta')
    assert all(level.is_meta for level in encoder(torch.empty(2, 3, 64, 64, device='meta',
                                                              dtype=torch.float64)))


def test_nothing_stays_on_the_encoder_between_calls():
    encoder = build(sharing='separate norm')
    before = [{name: id(value) for name, value in vars(module).items() if name != 'training'}
              for module in encoder.modules()]
    encoder(torch.randn(2, 3, 65, 64))
    with torch.no_grad():
        encoder.eval()(torch.randn(1, 3, 32, 33))
    assert [{name: id(value) for name, value in vars(module).items() if name != 'training'}
            for module in encoder.modules()] == before


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
