"""Multiply-adds of a step, priced by torch's registry; an operation without a price is an error.

torch's own counter takes what it does not know for nothing. Here an operation has a price, or is
known to multiply nothing worth counting: it copies, moves, draws or compares numbers, or does a few
operations for each element.
"""
from __future__ import annotations

import re
from typing import Callable, Set

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from mmseg_nrd.compat.host import release


def require_torch(oldest: str) -> None:
    """Raise an ``ImportError`` if torch is older than e.g. '2.5'."""
    version = torch.__version__
    if release(version)[:2] < release(oldest):
        raise ImportError(
            f'torch {version}: what benchmarks, compares or exports must have torch {oldest} or '
            f"newer. Fix: pip install 'torch>={oldest}'. Training, testing and prediction go on "
            'with this one.')


# Export, which loads models as benchmarks do, ends here as well.
require_torch('2.5')

from torch.utils.flop_counter import (  # noqa: E402  (older ones lack some of it)
    conv_flop_count,
    flop_registry,
    sdpa_backward_flop,
    sdpa_flop,
)

aten = torch.ops.aten

# Names of free operations beside those that torch itself tags as elementwise or as views.
_FREE = re.compile('aten::_*(' + '|'.join((
    'lift_fresh|(to_|unsafe_)?(copy|view)_?|detach_|cat|stack|repeat|flip|roll|tri[lu]|diag_embed',
    '(new_)?(empty|full|ones|zeros|rand|randn|randint)(_like|_strided)?|scalar_tensor',
    'randperm|arange|linspace|eye|(fill|zero|random|uniform|normal|bernoulli)_?|native_dropout.*',
    'pixel_(un)?shuffle|im2col|col2im|(constant|reflection|replication)_pad.*',
    '(as_strided|select|slice|unfold)_(backward|scatter)?',
    '(unsafe_)?(index|gather|scatter|masked|embedding)(_.*)?',
    'sort|topk|arg(max|min)|nonzero|count_nonzero|bincount|histc|unique2|equal|floor_divide',
    'sum|cumsum|mean|prod|(var|std)(_mean)?|a?max|a?min|aminmax|any|(is_)?all(_true)?',
    'norm|linalg_vector_norm|logsumexp|local_scalar_dense|(safe_|log_)?softmax.*',
    '(native_|cudnn_)?(batch|layer|group)_norm.*|.*pool2d.*|upsample_.*|grid_sampler_.*',
    '(leaky_relu|hard(tanh|swish|sigmoid))_(backward)?|prelu.*|(nll|mse|smooth_l1)_loss.*',
    'binary_cross_entropy.*',
)) + ')')

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
        price, name = _PRICES.get(func._overloadpacket), func._overloadpacket._qualified_op_name
        if price is None and not (
                torch.Tag.pointwise in func.tags or func.is_view or _FREE.fullmatch(name)):
            with self:  # a linear layer, for one, is a matrix product below
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
            self.unpriced.add(name)
        out = func(*args, **kwargs)
        if price is not None:
            self.operations += price(*args, **kwargs, out_val=out)
        return out


def count_multiply_adds(step: Callable[[], object]) -> int:
    """Multiply-adds of one run of a step: of its convolutions and matrix products.

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
            f'nothing worth counting. Fix: enter it in {__name__}.')
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
