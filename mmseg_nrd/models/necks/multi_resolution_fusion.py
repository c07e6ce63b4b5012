"""GUN's Fusion Module: the low-resolution branch's context onto the medium one's map."""
from __future__ import annotations

from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_activation_layer
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor, nn

MODES = ('sum', 'concat')


@MODELS.register_module()
class MultiResolutionFusion(BaseModule):
    """Fusion Module of GUN (Mazzini, BMVC 2018, arXiv 1807.07466).

    The paper's: a module that joins the two branches, by sum or by concatenation.
    Reconstruction: its layers. The low map is enlarged bilinearly and goes through a 3x3
    convolution with dilation 2 and a norm, the medium map through a 1x1 convolution and a norm;
    then 'sum' adds the two and applies the activation, 'concat' joins them with a 1x1
    convolution, norm and activation.

    Convention: the last two of the inputs are the medium and the low map, and the fused map is
    appended, so that nothing is lost: (guidance, medium, low) becomes (guidance, medium, low,
    fused). A decode head takes the fused map at index -1 and the guidance at 0; auxiliary heads
    may take any. The fused map has the medium map's size; whatever size the low map has, it is
    resized to that (``align_corners=False``), never cropped.

    Args:
        in_channels (Sequence[int]): Channels of the medium and of the low map.
        out_channels (int): Channels of the fused map. Defaults to 128.
        mode (str): 'sum' or 'concat'. Defaults to 'sum'.
        conv_cfg (dict, optional): Convolutions. Defaults to None, ``Conv2d``.
        norm_cfg (dict, optional): Norms; None for none. Defaults to dict(type='BN').
        act_cfg (dict, optional): Activation; None for none. Defaults to dict(type='ReLU').
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None: each
            layer's own start.

    Raises:
        ValueError: if ``mode`` is unknown.

    Example:
        >>> neck = MultiResolutionFusion(in_channels=(128, 512)).eval()
        >>> levels = [torch.zeros(1, c, 64 // s, 96 // s)
        ...           for c, s in ((16, 1), (128, 8), (512, 16))]
        >>> [tuple(level.shape[1:]) for level in neck(levels)]
        [(16, 64, 96), (128, 8, 12), (512, 4, 6), (128, 8, 12)]
    """

    def __init__(self,
                 in_channels: Sequence[int],
                 out_channels: int = 128,
                 mode: str = 'sum',
                 conv_cfg: Optional[dict] = None,
                 norm_cfg: Optional[dict] = dict(type='BN'),  # noqa: B006
                 act_cfg: Optional[dict] = dict(type='ReLU'),  # noqa: B006
                 init_cfg=None):
        if mode not in list(MODES):
            raise ValueError(
                f'mode={mode!r}: must be one of {MODES}. Fix: mode={MODES[0]!r}.')
        super().__init__(init_cfg)
        self.in_channels = tuple(in_channels)
        self.mode = mode
        common = dict(conv_cfg=conv_cfg, norm_cfg=norm_cfg)
        self.medium_conv = ConvModule(in_channels[0], out_channels, 1, act_cfg=None, **common)
        self.low_conv = ConvModule(
            in_channels[1], out_channels, 3, padding=2, dilation=2, act_cfg=None, **common)
        if mode == 'concat':
            self.fuse = ConvModule(2 * out_channels, out_channels, 1, act_cfg=act_cfg, **common)
        else:
            self.fuse = build_activation_layer(act_cfg) if act_cfg else nn.Identity()

    def forward(self, inputs: Sequence[Tensor]) -> Tuple[Tensor, ...]:
        """Append the fused map to the levels.

        Args:
            inputs (Sequence[Tensor]): Levels of an encoder; the last two are the medium map
                (B, in_channels[0], H, W) and the low map (B, in_channels[1], h, w).

        Returns:
            tuple[Tensor]: The inputs and the fused map, (B, out_channels, H, W).

        Raises:
            ValueError: if there are not two levels of the expected channels.
        """
        got = tuple(level.shape[1] for level in inputs[-2:])
        if got != self.in_channels:
            raise ValueError(
                f'the last two of {len(inputs)} levels have {got} channels: must be in_channels='
                f'{self.in_channels}, the medium and the low map. Fix: set in_channels to them.')
        medium, low = inputs[-2:]
        low = F.interpolate(low, medium.shape[2:], mode='bilinear', align_corners=False)
        medium, low = self.medium_conv(medium), self.low_conv(low)
        joined = torch.cat([medium, low], dim=1) if self.mode == 'concat' else medium + low
        return (*inputs, self.fuse(joined))
