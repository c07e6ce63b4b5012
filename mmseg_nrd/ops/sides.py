"""Cutting, joining, padding and cropping of sides that a traced program may leave open.

While torch.compile or torch.export traces, a view, a slice or a pad that depends on the image's
size ties the program to the sizes for which some inequality holds that it cannot prove. Gathering
rows and columns does not, but costs a copy, so eager mode does without.
"""
from __future__ import annotations

from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


def _gather(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Rows and columns up to ``size``; beyond the last one, that one again."""
    for dim, side in zip((2, 3), size):
        index = torch.arange(side, device=x.device).clamp(max=x.shape[dim] - 1)
        x = x.index_select(dim, index)
    return x


def split_side(x: Tensor, dim: int, parts: int, length: int) -> Tensor:
    """Cut a dimension of ``parts * length`` into two.

    Args:
        x (Tensor): Any.
        dim (int): Which dimension, counted from the front.
        parts (int): Size of the first of the two.
        length (int): Size of the second.

    Returns:
        Tensor: with one dimension more.
    """
    if torch.compiler.is_compiling():
        at = torch.arange(parts, device=x.device)[:, None] * length
        return x[(slice(None),) * dim + (at + torch.arange(length, device=x.device),)]
    return x.unflatten(dim, (parts, length))


def join_side(x: Tensor, dim: int) -> Tensor:
    """Join a dimension and the next into one.

    Args:
        x (Tensor): Any.
        dim (int): The first of the two, counted from the front.

    Returns:
        Tensor: with one dimension less.
    """
    if torch.compiler.is_compiling():
        parts, length = x.shape[dim:dim + 2]
        at = torch.arange(parts * length, device=x.device)
        return x[(slice(None),) * dim + (at // length, at % length)]
    return x.flatten(dim, dim + 1)


def pad_to(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Pad at the bottom and on the right, with values that mean nothing.

    Args:
        x (Tensor): (B, C, h, w).
        size (tuple[int, int]): (H, W), at least (h, w).

    Returns:
        Tensor: (B, C, H, W).
    """
    if torch.compiler.is_compiling():
        return _gather(x, size)
    pad = (0, size[1] - x.shape[3], 0, size[0] - x.shape[2])
    # torch copies also where there is nothing to pad.
    return F.pad(x, pad) if any(pad) else x


def crop_to(x: Tensor, size: Tuple[int, int]) -> Tensor:
    """Keep the upper left.

    Args:
        x (Tensor): (B, C, H, W).
        size (tuple[int, int]): (h, w), at most (H, W).

    Returns:
        Tensor: (B, C, h, w).
    """
    if torch.compiler.is_compiling():
        return _gather(x, size)
    return x[:, :, :size[0], :size[1]]
