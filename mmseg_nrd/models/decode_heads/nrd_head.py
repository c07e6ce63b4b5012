"""The NRD decoder as an MMSegmentation decode head."""
from __future__ import annotations

from typing import Optional, Sequence, Tuple

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule, build_norm_layer
from mmengine.model import Sequential
from mmseg.models.decode_heads.aspp_head import ASPPHead
from mmseg.models.decode_heads.sep_aspp_head import DepthwiseSeparableASPPModule
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_nrd.checks import check_positive_int
from mmseg_nrd.ops import (
    crop_to,
    dynamic_mlp,
    pad_to,
    patch_coordinates,
    repeat_to,
    resize_rows,
    source_rows,
)

from ..levels import check_level, check_ratio
from .narrow_norm import narrow_norm
from .theta_init import THETA_INITS, ThetaConv


@MODELS.register_module()
class NRDHead(ASPPHead):
    """Dynamic Neural Representational Decoder (Zhang et al., NeurIPS 2021, arXiv 2107.14428).

    Each place of the encoder map predicts a small MLP, which decodes the ``patch_size`` x
    ``patch_size`` patch of logits under that place from the pixels' coordinates in the patch
    and a few channels of a finer encoder level, the guidance. Context is DeepLabV3+'s
    separable ASPP, so every argument of ``DepthwiseSeparableASPPHead`` is one of this head
    too: swapping the ``type`` of a DeepLabV3+ config and choosing ``patch_size`` is enough.

    Convention: the logits have ``scale_factor`` times the size h x w of the guidance level. Place
    i of the encoder map of H x W places lies over its rows [i * patch_size, (i + 1) * patch_size),
    and likewise for columns. Places beyond the guidance are not used; rows below the last place,
    which encoders that round sides down leave, take that place's MLP with coordinates that start
    anew. h must be H * patch_size to less than two places or an eighth. Without guidance h =
    H * patch_size and w = W * patch_size. The segmentor resizes the logits to the image with the
    head's ``align_corners``.

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
        scale_factor (int): Evaluate the MLP on a grid finer by this factor, with the guidance
            resized and each pixel at its own place in the patch: with guidance at stride 4, 4
            gives logits at full resolution. It adds no parameters, so a trained head takes any
            (not in the paper); it needs ``align_corners=False``. Defaults to 1.
        hidden_channels (int): Width of the MLP's two hidden layers. Defaults to 16.
        guidance_channels (int): Guidance channels that the MLP sees. Defaults to 16.
        controller_reduction (int): Divides the controller's width. Defaults to 1.
        theta_init (str): 'static' starts as an ordinary static MLP and learns faster at first;
            'paper' is the authors' start near zero. It holds whatever ``init_cfg`` says of
            convolutions. Defaults to 'static'.
        dilations (Sequence[int]): Dilations of the ASPP. Defaults to (1, 3, 6, 9).
        dropout_ratio (float): Dropout on the context features before the controller.
            Defaults to 0, as the authors have it.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None:
            each layer's own start.
        kwargs: ``norm_cfg``, ``in_index``, ``align_corners``, ``loss_decode``, ``sampler`` and
            the other arguments of MMSeg's ``BaseDecodeHead``. A GroupNorm has fewer groups in
            the guidance branch and before the MLP where these have too few channels.

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
                 scale_factor: int = 1,
                 hidden_channels: int = 16,
                 guidance_channels: int = 16,
                 controller_reduction: int = 1,
                 theta_init: str = 'static',
                 dilations: Sequence[int] = (1, 3, 6, 9),
                 dropout_ratio: float = 0.,
                 init_cfg=None,
                 **kwargs):
        for name, value in dict(
                patch_size=patch_size, scale_factor=scale_factor, hidden_channels=hidden_channels,
                controller_reduction=controller_reduction).items():
            check_positive_int(name, value)
        # Without guidance its widths mean nothing; the stock head then even needs c1_channels=0.
        if c1_in_channels:
            for name, value in dict(c1_in_channels=c1_in_channels, c1_channels=c1_channels,
                                    guidance_channels=guidance_channels).items():
                check_positive_int(name, value)
        _check_choices(channels, controller_reduction, theta_init, dilations)
        if scale_factor > 1 and kwargs.get('align_corners', False):
            raise ValueError(
                f'scale_factor={scale_factor} with align_corners=True: the finer grid lies '
                'between pixel centres, where align_corners=False looks for it. Fix: '
                'align_corners=False, or scale_factor=1.')
        super().__init__(
            dilations=dilations, in_channels=in_channels, channels=channels,
            num_classes=num_classes, dropout_ratio=dropout_ratio, init_cfg=init_cfg, **kwargs)
        # The dynamic MLP classifies. A parameter that no loss reaches would stop DDP; but the
        # name stays, for overrides of init_cfg.
        self.conv_seg = nn.Identity()
        inputs = 2 + (guidance_channels if c1_in_channels else 0)
        self.aspp_modules = DepthwiseSeparableASPPModule(
            dilations=dilations, in_channels=self.in_channels, channels=channels,
            conv_cfg=self.conv_cfg, norm_cfg=self.norm_cfg, act_cfg=self.act_cfg)
        self.c1_in_channels = c1_in_channels
        self.c1_index = c1_index
        self.patch_size = patch_size
        self.scale_factor = scale_factor
        self.input_norm = build_norm_layer(
            narrow_norm(self.norm_cfg, inputs), inputs)[1] if self.norm_cfg else nn.Identity()
        self.c1_bottleneck = self._build_guidance(
            c1_in_channels, c1_channels, guidance_channels) if c1_in_channels else None
        self.mlp_channels = (inputs, hidden_channels, hidden_channels, self.out_channels)
        width = channels // controller_reduction
        self.controller = Sequential(
            ConvModule(channels, width, 3, padding=1, conv_cfg=self.conv_cfg,
                       norm_cfg=self.norm_cfg, act_cfg=self.act_cfg),
            ThetaConv(width, self.mlp_channels, theta_init))
        self.register_buffer(
            'coordinates', patch_coordinates(patch_size, scale_factor), persistent=False)

    def _build_guidance(self, in_channels: int, width: int, out_channels: int) -> nn.Sequential:
        return nn.Sequential(
            ConvModule(in_channels, width, 3, padding=1, conv_cfg=self.conv_cfg,
                       norm_cfg=narrow_norm(self.norm_cfg, width), act_cfg=self.act_cfg),
            ConvModule(width, out_channels, 1, conv_cfg=self.conv_cfg, act_cfg=None))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Logits of a batch.

        Args:
            inputs (Sequence[Tensor]): The encoder's levels, each (B, C_i, H_i, W_i).

        Returns:
            Tensor: (B, out_channels, h * scale_factor, w * scale_factor), h x w being the size
            of the guidance level.

        Raises:
            ValueError: if there is no level ``c1_index``, or it does not fit the encoder map.
        """
        return self.decode(*self.predict_params(inputs))

    def predict_params(self, inputs: Sequence[Tensor]) -> Tuple[Tensor, Optional[Tensor]]:
        """What decoding needs: the first half of :meth:`forward`.

        Args:
            inputs (Sequence[Tensor]): The encoder's levels, each (B, C_i, H_i, W_i).

        Returns:
            tuple[Tensor, Tensor | None]: the MLPs of all patches (B, N, ceil(h / patch_size),
            ceil(w / patch_size)), and the guidance (B, guidance_channels, h, w) if there is any;
            if not, the MLPs of all places (B, N, H, W).

        Raises:
            ValueError: as :meth:`forward`.
        """
        if self.input_transform is None:
            check_level(inputs, self.in_index, self.in_channels)
        context = self._forward_feature(inputs)
        guidance = None
        if self.c1_bottleneck is not None:
            check_level(inputs, self.c1_index, self.c1_in_channels, 'c1_index', 'c1_in_channels')
            guidance = inputs[self.c1_index]
            check_ratio(guidance, context, self.patch_size, 'c1_index', 'patch_size')
            guidance = self.c1_bottleneck(guidance)
        if self.dropout is not None:
            context = self.dropout(context)
        features = self.controller[0](context)
        if guidance is not None:
            # Here rather than after the 1x1 convolution, whose outputs are many more.
            features = repeat_to(features, [
                (side + self.patch_size - 1) // self.patch_size for side in guidance.shape[2:]])
        # A patch's parameters then lie together in memory, as dynamic_mlp() wants them; there
        # are fewer features than parameters to bring into that order.
        features = features.contiguous(memory_format=torch.channels_last)
        return self.controller[1](features), guidance

    def decode(self, params: Tensor, guidance: Optional[Tensor],
               rows: Optional[Tuple[int, int]] = None) -> Tensor:
        """Logits from what :meth:`predict_params` returned: the second half of :meth:`forward`.

        Args:
            params (Tensor): (B, N, H, W).
            guidance (Tensor, optional): (B, guidance_channels, h, w).
            rows (tuple[int, int], optional): Decode the rows [first, last) of places only.
                Defaults to all.

        Returns:
            Tensor: (B, out_channels, h * scale_factor, w * scale_factor), or those rows of it
            that lie under the places asked for.
        """
        if rows is not None:
            params = params[:, :, rows[0]:rows[1]]
        inputs = self.mlp_inputs(params, guidance, rows)
        size, side = inputs.shape[2:], self.patch_size * self.scale_factor
        # Padding after the norm keeps pixels that are cropped again out of its statistics.
        inputs = pad_to(inputs, (params.shape[2] * side, params.shape[3] * side))
        return crop_to(dynamic_mlp(params, inputs, self.mlp_channels, side), size)

    def mlp_inputs(self, params: Tensor, guidance: Optional[Tensor],
                   rows: Optional[Tuple[int, int]] = None) -> Tensor:
        """What the MLP sees of each pixel: x, y and the guidance, normalised together.

        Args:
            params (Tensor): (B, N, last - first, W), of the rows of places wanted.
            guidance (Tensor, optional): (B, guidance_channels, h, w), of all rows.
            rows (tuple[int, int], optional): Those rows, [first, last). Defaults to all.

        Returns:
            Tensor: (B, 2 + guidance_channels, rows, columns): every pixel under those places.
        """
        side = self.patch_size * self.scale_factor
        if guidance is None:
            size = (params.shape[2] * side, params.shape[3] * side)
            return self.input_norm(self._coordinates(params, size))
        height, width = guidance.shape[2:]
        size = (height * self.scale_factor, width * self.scale_factor)
        if rows is not None:
            start, stop = rows[0] * side, min(rows[1] * side, size[0])
            upper, lower = source_rows(start, stop, height, size[0])
            guidance = resize_rows(
                guidance[:, :, upper:lower], upper, height, size, start, stop)
        elif self.scale_factor > 1:
            guidance = F.interpolate(guidance, size, mode='bilinear')
        coordinates = self._coordinates(guidance, guidance.shape[2:])
        return self.input_norm(torch.cat([coordinates, guidance], dim=1))

    def _coordinates(self, like: Tensor, size: Tuple[int, int]) -> Tensor:
        """x and y of pixels from the corner of a patch on: (B, 2, *size), typed as ``like``."""
        row, column = (torch.arange(side, device=like.device) % self.coordinates.shape[-1]
                       for side in size)
        x, y = self.coordinates[0, 0][column], self.coordinates[1, :, 0][row]
        xy = torch.stack([x.expand(size[0], -1), y[:, None].expand(-1, size[1])])
        return xy.to(like.dtype).expand(like.shape[0], -1, -1, -1)


def _check_choices(channels: int, controller_reduction: int, theta_init: str,
                   dilations: Sequence[int]) -> None:
    """Refuse a controller without channels, an unknown start and what are no dilations."""
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
