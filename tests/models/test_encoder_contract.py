"""Every encoder: its maps, freezing, checkpointing, and a head of MMSeg's on top."""
from __future__ import annotations

import copy
import inspect
import warnings

import pytest
import torch
from contract import BN, ENCODERS, each
from contract_checks import assert_gradients_near, assert_near, total
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from nrd_cases import samples
from torch.nn.modules.batchnorm import _BatchNorm

SIZES = [(64, 96), (33, 65), (500, 375), (32, 32), (1, 1), (7, 100)]


def those_that_take(argument: str) -> dict:
    return {name: row for name, row in ENCODERS.items() if argument in row.takes}


def step(encoder, images):
    """One step of plain gradient descent on a loss over every map."""
    total(encoder(images)).backward()
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.grad is not None:
                parameter -= parameter.grad


@torch.no_grad()
@each(ENCODERS)
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_maps_of_any_size(row, size, device):
    maps = row.build().to(device).eval()(row.example(size, device=device))
    assert isinstance(maps, (tuple, list))
    assert [tuple(level.shape) for level in maps] == [
        (2, width, *(-(-side // stride) for side in size))
        for width, stride in zip(row.widths, row.strides)]
    assert all(level.isfinite().all() for level in maps)


@each(ENCODERS)
def test_mode_can_be_chained(row):
    encoder = row.build()
    for change, mode in ((encoder.eval, False), (encoder.train, True),
                         (lambda: encoder.train(False), False)):
        assert change() is encoder
        assert all(module.training == mode for module in encoder.modules())


@each(ENCODERS)
def test_takes_what_the_row_says(row):
    names = {name for kind in type(row.build()).__mro__ if '__init__' in vars(kind)
             for name in inspect.signature(kind.__init__).parameters}
    assert {'frozen_stages', 'norm_eval', 'with_cp'} & names == set(row.takes)


@each(those_that_take('frozen_stages'))
def test_frozen_stages_do_not_move(row, device):
    counts = []
    for frozen_stages in (-1, 0, 1, 2):
        encoder = row.build(frozen_stages=frozen_stages).to(device)
        images = row.example(device=device)
        encoder.eval().train()
        frozen = {name for name, value in encoder.named_parameters() if not value.requires_grad}
        counts.append(len(frozen))
        before = copy.deepcopy(encoder.state_dict())
        step(encoder, images)
        still = {name for name, value in encoder.state_dict().items()
                 if torch.equal(value, before[name])}
        assert {name for name, _ in encoder.named_parameters()} & still == frozen
        # Statistics belong to the stage of the parameters beside them.
        buffers = {name for name, _ in encoder.named_buffers()}
        assert buffers & still == {
            name for name in buffers if f'{name.rpartition(".")[0]}.weight' in frozen}
    assert counts[0] == 0 and counts == sorted(set(counts))


@each(those_that_take('norm_eval'))
def test_norm_eval_keeps_statistics_and_trains_the_rest(row, device):
    encoder = row.build(norm_eval=True).to(device).train()
    norms = [module for module in encoder.modules() if isinstance(module, _BatchNorm)]
    assert norms and not any(norm.training for norm in norms)
    before = copy.deepcopy(encoder)
    step(encoder, row.example(device=device))
    for one, other in zip(encoder.buffers(), before.buffers()):
        assert torch.equal(one, other)
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.any(), name
    assert not any(norm.training for norm in encoder.eval().train().modules()
                   if isinstance(norm, _BatchNorm))


@each(those_that_take('with_cp'))
def test_checkpointing_saves_memory_and_changes_nothing(row, device):
    plain, thrifty = row.build(with_cp=False).to(device), row.build(with_cp=True).to(device)
    thrifty.load_state_dict(plain.state_dict())
    images, saved, outputs = row.example((33, 65), device=device).requires_grad_(), [], []
    for encoder in (plain.train(), thrifty.train()):
        numbers = []

        def count(tensor, numbers=numbers):
            numbers.append(tensor.numel())
            return tensor
        with warnings.catch_warnings(), torch.autograd.graph.saved_tensors_hooks(
                count, lambda tensor: tensor):
            # MMSeg leaves torch to choose between two kinds of checkpointing.
            warnings.filterwarnings('ignore', message='.*use_reentrant')
            outputs.append(encoder(images))
        saved.append(sum(numbers))
        total(outputs[-1]).backward()
    assert saved[1] < 0.8 * saved[0]
    assert_near(outputs[1], outputs[0])
    assert_gradients_near(thrifty, plain)


@each(ENCODERS)
@pytest.mark.parametrize('batch', [1, 2])
def test_carries_a_head_of_mmseg(row, batch, device):
    model = MODELS.build(ConfigDict(
        type='EncoderDecoder', backbone=row.config, test_cfg=dict(mode='whole'),
        decode_head=dict(type='FCNHead', in_channels=row.widths[-1], in_index=-1, channels=4,
                         num_convs=1, num_classes=3, norm_cfg=BN, dropout_ratio=0)))
    model.to(device).train()
    images, size = row.example((65, 97), batch, device), (65, 97)
    losses = model.loss(images, samples(size, batch=batch, device=device))
    losses['decode.loss_ce'].backward()
    assert losses['decode.loss_ce'].isfinite()
    assert next(model.backbone.parameters()).grad.any()
    with torch.no_grad():
        assert model.eval().predict(images)[0].seg_logits.data.shape == (3, *size)
