"""The NRD decoder as an MMSegmentation decode head."""
from __future__ import annotations

from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_norm_layer
from mmseg.models.decode_heads.aspp_head import ASPPHead
from mmseg.models.decode_heads.sep_aspp_head import DepthwiseSeparableASPPModule
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_nrd.ops import check_positive_int, dynamic_mlp, num_dynamic_params, patch_coordinates

from .theta_init import THETA_INITS


@MODELS.register_module()
class NRDHead(ASPPHead):
    """Dynamic Neural Representational Decoder (Zhang et al., NeurIPS 2021, arXiv 2107.14428).

    Each place of the encoder map predicts a small MLP, which decodes the ``patch_size`` x
    ``patch_size`` patch of logits under that place from the pixels' coordinates in the patch
    and a few channels of a finer encoder level, the guidance. Context is DeepLabV3+'s
    separable ASPP, so every argument of ``DepthwiseSeparableASPPHead`` is one of this head
    too: swapping the ``type`` of a DeepLabV3+ config and choosing ``patch_size`` is enough.

    Convention: the logits have the size of the guidance level. With an encoder map of H x W
    places, its size h x w must satisfy (H - 1) * patch_size < h <= H * patch_size, and
    likewise for the width. Without guidance the logits are H * patch_size x W * patch_size.
    The segmentor resizes them to the image with the head's ``align_corners``.

    Args:
        in_channels (int): Channels of the encoder map.
        channels (int): Channels of the context features.
        num_classes (int): Number of classes.
        c1_in_channels (int): Channels of the guidance level; 0 decodes from the coordinates
            alone.
        c1_channels (int): Width of the guidance branch. Defaults to 48.
        c1_index (int): Which encoder level the guidance is. Defaults to 0.
        patch_size (int): Side of a patch: the stride of the encoder map divided by that of
            the guidance. Defaults to 8, which is stride 32 to stride 4.
        hidden_channels (int): Width of the MLP's two hidden layers. Defaults to 16.
        guidance_channels (int): Guidance channels that the MLP sees. Defaults to 16.
        controller_reduction (int): Divides the controller's width. Defaults to 1.
        theta_init (str): 'static' starts as an ordinary static MLP and learns faster at first;
            'paper' is the authors' start near zero. Defaults to 'static'.
        dilations (Sequence[int]): Dilations of the ASPP. Defaults to (1, 3, 6, 9).
        dropout_ratio (float): Dropout on the context features before the controller.
            Defaults to 0, as the authors have it.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None:
            each layer's own start.
        kwargs: ``norm_cfg``, ``in_index``, ``align_corners``, ``loss_decode``, ``sampler`` and
            the other arguments of MMSeg's ``BaseDecodeHead``.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> head = MODELS.build(dict(
        ...     type='NRDHead', in_channels=2048, in_index=3, channels=512, num_classes=19,
        ...     c1_in_channels=256, norm_cfg=dict(type='BN'))).eval()
        >>> strides, widths = (4, 8, 16, 32), (256, 512, 1024, 2048)
        >>> levels = [torch.randn(1, c, 128 // s, 256 // s) for c, s in zip(widths, strides)]
        >>> head(levels).shape
        torch.Size([1, 19, 32, 64])
    """

    def __init__(self,
                 in_channels: int,
                 channels: int,
                 *,
                 num_classes: int,
                 c1_in_channels: int,
                 c1_channels: int = 48,
                 c1_index: int = 0,
                 patch_size: int = 8,
                 hidden_channels: int = 16,
                 guidance_channels: int = 16,
                 controller_reduction: int = 1,
                 theta_init: str = 'static',
                 dilations: Sequence[int] = (1, 3, 6, 9),
                 dropout_ratio: float = 0.,
                 init_cfg=None,
                 **kwargs):
        for name, value in dict(
                channels=channels, num_classes=num_classes, patch_size=patch_size,
                hidden_channels=hidden_channels,
                controller_reduction=controller_reduction).items():
            check_positive_int(name, value)
        # Several levels at once come with `input_transform`; MMSeg checks that they match.
        for value in in_channels if isinstance(in_channels, (list, tuple)) else [in_channels]:
            check_positive_int('in_channels', value)
        check_positive_int('c1_in_channels', c1_in_channels, minimum=0)
        # Without guidance its widths mean nothing; the stock head then even needs c1_channels=0.
        for name, value in dict(c1_channels=c1_channels,
                                guidance_channels=guidance_channels).items():
            check_positive_int(name, value, minimum=1 if c1_in_channels else 0)
        _check_choices(channels, controller_reduction, theta_init, dilations)
        inputs = 2 + (guidance_channels if c1_in_channels else 0)
        _check_groups(kwargs.get('norm_cfg'), inputs)
        super().__init__(
            dilations=dilations, in_channels=in_channels, channels=channels,
            num_classes=num_classes, dropout_ratio=dropout_ratio, init_cfg=init_cfg, **kwargs)
        # The dynamic MLP classifies. A parameter that no loss reaches would stop DDP.
        del self.conv_seg
        self.aspp_modules = DepthwiseSeparableASPPModule(
            dilations=dilations, in_channels=self.in_channels, channels=channels,
            conv_cfg=self.conv_cfg, norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        self.c1_index = c1_index
        self.patch_size = patch_size
        self.input_norm = build_norm_layer(
            self.norm_cfg, inputs)[1] if self.norm_cfg else nn.Identity()
        self.c1_bottleneck = self._build_guidance(
            c1_in_channels, c1_channels, guidance_channels) if c1_in_channels else None
        self.mlp_channels = (inputs, hidden_channels, hidden_channels, self.out_channels)
        self.controller = self._build_controller(channels // controller_reduction)
        THETA_INITS[theta_init](self.controller[1], self.mlp_channels)
        self.register_buffer('coordinates', patch_coordinates(patch_size), persistent=False)

    def _build_guidance(self, in_channels: int, width: int, out_channels: int) -> nn.Sequential:
        return nn.Sequential(
            ConvModule(in_channels, width, 3, padding=1, conv_cfg=self.conv_cfg,
                       norm_cfg=self.norm_cfg, act_cfg=self.act_cfg),
            ConvModule(width, out_channels, 1, conv_cfg=self.conv_cfg, act_cfg=None))

    def _build_controller(self, width: int) -> nn.Sequential:
        return nn.Sequential(
            ConvModule(self.channels, width, 3, padding=1, conv_cfg=self.conv_cfg,
                       norm_cfg=self.norm_cfg, act_cfg=self.act_cfg),
            nn.Conv2d(width, num_dynamic_params(self.mlp_channels), 1))

    def _mlp_inputs(self, guidance: Optional[Tensor], like: Tensor,
                    size: Tuple[int, int]) -> Tensor:
        """What the MLP sees of each pixel: x, y and the guidance, normalised together.

        Args:
            guidance (Tensor, optional): (B, c1_in_channels, h, w), the encoder level.
            like (Tensor): Gives batch size, dtype and device.
            size (tuple[int, int]): (H*p, W*p), the size of all patches together.

        Returns:
            Tensor: (B, 2 + guidance_channels, H*p, W*p); zero outside h x w.
        """
        tiles = (1, size[0] // self.patch_size, size[1] // self.patch_size)
        inputs = self.coordinates.to(like.dtype).repeat(tiles).expand(like.shape[0], -1, -1, -1)
        if guidance is None:
            return self.input_norm(inputs)
        height, width = guidance.shape[2:]
        guidance = self.c1_bottleneck(guidance)
        inputs = torch.cat([inputs[:, :, :height, :width].to(guidance.dtype), guidance], dim=1)
        # Padding after the norm keeps pixels that are cropped again out of its statistics.
        return F.pad(self.input_norm(inputs), (0, size[1] - width, 0, size[0] - height))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Logits of a batch.

        Args:
            inputs (Sequence[Tensor]): The encoder's levels, each (B, C_i, H_i, W_i).

        Returns:
            Tensor: (B, out_channels, h, w), h x w being the size of the guidance level.

        Raises:
            ValueError: if the guidance level does not fit the encoder map.
        """
        context = self._forward_feature(inputs)
        size = tuple(side * self.patch_size for side in context.shape[2:])
        guidance, out_size = None, size
        if self.c1_bottleneck is not None:
            guidance = inputs[self.c1_index]
            out_size = tuple(guidance.shape[2:])
            self._check_fit(out_size, size)
        if self.dropout is not None:
            context = self.dropout(context)
        logits = dynamic_mlp(
            self.controller(context), self._mlp_inputs(guidance, context, size),
            self.mlp_channels, self.patch_size)
        return logits[:, :, :out_size[0], :out_size[1]]

    def _check_fit(self, level: Tuple[int, int], full: Tuple[int, int]) -> None:
        p = self.patch_size
        if any(not side - p < got <= side for got, side in zip(level, full)):
            raise ValueError(
                f'guidance level c1_index={self.c1_index} is {level[0]} x {level[1]}, but the '
                f'encoder map of {full[0] // p} x {full[1] // p} places with patch_size={p} '
                f'needs one of {full[0] - p + 1} to {full[0]} by {full[1] - p + 1} to {full[1]}. '
                'Fix: set patch_size to the stride of level in_index divided by that of level '
                'c1_index, or choose another c1_index.')


def _check_choices(channels: int, controller_reduction: int, theta_init: str,
                   dilations: Sequence[int]) -> None:
    if controller_reduction > channels:
        raise ValueError(
            f'controller_reduction={controller_reduction}: must not exceed channels={channels}, '
            'or the controller has no channel left. Fix: lower controller_reduction.')
    if theta_init not in list(THETA_INITS):
        raise ValueError(
            f'theta_init={theta_init!r}: must be one of {sorted(THETA_INITS)}. '
            "Fix: 'static' to learn fast, 'paper' to reproduce the authors.")
    if not isinstance(dilations, (list, tuple)) or not dilations:
        raise ValueError(
            f'dilations={dilations!r}: must be a non-empty list or tuple of integers. '
            'Fix: pass (1, 3, 6, 9), or those of the config that you start from.')
    for index, dilation in enumerate(dilations):
        check_positive_int(f'dilations[{index}]', dilation)


def _check_groups(norm_cfg: Optional[dict], inputs: int) -> None:
    groups = (norm_cfg or {}).get('num_groups', 1)
    if inputs % groups:
        raise ValueError(
            f'norm_cfg.num_groups={groups}: must divide the {inputs} inputs of the dynamic MLP, '
            'two coordinates and guidance_channels. Fix: choose num_groups to divide them and '
            'every other width, such as 2.')
