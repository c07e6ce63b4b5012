"""Upsampling that reads beside the regular grid: the sampling of GUN's Guided Upsampling Module.

Letters in shapes: B images, C channels, h x w the map that is read, H x W the one that comes out.
"""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SAMPLING_MODES = ('bilinear', 'nearest')


def _check(feats: Tensor, offsets: Tensor, mode: str) -> None:
    if mode not in SAMPLING_MODES:
        raise ValueError(
            f"mode={mode!r}: must be one of {SAMPLING_MODES}. Fix: 'bilinear', or 'nearest' where "
            'no gradient to the offsets is needed.')
    if feats.dim() != 4 or 0 in feats.shape[2:]:
        raise ValueError(
            f'feats of shape {tuple(feats.shape)}: must be (B, C, h, w) with at least one pixel. '
            'Fix: pass a batch of maps.')
    expected = (feats.shape[0], 2)
    if offsets.dim() != 4 or tuple(offsets.shape[:2]) != expected or 0 in offsets.shape[2:]:
        raise ValueError(
            f'offsets of shape {tuple(offsets.shape)}: must be ({expected[0]}, 2, H, W), x and y '
            'for each pixel that comes out. Fix: predict two channels for each image of feats.')
    for name, tensor in dict(feats=feats, offsets=offsets).items():
        if not tensor.is_floating_point():
            raise ValueError(
                f'{name} of dtype {tensor.dtype}: must be floating point. '
                f'Fix: {name}.float(); for labels use their one-hot maps.')


def _regular(size: int, source: int, like: Tensor, align_corners: bool) -> Tensor:
    """Where ordinary upsampling reads along one axis, x_i + 1/2: (size,), in source pixels."""
    index = torch.arange(size, dtype=like.dtype, device=like.device)
    if align_corners:
        return index * (source - 1) / max(size - 1, 1) + 0.5
    return (index + 0.5) * source / size


def _along(regular: Tensor, offset: Tensor, source: int, mode: str) -> Tensor:
    """One axis of what ``F.grid_sample`` reads: -1 and 1 are the outer edges of the map."""
    scale = 2 / source
    if mode == 'bilinear':
        return torch.add(regular * scale - 1, offset, alpha=scale)
    # At a pixel's very centre grid_sample has no tie to break, which it would to the even side.
    return (regular + offset).floor() * scale + (1 / source - 1)


class _WithoutNaN(torch.autograd.Function):
    """NaN becomes minus infinity, which is read at the border; its gradient is NaN all the same.

    On CPUs the backward pass of ``F.grid_sample`` writes to memory that is not its own where the
    grid is NaN (torch 2.13), and the process dies.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(offsets: Tensor) -> Tensor:
        return offsets.masked_fill(offsets.isnan(), -torch.inf)

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        ctx.save_for_backward(inputs[0].isnan())

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:
        bad, = ctx.saved_tensors
        return grad.masked_fill(bad, torch.nan)


def guided_upsample(feats: Tensor, offsets: Tensor, mode: str = 'bilinear', *,
                    align_corners: bool = False) -> Tensor:
    """Upsample a map, each pixel reading where its offset points (GUN, section 3: GUM).

    ``V_i = sum_n sum_m U_nm max(0, 1 - |x_i + p_i - m|) max(0, 1 - |y_i + q_i - n|)``, U being
    ``feats``, (p_i, q_i) the offsets and (x_i, y_i) where ordinary upsampling reads. With zero
    offsets it is ``F.interpolate``. The formula is the paper's; frame, units and border are a
    reconstruction.

    Convention: offsets are in pixels of ``feats``; channel 0 is x (columns, to the right),
    channel 1 is y (rows, downwards). Pixel centres lie at 0 to w - 1 and 0 to h - 1. Positions
    outside are moved to the border, so NaN and infinite offsets read border pixels too. An offset
    whose position is moved gets no gradient along that axis; one that is NaN makes the gradients
    NaN, so that a training that diverges shows it. 'nearest' reads floor(x + 1/2), as
    ``F.interpolate``'s 'nearest-exact'; its gradient to the offsets is zero everywhere.

    Args:
        feats (Tensor): (B, C, h, w), the map that is read.
        offsets (Tensor): (B, 2, H, W). Half precision is sampled in float32.
        mode (str): 'bilinear' or 'nearest'. Defaults to 'bilinear'.
        align_corners (bool): Where (x_i, y_i) are, as for ``F.interpolate``. Defaults to False.

    Returns:
        Tensor: (B, C, H, W), in the dtype of ``feats``.

    Raises:
        ValueError: if a shape, a dtype or ``mode`` does not fit.

    Example:
        >>> feats = torch.arange(4.).reshape(1, 1, 1, 4)
        >>> guided_upsample(feats, torch.ones(1, 2, 1, 4))  # one pixel further right
        tensor([[[[1., 2., 3., 3.]]]])
    """
    _check(feats, offsets, mode)
    # Half precision has some 10 bits: no place for a fraction of a pixel on a large map.
    dtype = torch.promote_types(feats.dtype, torch.float32)
    offsets = offsets.to(dtype)
    # A traced graph cannot hold it.
    if mode == 'bilinear' and torch.is_grad_enabled() and not torch.jit.is_tracing():
        offsets = _WithoutNaN.apply(offsets)
    (h, w), (height, width) = feats.shape[2:], offsets.shape[2:]
    x = _along(_regular(width, w, offsets, align_corners), offsets[:, 0], w, mode)
    y = _along(_regular(height, h, offsets, align_corners)[:, None], offsets[:, 1], h, mode)
    # Stacked before the rows and seen as last: several times cheaper than stacked last.
    grid = torch.stack((x, y), dim=1).permute(0, 2, 3, 1)
    out = F.grid_sample(feats.to(dtype), grid, mode=mode, padding_mode='border',
                        align_corners=False)
    return out.to(feats.dtype)
