"""GUN's Guidance Modules: they say where each upsampled pixel is to read."""
from __future__ import annotations

from typing import Optional, Sequence, Tuple, Union

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, Sequential
from torch import Tensor, nn

from mmseg_nrd.checks import check_positive_int

from .narrow_norm import narrow_norm


class OffsetConv(nn.Conv2d):
    """1x1 convolution to offsets that starts at zero: plain upsampling at first (reconstruction).

    Args:
        in_channels (int): Channels of the features.
        maps (int): How many maps of offsets; x and y of the first, then of the next.
    """

    def __init__(self, in_channels: int, maps: int):
        super().__init__(in_channels, 2 * maps, 1)
        self.init_weights()

    def init_weights(self) -> None:
        """Zero again, also after an ``init_cfg`` further up has reached every convolution."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)


def conv_layer(in_channels: int, channels: int, kernel_size: int, norm_cfg: Optional[dict],
               act_cfg: Optional[dict]) -> ConvModule:
    """Conv-norm-act that keeps the size; without norm or activation where that is None."""
    return ConvModule(in_channels, channels, kernel_size, padding=kernel_size // 2,
                      norm_cfg=narrow_norm(norm_cfg, channels), act_cfg=act_cfg)


def ladder_widths(channels: Union[int, Sequence[int]], scale_factor: int) -> Tuple[int, ...]:
    """Width of each step of the large-rf guidance; an int stands for all log2(scale_factor).

    Raises:
        ValueError: if a width is not a positive integer, or there are too many or none.
    """
    steps = int(scale_factor - 1).bit_length()
    if not isinstance(channels, (list, tuple)):
        check_positive_int('large_rf_channels', channels)
        return (channels,) * steps
    for index, width in enumerate(channels):
        check_positive_int(f'large_rf_channels[{index}]', width)
    if not 1 <= len(channels) <= steps:
        raise ValueError(
            f'large_rf_channels={tuple(channels)}: must name 1 to {steps} widths, one for each '
            f'doubling up to scale_factor={scale_factor}. Fix: leave some out or add some.')
    return tuple(channels)


class LargeRFGuidance(BaseModule):
    """Offsets from features with a large receptive field (GUN's large-rf design).

    From the paper: deep features, upsampled step by step, each step followed by a convolution.
    Reconstruction: a step is bilinear x2, then 3x3 conv-norm-act, and there are
    log2(scale_factor) of them; with fewer ``channels`` the offsets come from a coarser map and
    are resized, which costs far less.

    Args:
        in_channels (int): Channels of the features.
        channels (int | Sequence[int]): Width of every step, or of each.
        scale_factor (int): From the logits to the upsampled map.
        bottleneck (int): Width of a 1x1 conv-norm-act before the first step; 0 for none.
        align_corners (bool): Of all resizing.
        maps (int): How many maps of offsets.
        norm_cfg (dict, optional): Norm of the convolutions; None for none.
        act_cfg (dict, optional): Activation of the convolutions; None for none.
    """

    def __init__(self, in_channels: int, channels: Union[int, Sequence[int]], scale_factor: int,
                 bottleneck: int, align_corners: bool, maps: int, norm_cfg: Optional[dict],
                 act_cfg: Optional[dict]):
        super().__init__()
        self.align_corners = align_corners
        widths = ladder_widths(channels, scale_factor)
        # How much smaller than the upsampled map each step's is.
        steps = int(scale_factor - 1).bit_length()
        self.divisors = tuple(2 ** (steps - 1 - index) for index in range(len(widths)))
        layer = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.bottleneck = conv_layer(in_channels, bottleneck, 1, **layer) if bottleneck else None
        inputs = (bottleneck or in_channels, *widths[:-1])
        self.steps = nn.ModuleList(
            conv_layer(c_in, c_out, 3, **layer) for c_in, c_out in zip(inputs, widths))
        self.offsets = OffsetConv(widths[-1], maps)

    def _resize(self, x: Tensor, size: Sequence[int]) -> Tensor:
        return F.interpolate(x, size, mode='bilinear', align_corners=self.align_corners)

    def forward(self, x: Tensor, size: Tuple[int, int]) -> Tensor:
        """Features (B, in_channels, h, w) to offsets (B, 2 * maps, *size), in logits' pixels."""
        if self.bottleneck is not None:
            x = self.bottleneck(x)
        for divisor, step in zip(self.divisors, self.steps):
            # Rounded up without a negative number, which ONNX would divide towards zero.
            x = step(self._resize(x, [(side + divisor - 1) // divisor for side in size]))
        offsets = self.offsets(x)
        return self._resize(offsets, size) if self.divisors[-1] > 1 else offsets


class HighResGuidance(Sequential):
    """Offsets from an early map of high resolution (GUN's high-res design).

    From the paper: one convolution on an early map. Reconstruction: it is 1x1; ``channels``
    puts a 1x1 conv-norm-act before it.

    Args:
        in_channels (int): Channels of the map.
        channels (int): Width of the layer in between; 0 for none.
        maps (int): How many maps of offsets.
        norm_cfg (dict, optional): Its norm; None for none.
        act_cfg (dict, optional): Its activation; None for none.
    """

    def __init__(self, in_channels: int, channels: int, maps: int, norm_cfg: Optional[dict],
                 act_cfg: Optional[dict]):
        hidden = [conv_layer(in_channels, channels, 1, norm_cfg, act_cfg)] if channels else []
        super().__init__(*hidden, OffsetConv(channels or in_channels, maps))


class MergedGuidance(BaseModule):
    """Offsets from both maps by one layer over the two (reconstruction of GUN's fusion design).

    The large-rf features are resized to the high-resolution map and laid beside it; a 3x3
    conv-norm-act over both comes before the offsets. It can weigh one map by the other, which the
    sum of two designs' offsets cannot.

    Args:
        large_rf_in_channels (int): Channels of the features.
        high_res_in_channels (int): Channels of the map.
        channels (int): Width of the layer over both.
        bottleneck (int): Width of a 1x1 conv-norm-act on the features; 0 for none.
        align_corners (bool): Of the resizing.
        maps (int): How many maps of offsets.
        norm_cfg (dict, optional): Norm of the convolutions; None for none.
        act_cfg (dict, optional): Activation of the convolutions; None for none.
    """

    def __init__(self, large_rf_in_channels: int, high_res_in_channels: int, channels: int,
                 bottleneck: int, align_corners: bool, maps: int, norm_cfg: Optional[dict],
                 act_cfg: Optional[dict]):
        super().__init__()
        self.align_corners = align_corners
        layer = dict(norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.bottleneck = conv_layer(
            large_rf_in_channels, bottleneck, 1, **layer) if bottleneck else None
        self.merge = conv_layer(
            (bottleneck or large_rf_in_channels) + high_res_in_channels, channels, 3, **layer)
        self.offsets = OffsetConv(channels, maps)

    def forward(self, large_rf: Tensor, high_res: Tensor) -> Tensor:
        """Both maps to offsets (B, 2 * maps, H, W) of the high-resolution map's size."""
        if self.bottleneck is not None:
            large_rf = self.bottleneck(large_rf)
        large_rf = F.interpolate(large_rf, high_res.shape[2:], mode='bilinear',
                                 align_corners=self.align_corners)
        return self.offsets(self.merge(torch.cat([large_rf, high_res], dim=1)))
