"""Every head and encoder: parameters, checkpoints and copies; nothing is kept between calls."""
from __future__ import annotations

import copy
import pickle

import pytest
import torch
from contract import COMPONENTS, each
from contract_checks import assert_near, flat, randomise, total


@torch.no_grad()
@each(COMPONENTS)
def test_init_weights(row):
    component = row.build()
    component.init_weights()
    for name, parameter in component.named_parameters():
        assert parameter.isfinite().all(), name
    for out in flat(component.eval()(row.example((65, 97)))):
        assert out.isfinite().all() and out.std() > 0


@torch.no_grad()
@each(COMPONENTS)
def test_init_weights_loads_what_init_cfg_names(row, tmp_path):
    donor = randomise(row.build())
    torch.save(donor.state_dict(), tmp_path / 'donor.pth')
    component = row.build(
        init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'donor.pth')))
    component.init_weights()
    for name, value in donor.state_dict().items():
        assert torch.equal(component.state_dict()[name], value), name


@torch.no_grad()
@each(COMPONENTS)
def test_a_state_dict_holds_all_that_the_outputs_depend_on(row, device):
    donor, component = (row.build().to(device).eval() for _ in range(2))
    component.load_state_dict(randomise(donor).state_dict(), strict=True)
    example = row.example((33, 65), device=device)
    assert_near(component(example), donor(example))


@torch.no_grad()
@each(COMPONENTS)
@pytest.mark.parametrize('duplicate', [
    copy.deepcopy, lambda component: pickle.loads(pickle.dumps(component))],
    ids=['deepcopy', 'pickle'])
def test_a_copy_does_the_same_and_stands_on_its_own(row, duplicate):
    component, example = randomise(row.build()).eval(), row.example((33, 65))
    component(example)
    expected, copied = component(example), duplicate(component)
    assert_near(copied(example), expected)
    for value in component.state_dict().values():
        value.zero_()
    assert_near(copied(example), expected)


def attributes(component) -> dict:
    """What each module holds besides its tensors, and the tensors' names and shapes."""
    held = {f'{name}.{key}': id(value) for name, module in component.named_modules()
            for key, value in vars(module).items()}
    tensors = [*component.named_parameters(), *component.named_buffers()]
    return {**held, **{name: tensor.shape for name, tensor in tensors}}


@each(COMPONENTS)
def test_nothing_is_kept_between_calls(row, device):
    component = randomise(row.build()).to(device).eval()
    untouched, before = copy.deepcopy(component), attributes(component)
    for size, batch in (((64, 96), 2), ((40, 40), 1)):
        total(component(row.example(size, batch, device))).backward()
    with torch.no_grad():
        component(row.example((20, 31), device=device))
    example = row.example((33, 65), device=device)
    assert_near(component(example), untouched(example))
    assert attributes(component) == before
