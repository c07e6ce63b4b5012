"""Every head and encoder: gradients, dtypes, autocast, memory layouts."""
from __future__ import annotations

import copy

import pytest
import torch
from contract import COMPONENTS, each
from contract_checks import (
    assert_gradients_near,
    assert_near,
    flat,
    like,
    moved,
    randomise,
    total,
)
from torch.func import functional_call


@each(COMPONENTS)
def test_gradcheck(row):
    component = randomise(row.build()).double().eval()
    example = moved(row.example((33, 35), batch=1), dtype=torch.float64)
    names, parameters = zip(*component.named_parameters())
    inputs = [tensor.requires_grad_() for tensor in flat(example)]

    def run(*values):
        given = dict(zip(names, values[len(inputs):]))
        return tuple(flat(functional_call(component, given, like(example, values[:len(inputs)]))))

    assert torch.autograd.gradcheck(run, (*inputs, *parameters), fast_mode=True)


@torch.no_grad()
@each(COMPONENTS)
@pytest.mark.parametrize('dtype, tolerance', [
    (torch.float64, 1e-4), (torch.bfloat16, 0.1)], ids=str)
def test_keeps_the_dtype(row, dtype, tolerance, device):
    component = randomise(row.build()).to(device).eval()
    example = row.example((40, 65), device=device)
    expected = component(example)
    outputs = component.to(dtype)(moved(example, dtype=dtype))
    assert all(out.dtype == dtype for out in flat(outputs))
    assert_near(outputs, expected, tolerance)


@each(COMPONENTS)
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16], ids=str)
def test_autocast(row, dtype, device):
    # In training mode the statistics of so small a batch would magnify the rounding.
    component = randomise(row.build()).to(device).eval()
    example = row.example((40, 65), device=device)
    with torch.autocast(device.type, dtype):
        outputs = component(example)
    assert_near(outputs, component(example), 0.1)
    total(outputs).backward()
    for name, parameter in component.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@each(COMPONENTS)
def test_channels_last(row, device):
    component = randomise(row.build()).to(device).eval()
    last = copy.deepcopy(component).to(memory_format=torch.channels_last)
    example = row.example((33, 65), device=device)
    outputs = component(example)
    others = last(moved(example, memory_format=torch.channels_last))
    assert_near(others, outputs)
    (total(outputs) + total(others)).backward()
    assert_gradients_near(last, component)


@torch.no_grad()
@each(COMPONENTS)
def test_images_of_a_batch_are_independent(row, device):
    component = randomise(row.build()).to(device).eval()
    example, order = row.example((33, 65), batch=3, device=device), [2, 0, 1]
    together = flat(component(example))
    permuted = component(like(example, [tensor[order] for tensor in flat(example)]))
    assert_near(permuted, [out[order] for out in together])
    for i in range(3):
        alone = component(like(example, [tensor[i:i + 1] for tensor in flat(example)]))
        assert_near(alone, [out[i:i + 1] for out in together])
