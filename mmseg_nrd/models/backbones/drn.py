"""Dilated residual networks, whose maps stay at stride 8."""
from __future__ import annotations

from typing import Iterable, List, Optional, Sequence

from mmcv.cnn import build_conv_layer, build_norm_layer
from mmseg.models.backbones.resnet import BasicBlock, Bottleneck
from mmseg.models.utils import ResLayer
from mmseg.registry import MODELS
from torch import nn

from .staged import StagedBackbone


class DilatedBasicBlock(BasicBlock):
    """MMSeg's basic block with both convolutions dilated; MMSeg dilates the first alone."""

    def __init__(self, inplanes: int, planes: int, dilation: int = 1,
                 conv_cfg: Optional[dict] = None, **kwargs):
        super().__init__(inplanes, planes, dilation=dilation, conv_cfg=conv_cfg, **kwargs)
        self.conv2 = build_conv_layer(
            conv_cfg, planes, planes, 3, padding=dilation, dilation=dilation, bias=False)


# Layers 0 to 8. Layers 3 to 6 are residual, the others one convolution each.
WIDTHS = (1, 1, 2, 4, 8, 16, 32, 32, 32)  # in units of base_channels
STRIDES = (1, 1, 2, 2, 2, 1, 1, 1, 1)
DILATIONS = (1, 1, 1, 1, 1, 2, 4, 2, 1)
RESIDUAL = range(3, 7)
# depth: the block of the residual layers, and how many of them layers 3 to 6 have
ARCHITECTURES = {
    22: (DilatedBasicBlock, (2, 2, 2, 2)),
    38: (DilatedBasicBlock, (3, 4, 6, 3)),
    54: (Bottleneck, (3, 4, 6, 3)),
    105: (Bottleneck, (3, 4, 23, 3)),
}
NUM_LAYERS = len(WIDTHS)


@MODELS.register_module()
class DRN(StagedBackbone):
    """Dilated residual network (Yu, Koltun, Funkhouser, CVPR 2017), architecture D of its code.

    GUN (Mazzini, BMVC 2018) takes DRN-D-22 for its encoder. Parameters have the names of
    the public weights, so ``init_cfg=dict(type='Pretrained', checkpoint='drn_d_22-4bd2f8ea.pth')``
    loads them; their classifier ``fc`` is left out, with a line in the log. They want RGB images
    with ImageNet's mean and standard deviation.

    Convention: layers are counted from 0 to 8, layer 0 being the 7x7 convolution. Their strides
    are 1, 1, 2, 4, 8, 8, 8, 8, 8; their channels ``base_channels`` times 1, 1, 2, 4, 8, 16, 32,
    32, 32, four times that in layers 3 to 6 of depths 54 and 105. A side of n pixels becomes
    ceil(n / stride).

    Layers beyond the last of ``out_indices`` are not built: they would cost time, and parameters
    that no loss reaches stop distributed training. A file that holds them loads all the same.

    Args:
        depth (int): 22, 38, 54 or 105.
        in_channels (int): Channels of the image. Defaults to 3.
        base_channels (int): Channels of layer 0. Defaults to 16, that of the public weights.
        out_indices (Sequence[int]): Layers whose maps are handed out, in rising order.
            Defaults to (3, 4, 6, 8).
        frozen_stages (int): Layers 0 to this one get no gradient, and their norms stay in eval
            mode; -1 freezes none. Defaults to -1.
        conv_cfg (dict, optional): Convolutions. Defaults to None, ``Conv2d``.
        norm_cfg (dict, optional): Norms. Defaults to None: dict(type='BN', requires_grad=True).
        norm_eval (bool): Keep every BatchNorm in eval mode. Defaults to False.
        with_cp (bool): Save memory in training by computing each block again in the backward
            pass. Norms then see each batch twice, as in MMSeg's ResNets. Defaults to False.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None:
            Kaiming for convolutions and 1 for norms.

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> backbone = DRN(22, out_indices=(1, 4, 8)).eval()
        >>> [tuple(level.shape) for level in backbone(torch.zeros(1, 3, 64, 96))]
        [(1, 16, 64, 96), (1, 128, 8, 12), (1, 512, 8, 12)]
    """

    def __init__(self,
                 depth: int,
                 in_channels: int = 3,
                 base_channels: int = 16,
                 out_indices: Sequence[int] = (3, 4, 6, 8),
                 frozen_stages: int = -1,
                 conv_cfg: Optional[dict] = None,
                 norm_cfg: Optional[dict] = None,
                 norm_eval: bool = False,
                 with_cp: bool = False,
                 init_cfg=None):
        if depth not in list(ARCHITECTURES):
            raise ValueError(
                f'depth={depth!r}: must be one of {sorted(ARCHITECTURES)}, the public depths of '
                'architecture D. Fix: depth=22, which GUN uses.')
        super().__init__(NUM_LAYERS, out_indices, frozen_stages, norm_eval, with_cp, init_cfg)
        self.depth = depth
        self.conv_cfg = conv_cfg
        self.norm_cfg = norm_cfg or dict(type='BN', requires_grad=True)
        block, block_counts = ARCHITECTURES[depth]
        channels = in_channels
        for index in range(max(out_indices) + 1):
            width = base_channels * WIDTHS[index]
            if index in RESIDUAL:
                layer = ResLayer(
                    block=block, inplanes=channels, planes=width,
                    num_blocks=block_counts[index - RESIDUAL[0]], stride=STRIDES[index],
                    dilation=DILATIONS[index], conv_cfg=conv_cfg, norm_cfg=self.norm_cfg)
                channels = width * block.expansion
            else:
                layer = self._conv_layer(index, channels, width)
                channels = width
            self.add_module(f'layer{index}', layer)
        self.freeze()

    def _conv_layer(self, index: int, in_channels: int, out_channels: int) -> nn.Sequential:
        kernel_size, dilation = 3 if index else 7, DILATIONS[index]
        return nn.Sequential(
            build_conv_layer(
                self.conv_cfg, in_channels, out_channels, kernel_size, stride=STRIDES[index],
                padding=kernel_size // 2 * dilation, dilation=dilation, bias=False),
            build_norm_layer(self.norm_cfg, out_channels)[1],
            nn.ReLU(inplace=True))

    def modules_of(self, stage: int) -> List[nn.Module]:
        return [getattr(self, f'layer{stage}')]

    def steps_of(self, stage: int) -> Iterable[nn.Module]:
        layers = self.modules_of(stage)
        # Block by block only where each is a checkpoint: hooks wait for whole layers.
        return layers[0] if self.with_cp and stage in RESIDUAL else layers
