"""NRD's decode step as the authors formulate it, re-created from its description."""
from __future__ import annotations

from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def repeat_and_sum_mlp(params: Tensor, inputs: Tensor, channels: Sequence[int],
                       patch_size: int) -> Tensor:
    """The same mathematics as ``mmseg_nrd.ops.dynamic_mlp``, without matrix products.

    The parameters are repeated for every pixel of their patch; a layer repeats its input for
    each of its output channels, multiplies, and sums with a grouped convolution of ones.

    Args:
        params (Tensor): (B, N, H, W).
        inputs (Tensor): (B, c0, H * patch_size, W * patch_size).
        channels (Sequence[int]): Widths (c0, ..., cL).
        patch_size (int): Side of a patch.

    Returns:
        Tensor: (B, cL, H * patch_size, W * patch_size).
    """
    params = F.interpolate(params, scale_factor=patch_size, mode='nearest')
    start, last = 0, len(channels) - 2
    for index, (c_in, c_out) in enumerate(zip(channels[:-1], channels[1:])):
        weight = params[:, start:start + c_in * c_out]
        start += c_in * c_out
        bias = params[:, start:start + c_out]
        start += c_out
        products = weight * inputs.repeat(1, c_out, 1, 1)
        inputs = F.conv2d(products, torch.ones_like(params[:1, :1, :1, :1]).expand(
            c_out, c_in, 1, 1), groups=c_out) + bias
        if index < last:
            inputs = F.relu(inputs)
    return inputs
