"""What the encoder starts from: pretrained and fresh weights."""
from __future__ import annotations

import pytest
import torch
from contract_checks import randomise
from mmengine.runner import load_state_dict
from multi_resolution_cases import BACKBONES, DRN, EVERY, SHARINGS, build, build_alone


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


@pytest.mark.parametrize('init_cfg', [None, [dict(type='Kaiming', layer='Conv2d')]])
@pytest.mark.parametrize('sharing', SHARINGS)
def test_pretrained_backbones_reach_every_branch(sharing, init_cfg, weights, monkeypatch):
    encoder = build(sharing=sharing, init_cfg=init_cfg,
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


@pytest.mark.parametrize('name', BACKBONES)
def test_separate_norms_start_as_those_of_an_encoder_that_shares_them(name, tmp_path):
    shared = randomise(build(name)).eval()
    torch.save(shared.state_dict(), tmp_path / 'encoder.pth')
    loaded = build(name, 'separate norm')
    loaded.load_state_dict(shared.state_dict())
    started = build(name, 'separate norm', init_cfg=pretrained(tmp_path / 'encoder.pth'))
    started.init_weights()
    inside = torch.nn.Sequential(build(name, 'separate norm'))  # as in a segmentor
    load_state_dict(inside, {f'0.{key}': value for key, value in shared.state_dict().items()},
                    strict=True)
    image = torch.randn(1, 3, 65, 98)
    for encoder in (loaded, started, inside):
        for got, expected in zip(encoder.eval()(image), shared(image)):
            assert torch.equal(got, expected)


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
