"""A level of high resolution for encoders that have none, computed from the image."""
from __future__ import annotations

from typing import Optional, Tuple

from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, Sequential
from mmseg.registry import MODELS
from torch import Tensor, nn

from mmseg_nrd.checks import check_positive_int, is_int

STRIDES = (1, 2, 4, 8)


@MODELS.register_module()
class ImageLevel(BaseModule):
    """Any backbone, with one more level before those that it hands out.

    Ours, from neither paper. Plain transformers (ViT, DeiT, BEiT, MAE, DINOv2, those of timm) have
    maps of one size alone; this gives ``NRDHead`` a level for guidance, and
    ``GuidedUpsamplingHead`` a map of high resolution: two 3x3 conv-norm-acts on the image, three
    for stride 8.

    The backbone keeps its weights' names, behind ``backbone.``, its ``init_cfg``, its freezing
    and its train mode. MMSeg's constructors of layer-wise learning rates (``layer_decay``) know
    backbones by the names of their classes and parameters, so they do not take this one; another
    rate for the backbone as a whole is
    ``paramwise_cfg=dict(custom_keys={'backbone.backbone': dict(lr_mult=0.1)})``.

    Convention: level 0 is the new one, with ``channels`` channels at ``stride``, level i + 1 the
    backbone's level i; a pair of a map and a class token becomes the map. A side of n pixels
    becomes ceil(n / stride). The ``patch_size`` of an ``NRDHead`` on it is the transformer's
    patch divided by ``stride``: 4 for patches of 16.

    Args:
        backbone (dict): Config of the backbone. Its ``in_channels``, 3 where it says none, are
            those of the image.
        stride (int): 1, 2, 4 or 8; it divides the patch. Defaults to 4.
        channels (int): Of the new level. Defaults to 32.
        frozen (bool): Whether the backbone gets no gradient and stays in eval mode, its dropout
            and norms too. Defaults to False.
        neck (dict, optional): Config of a neck that stands between the backbone and its levels,
            for necks that take a set number of them. Defaults to None.
        norm_cfg (dict, optional): Norms of the convolutions; None for none. Defaults to
            dict(type='BN').
        act_cfg (dict, optional): Activation of them; None for none. Defaults to
            dict(type='ReLU').
        pretrained (str, optional): Handed on to the backbone, whose config must not say it too:
            where ``model.pretrained`` of MMSeg's configs arrives. Defaults to None.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None: each
            layer's own start.

    Raises:
        ValueError: if ``stride`` or ``channels`` is out of range, or a patch of the backbone is
            no multiple of ``stride``.
        ValueError: if both ``pretrained`` and the backbone's config name weights by that option.

    Example:
        >>> backbone = ImageLevel(dict(type='VisionTransformer', num_layers=1))
        >>> [tuple(level.shape) for level in backbone(torch.zeros(1, 3, 64, 96))]
        [(1, 32, 16, 24), (1, 768, 4, 6)]
    """

    def __init__(self,
                 backbone: dict,
                 stride: int = 4,
                 channels: int = 32,
                 frozen: bool = False,
                 neck: Optional[dict] = None,
                 norm_cfg: Optional[dict] = dict(type='BN'),  # noqa: B006
                 act_cfg: Optional[dict] = dict(type='ReLU'),  # noqa: B006
                 pretrained: Optional[str] = None,
                 init_cfg=None):
        if not is_int(stride) or stride not in STRIDES:
            raise ValueError(f'stride={stride!r}: must be one of {STRIDES}. Fix: stride=4.')
        check_positive_int('channels', channels)
        super().__init__(init_cfg)
        self.frozen = frozen
        if pretrained is not None:
            if backbone.get('pretrained') is not None:
                raise ValueError(
                    f'pretrained={pretrained!r}, and the backbone has '
                    f"{backbone['pretrained']!r}: must be set once. Fix: remove one of them.")
            backbone = {**backbone, 'pretrained': pretrained}
        self.backbone = MODELS.build(backbone)
        _check_patches(self.backbone, stride)
        self.neck = None if neck is None else MODELS.build(neck)
        strides = [2] * (int(stride).bit_length() - 1)
        strides += [1] * (2 - len(strides))
        widths = [backbone.get('in_channels', 3)] + [channels] * len(strides)
        self.image = Sequential(*(
            ConvModule(c_in, channels, 3, step, padding=1, norm_cfg=norm_cfg, act_cfg=act_cfg)
            for c_in, step in zip(widths, strides)))
        self._freeze()

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Levels of a batch of images.

        Args:
            x (Tensor): Images, (B, in_channels, H, W).

        Returns:
            tuple[Tensor]: (B, channels, ceil(H / stride), ceil(W / stride)), then the backbone's.
        """
        levels = self.backbone(x)
        if self.neck is not None:
            levels = self.neck(levels)
        if isinstance(levels, Tensor):
            levels = [levels]
        return (self.image(x), *(
            level[0] if isinstance(level, (list, tuple)) else level for level in levels))

    def _freeze(self) -> None:
        if self.frozen:
            self.backbone.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> ImageLevel:
        """Training or eval mode, but for a frozen backbone."""
        super().train(mode)
        self._freeze()
        return self


def _check_patches(backbone: nn.Module, stride: int) -> None:
    for module in backbone.modules():
        patch = getattr(module, 'patch_size', None)
        sides = (patch,) if is_int(patch) else patch if isinstance(patch, tuple) else ()
        if any(side % stride for side in sides):
            fitting = max(each for each in STRIDES if not any(side % each for side in sides))
            raise ValueError(
                f'stride={stride}: must divide patch_size={patch} of {type(module).__name__}. '
                f'Fix: stride={fitting}, and patch_size={sides[0] // fitting} of an NRDHead.')
