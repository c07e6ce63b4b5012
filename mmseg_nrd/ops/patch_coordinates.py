"""Where each pixel of a patch lies within it."""
from __future__ import annotations

import torch
from torch import Tensor

from mmseg_nrd.checks import check_positive_int


def patch_coordinates(patch_size: int, scale_factor: int = 1) -> Tensor:
    """Coordinates of the pixels of one patch, the same for every patch (NRD, section 3.2).

    Convention: channel 0 is x (column index / patch_size), channel 1 is y (row index /
    patch_size); local to the patch, from 0 to 1 - 1 / patch_size, the upper left pixel at 0.
    With ``scale_factor`` r each pixel is cut into r x r, which lie at their own places around
    it: for r = 2 a quarter of a pixel to either side (a reconstruction: the paper has r = 1).

    Args:
        patch_size (int): Side of a patch, in pixels of the decoded map.
        scale_factor (int): r. Defaults to 1.

    Returns:
        Tensor: (2, patch_size * r, patch_size * r), float32.

    Raises:
        ValueError: if an argument is not a positive integer.

    Example:
        >>> patch_coordinates(2)[0]
        tensor([[0.0000, 0.5000],
                [0.0000, 0.5000]])
        >>> patch_coordinates(1, scale_factor=2)[0, 0]
        tensor([-0.2500,  0.2500])
    """
    check_positive_int('patch_size', patch_size)
    check_positive_int('scale_factor', scale_factor)
    side = patch_size * scale_factor
    # Integers up to the one division: with scale_factor 1 this is index / patch_size exactly.
    steps = (2 * torch.arange(side, dtype=torch.float32) + 1 - scale_factor) / (2 * side)
    return torch.stack([steps.expand(side, -1), steps[:, None].expand(-1, side)])
