"""A small MLP per place, its weights predicted: NRD's representational network.

Letters in shapes: B images, H x W places of the encoder map, p the patch size, M = B*H*W
patches of p*p pixels, c_i the channels between layers, N the parameters of one patch.
"""
from __future__ import annotations

from typing import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mmseg_nrd.checks import check_positive_int


def _layers(channels: Sequence[int]) -> list[tuple[int, int]]:
    if len(channels) < 2:
        raise ValueError(
            f'channels={tuple(channels)}: must name at least an input and an output width. '
            'Fix: pass (c0, ..., cL), for NRD (18, 16, 16, num_classes).')
    for index, width in enumerate(channels):
        check_positive_int(f'channels[{index}]', width)
    return list(zip(channels[:-1], channels[1:]))


def num_dynamic_params(channels: Sequence[int]) -> int:
    """How many weights and biases an MLP of these widths has (NRD, section 3.2).

    Args:
        channels (Sequence[int]): Widths (c0, ..., cL).

    Returns:
        int: the sum of c_i * c_{i+1} + c_{i+1} over the layers.

    Raises:
        ValueError: if there are fewer than two widths or one is not a positive integer.

    Example:
        >>> num_dynamic_params((18, 16, 16, 19))
        899
    """
    return sum(c_in * c_out + c_out for c_in, c_out in _layers(channels))


def split_dynamic_params(params: Tensor,
                         channels: Sequence[int]) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut flat parameters into the weight and bias of each layer.

    Convention: w0, b0, w1, b1, ... along the last axis, each weight out-major
    (``[c_out][c_in]``). The pieces are views, so writing into them writes into ``params``.

    Args:
        params (Tensor): (..., N).
        channels (Sequence[int]): Widths (c0, ..., cL).

    Yields:
        tuple[Tensor, Tensor]: weight (..., c_out, c_in) and bias (..., c_out), layer by layer.

    Example:
        >>> [tuple(w.shape) for w, b in split_dynamic_params(torch.zeros(899), (18, 16, 16, 19))]
        [(16, 18), (16, 16), (19, 16)]
    """
    layers = _layers(channels)
    sizes = [size for c_in, c_out in layers for size in (c_in * c_out, c_out)]
    # One split, not a slice for each piece: the gradient of a slice is as large as `params`.
    pieces = params.split(sizes, dim=-1)
    for (c_in, c_out), weight, bias in zip(layers, pieces[::2], pieces[1::2]):
        yield weight.unflatten(-1, (c_out, c_in)), bias


def _check(params: Tensor, inputs: Tensor, channels: Sequence[int], patch_size: int) -> None:
    check_positive_int('patch_size', patch_size)
    expected = num_dynamic_params(channels)
    if params.dim() != 4 or params.shape[1] != expected:
        raise ValueError(
            f'params of shape {tuple(params.shape)}: must be (B, {expected}, H, W) for '
            f'channels={tuple(channels)}. Fix: predict num_dynamic_params(channels) channels.')
    batch, _, height, width = params.shape
    size = (batch, channels[0], height * patch_size, width * patch_size)
    if tuple(inputs.shape) != size:
        raise ValueError(
            f'inputs of shape {tuple(inputs.shape)}: must be {size}, a {patch_size} x '
            f'{patch_size} patch for each of the {height} x {width} places of params. '
            'Fix: pad or resize inputs to that size.')


def dynamic_mlp(params: Tensor, inputs: Tensor, channels: Sequence[int],
                patch_size: int) -> Tensor:
    """Decode every patch with the MLP whose weights its place of the map holds.

    NRD, section 3.2, equation 1, as one small matrix product per patch and layer: parameters
    are never repeated for the pixels of a patch. ReLU after every layer but the last; any
    depth, floating dtype and device.

    Convention: place (i, j) of ``params`` decodes the pixels [i*p, (i+1)*p) x [j*p, (j+1)*p);
    the parameter order is that of :func:`split_dynamic_params`.

    Args:
        params (Tensor): (B, N, H, W), N = num_dynamic_params(channels). In channels-last memory
            a patch's parameters lie together, which saves a copy that takes a third of the time.
        inputs (Tensor): (B, c0, H*p, W*p), what the MLP sees of each pixel.
        channels (Sequence[int]): Widths (c0, ..., cL).
        patch_size (int): p.

    Returns:
        Tensor: (B, cL, H*p, W*p).

    Raises:
        ValueError: if a shape does not fit, or a width or ``patch_size`` is not positive.

    Example:
        >>> params, inputs = torch.randn(1, 899, 2, 3), torch.randn(1, 18, 16, 24)
        >>> dynamic_mlp(params, inputs, (18, 16, 16, 19), patch_size=8).shape
        torch.Size([1, 19, 16, 24])
    """
    _check(params, inputs, channels, patch_size)
    batch, _, height, width = params.shape
    p = patch_size
    flat = params.permute(0, 2, 3, 1).flatten(0, 2)
    # unfold() here and flatten(2) below are what torch.export can prove for any size.
    pixels = inputs.unfold(2, p, p).unfold(3, p, p)
    pixels = pixels.permute(0, 2, 3, 1, 4, 5).flatten(4, 5).flatten(0, 2)

    last = len(channels) - 2
    for index, (weight, bias) in enumerate(split_dynamic_params(flat, channels)):
        # A batched product over strided weights is several times slower than copying them.
        pixels = torch.baddbmm(bias.unsqueeze(-1), weight.contiguous(), pixels)
        if index < last:
            pixels = F.relu(pixels, inplace=True)

    out = pixels.unflatten(2, (p, p)).unflatten(0, (batch, height, width))
    out = out.permute(0, 3, 1, 4, 2, 5).flatten(2)
    return out.unflatten(2, (height * p, width * p))
