"""Where each pixel of a patch lies within it."""
from __future__ import annotations

import torch
from torch import Tensor

from .checks import check_positive_int


def patch_coordinates(patch_size: int) -> Tensor:
    """Coordinates of the pixels of one patch, the same for every patch (NRD, section 3.2).

    Convention: channel 0 is x (column index / patch_size), channel 1 is y (row index /
    patch_size); local to the patch, from 0 to 1 - 1 / patch_size, the upper left pixel at 0.

    Args:
        patch_size (int): Side of a patch, in pixels of the decoded map.

    Returns:
        Tensor: (2, patch_size, patch_size), float32.

    Raises:
        ValueError: if ``patch_size`` is not a positive integer.

    Example:
        >>> patch_coordinates(2)[0]
        tensor([[0.0000, 0.5000],
                [0.0000, 0.5000]])
    """
    check_positive_int('patch_size', patch_size)
    steps = torch.arange(patch_size, dtype=torch.float32) / patch_size
    return torch.stack([steps.expand(patch_size, -1), steps[:, None].expand(-1, patch_size)])
