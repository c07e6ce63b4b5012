"""Padding, cropping and repeating of sides that a traced program may leave open.

A slice, or a pad for which code asks whether it is needed, ties a program that torch.compile or
torch.export traces to the sizes that need it, or to those that do not. Padding, also by less than
nothing, does not, but copies; so eager mode does without where it can.
"""
from __future__ import annotations

from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor

# torch before 2.3 has it where it came from.
_is_compiling = getattr(torch.compiler, 'is_compiling', None) or torch._dynamo.is_compiling


def _pad(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Pad at the bottom and on the right, or crop."""
    return F.pad(x, (0, size[1] - x.shape[3], 0, size[0] - x.shape[2]))


def pad_to(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Pad at the bottom and on the right, with values that mean nothing.

    Args:
        x (Tensor): (B, C, h, w).
        size (tuple[int, int]): (H, W), at least (h, w).

    Returns:
        Tensor: (B, C, H, W).
    """
    if _is_compiling() or tuple(x.shape[2:]) != tuple(size):
        return _pad(x, size)
    return x


def crop_to(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Keep the upper left.

    Args:
        x (Tensor): (B, C, H, W).
        size (tuple[int, int]): (h, w), at most (H, W).

    Returns:
        Tensor: (B, C, h, w), contiguous, since MMSeg's heads and losses view what they get.
    """
    if _is_compiling():
        return _pad(x, size)
    return x[:, :, :size[0], :size[1]].contiguous()


def repeat_to(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Keep the upper left, and repeat the last row and column where there are too few.

    Args:
        x (Tensor): (B, C, h, w).
        size (tuple[int, int]): (H, W), of any size.

    Returns:
        Tensor: (B, C, H, W).
    """
    if not _is_compiling() and tuple(x.shape[2:]) == tuple(size):
        return x
    for dim, side in zip((2, 3), size):
        index = torch.arange(side, device=x.device).clamp(max=x.shape[dim] - 1)
        x = x.index_select(dim, index)
    return x
