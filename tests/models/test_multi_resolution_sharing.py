"""Who owns which parameter of the encoder, and who feels it."""
from __future__ import annotations

import pytest
import torch
from contract_checks import randomise
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


def keys(module, prefix) -> set:
    return {f'{prefix}.{key}' for key in module.state_dict()}


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
    wide = dict(BACKBONES[name]['backbone'])  # narrow ones have dead channels
    wide.update(dict(widen_factor=1.) if name == 'EfficientNetLite' else dict(base_channels=8))
    encoder, image = build(name, sharing, backbone=wide).eval(), torch.randn(1, 3, 96, 64)
    randomise(encoder)

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


def test_refuses_to_share_a_norm_that_is_to_be_kept():
    """A block with a parameter of its own is one layer, its norms inside."""
    class Scaled(nn.Module):
        def __init__(self, out_indices):
            super().__init__()
            self.norm, self.block = nn.BatchNorm2d(3), nn.Sequential(nn.BatchNorm2d(3))
            self.block.gamma = nn.Parameter(torch.ones(3))

    build(backbone=[dict(type=Scaled)] * 2)
    with pytest.raises(ValueError, match=r'layer block, .*gamma.*separate_norm=False'):
        build(sharing='separate norm', backbone=[dict(type=Scaled)] * 2)


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
