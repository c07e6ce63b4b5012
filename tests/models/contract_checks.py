"""What the contract tests of heads and encoders compare, and how."""
from __future__ import annotations

from typing import List

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def randomise(component: nn.Module) -> nn.Module:
    """Norms that are no identity, and no parameter of zeros: so what is forgotten shows."""
    for module in component.modules():
        if isinstance(module, _BatchNorm):
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 2)
            module.weight.normal_(1, 0.2)
    for parameter in component.parameters():
        if not parameter.any():
            parameter.normal_(std=0.2)
    return component


def flat(tensors) -> List[Tensor]:
    """What a head (levels in, one map out) or an encoder (the reverse) takes or gives."""
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def like(example, tensors):
    """The reverse of ``flat``: ``tensors`` as ``example`` is, one tensor or a list."""
    return tensors[0] if isinstance(example, Tensor) else list(tensors)


def pairs(first, second) -> list:
    """Level by level, both of which must have as many."""
    first, second = flat(first), flat(second)
    assert len(first) == len(second)
    return list(zip(first, second))


def moved(example, **to):
    """An example on another device or of another type."""
    return like(example, [tensor.to(**to) for tensor in flat(example)])


def assert_near(got, expected, tolerance: float = 1e-4) -> None:
    """Level by level, to a share of the largest number of the level."""
    for one, other in pairs(got, expected):
        assert one.shape == other.shape
        error = (one.double() - other.double()).abs().max().item()
        assert error <= tolerance * other.double().abs().max().item()


def total(outputs) -> Tensor:
    """A loss to which every number of every level adds with another weight."""
    return sum((out.float() * torch.linspace(-1, 1, out.numel(), device=out.device)
                .reshape(out.shape)).mean() for out in flat(outputs))


def assert_gradients_near(component: nn.Module, other: nn.Module, tolerance: float = 1e-3):
    """Where gradients cancel, as those of a bias before a norm, only their noise is left."""
    expected = {name: parameter.grad for name, parameter in other.named_parameters()}
    noise = 1e-3 * max(grad.abs().max().item() for grad in expected.values())
    for name, parameter in component.named_parameters():
        error = (parameter.grad - expected[name]).abs().max().item()
        assert error <= tolerance * max(expected[name].abs().max().item(), noise), name
