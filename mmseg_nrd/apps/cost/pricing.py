"""Multiply-adds of a step, with a price for every operation that it runs.

mmengine's counter skips what it does not know, and torch's adds nothing for it. Here an operation
is priced, or known to multiply nothing worth counting (:mod:`.free_operations`), or an error.
"""
from __future__ import annotations

from typing import Callable, Set

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mmseg_nrd.compat import require_torch

from .free_operations import is_free

# Export, which loads models as benchmarks do, ends here as well.
require_torch('2.5', 'what benchmarks, compares or exports')

from torch.utils.flop_counter import (  # noqa: E402  (older ones lack some of it)
    conv_flop_count,
    flop_registry,
    sdpa_backward_flop,
    sdpa_flop,
)

aten = torch.ops.aten

# Modules of mmcv.ops that are plain torch; the compiled ones run where no dispatch mode looks.
_PLAIN_MMCV = {'CrissCrossAttention', 'SimpleRoIAlign'}


def _convolution_backward(grad_out, x, weight, bias_sizes, stride, padding, dilation, transposed,
                          output_padding, groups, output_mask, *, out_val) -> int:
    """Each gradient costs what the convolution does.

    torch's formula takes the gradient of a grouped convolution's weight for that of a dense one.
    """
    forward = conv_flop_count(x.shape, weight.shape, grad_out.shape, transposed)
    return forward * sum(output_mask[:2])


_PRICES = {
    **flop_registry,
    aten.convolution_backward: _convolution_backward,
    # The CPU's fused attention, which torch's list has not.
    aten._scaled_dot_product_flash_attention_for_cpu: sdpa_flop,
    aten._scaled_dot_product_flash_attention_for_cpu_backward: sdpa_backward_flop,
}


class UncountableError(ValueError):
    """A model whose multiply-adds cannot be counted, with the reason."""


class _Counter(TorchDispatchMode):
    """Adds up the prices of the operations that run and collects those that have none."""

    def __init__(self):
        super().__init__()
        self.operations = 0
        self.unpriced: Set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        price = _PRICES.get(func._overloadpacket)
        if price is not None:
            out = func(*args, **kwargs)
            self.operations += price(*args, **kwargs, out_val=out)
            return out
        if not is_free(func):
            with self:  # a linear layer, for one, is a matrix product below
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
            self.unpriced.add(func._overloadpacket._qualified_op_name)
        return func(*args, **kwargs)


def count_multiply_adds(step: Callable[[], object]) -> int:
    """Multiply-adds of one run of a step: of its convolutions and matrix products.

    Args:
        step (Callable): What to run, once.

    Returns:
        int: half of what torch counts as operations.

    Raises:
        UncountableError: naming the operations that have no price.

    Example:
        >>> count_multiply_adds(lambda: torch.ones(2, 3) @ torch.ones(3, 5))
        30
    """
    fast_path = torch.backends.mha.get_fastpath_enabled()
    # One fused operation for a whole attention layer; without it, its matrix products show.
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with _Counter() as counter:
            step()
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
    if counter.unpriced:
        raise UncountableError(
            f'{", ".join(sorted(counter.unpriced))}: must have a price or be known to multiply '
            'nothing worth counting. Fix: enter it in pricing.py or free_operations.py of '
            'mmseg_nrd/apps/cost.')
    return counter.operations // 2


def check_visible(model: nn.Module) -> None:
    """Refuse modules whose work no counter sees.

    Raises:
        UncountableError: naming the modules that call mmcv's compiled operations.
    """
    hidden = {type(module).__name__ for module in model.modules()
              if type(module).__module__.startswith('mmcv.ops')} - _PLAIN_MMCV
    if hidden:
        raise UncountableError(
            f'{", ".join(sorted(hidden))}: compiled operations of mmcv, whose multiply-adds '
            'cannot be counted. Fix: leave this config out.')
