"""GUN's Guided Upsampling Module around any decode head of MMSegmentation."""
from __future__ import annotations

from typing import List, Optional, Sequence, Tuple, Union

import torch.nn.functional as F
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from mmseg_nrd.checks import check_positive_int
from mmseg_nrd.ops import SAMPLING_MODES, guided_upsample

from ..levels import check_level, check_ratio
from .guidance import HighResGuidance, LargeRFGuidance, MergedGuidance, ladder_widths
from .wrappable import build_wrapped

# design: the levels that guide; without fusion_channels their offsets are summed
DESIGNS = {None: (), 'large_rf': ('large_rf',), 'high_res': ('high_res',),
           'fusion': ('large_rf', 'high_res')}


@MODELS.register_module()
class GuidedUpsamplingHead(BaseModule):
    """A decode head whose logits are upsampled with guidance (Mazzini, BMVC 2018, 1807.07466).

    From the paper: each upsampled pixel reads the map beside its regular place, where an offset
    points that a guidance module predicts; the three designs of that module; it fits any
    encoder-decoder. Reconstruction: offset units, layers and widths of the guidance modules,
    their sum as fusion (one 1x1 convolution of both concatenated is the same function) or, with
    ``fusion_channels``, a layer over both; ``offsets_per_class``; the start at zero, so that
    training begins with plain upsampling of the wrapped head's logits.

    Losses, samplers, ``ignore_index``, ``align_corners``, ``threshold`` and the last resize to
    the image are the wrapped head's own.

    Convention: the map that comes out has the size of the high-resolution level if
    ``high_res_in_channels`` is set, whatever the design, so that ablations agree at odd sizes
    too; otherwise it is ``scale_factor`` times the logits. That level may differ from
    ``scale_factor`` times the logits by less than two pixels of the logits or by an eighth, for
    the roundings of encoders. Both maps are taken to cover the whole image. Offsets:
    :func:`guided_upsample`.

    Args:
        head (dict): Config of the wrapped head. It must yield one map of logits.
        scale_factor (int): Side of the upsampled map divided by that of the logits, 2 or more.
        guidance (str, optional): 'large_rf', 'high_res', 'fusion' of both, or None, plain
            bilinear upsampling, the baseline. Defaults to 'fusion', the paper's best.
        mode (str): How inference samples, 'bilinear' or 'nearest'. Training is always bilinear,
            since 'nearest' teaches the offsets nothing. Defaults to 'bilinear'.
        large_rf_in_channels (int): Channels of the level that large-rf guidance reads.
        large_rf_index (int): Which input that level is. Defaults to -1.
        large_rf_channels (int | Sequence[int]): Width of its steps, each a doubling; fewer widths
            than log2(scale_factor) end the steps earlier. Defaults to 16.
        large_rf_bottleneck (int): Width of a 1x1 layer on that level before all others, for levels
            of many channels; 0 for none. Defaults to 0.
        high_res_in_channels (int): Channels of the high-resolution level; 0 for no such level.
        high_res_index (int): Which input that level is. Defaults to 0.
        high_res_channels (int): Width of a layer before its offsets; 0 for none. Defaults to 0.
        fusion_channels (int): Width of a 3x3 layer over both levels, from which 'fusion' then
            takes its offsets, without the layers that ``large_rf_channels`` and
            ``high_res_channels`` set. Defaults to 0, the sum of both designs' offsets.
        offsets_per_class (bool): Whether each class's map is read with offsets of its own.
            They are 2 * out_channels channels at the size that comes out. Defaults to False, the
            paper's one table of offsets for all of them.
        norm_cfg (dict, optional): Norm of the guidance modules. Defaults to None, the wrapped
            head's: none if its own is None, as MMSeg's heads have it unless they are told. A
            GroupNorm has fewer groups in layers of too few channels.
        act_cfg (dict, optional): Their activation. Defaults to None, likewise the wrapped head's.
        init_cfg (dict | list[dict], optional): As for any MMSeg module. Defaults to None.

    Raises:
        ValueError: if an option is out of range or ``head`` cannot be wrapped.

    Example:
        >>> head = MODELS.build(dict(
        ...     type='GuidedUpsamplingHead', scale_factor=8, large_rf_in_channels=128,
        ...     high_res_in_channels=16, head=dict(
        ...         type='FCNHead', in_channels=128, channels=128, num_convs=0,
        ...         concat_input=False, num_classes=19))).eval()
        >>> head([torch.randn(1, 16, 64, 128), torch.randn(1, 128, 8, 16)]).shape
        torch.Size([1, 19, 64, 128])
    """

    def __init__(self,
                 head: dict,
                 *,
                 scale_factor: int,
                 guidance: Optional[str] = 'fusion',
                 mode: str = 'bilinear',
                 large_rf_in_channels: int = 0,
                 large_rf_index: int = -1,
                 large_rf_channels: Union[int, Sequence[int]] = 16,
                 large_rf_bottleneck: int = 0,
                 high_res_in_channels: int = 0,
                 high_res_index: int = 0,
                 high_res_channels: int = 0,
                 fusion_channels: int = 0,
                 offsets_per_class: bool = False,
                 norm_cfg: Optional[dict] = None,
                 act_cfg: Optional[dict] = None,
                 init_cfg=None):
        _check_choices(guidance, mode, offsets_per_class)
        check_positive_int('scale_factor', scale_factor, minimum=2)
        for name, value in dict(
                large_rf_in_channels=large_rf_in_channels, large_rf_bottleneck=large_rf_bottleneck,
                high_res_in_channels=high_res_in_channels,
                high_res_channels=high_res_channels, fusion_channels=fusion_channels).items():
            check_positive_int(name, value, minimum=0)
        if fusion_channels and (guidance != 'fusion' or high_res_channels):
            raise ValueError(
                f'fusion_channels={fusion_channels} with guidance={guidance!r} and '
                f"high_res_channels={high_res_channels}: needs 'fusion' and 0. Fix: set these, or "
                'fusion_channels=0.')
        ladder_widths(large_rf_channels, scale_factor)  # checks it, also where it is not used
        _check_channels(guidance, large_rf=large_rf_in_channels, high_res=high_res_in_channels)
        super().__init__(init_cfg)
        self.head = build_wrapped(head)
        self.scale_factor = scale_factor
        self.mode = mode
        self.offsets_per_class = offsets_per_class
        self.levels = dict(large_rf=(large_rf_index, large_rf_in_channels),
                           high_res=(high_res_index, high_res_in_channels))
        layer = dict(maps=self.out_channels if offsets_per_class else 1,
                     norm_cfg=self.head.norm_cfg if norm_cfg is None else norm_cfg,
                     act_cfg=self.head.act_cfg if act_cfg is None else act_cfg)
        separate = () if fusion_channels else DESIGNS[guidance]
        self.merged = MergedGuidance(
            large_rf_in_channels, high_res_in_channels, fusion_channels, large_rf_bottleneck,
            self.align_corners, **layer) if fusion_channels else None
        self.large_rf = LargeRFGuidance(
            large_rf_in_channels, large_rf_channels, scale_factor, large_rf_bottleneck,
            self.align_corners, **layer) if 'large_rf' in separate else None
        self.high_res = HighResGuidance(
            high_res_in_channels, high_res_channels,
            **layer) if 'high_res' in separate else None

    def extra_repr(self) -> str:
        return (f'scale_factor={self.scale_factor}, mode={self.mode}, '
                f'offsets_per_class={self.offsets_per_class}')

    # What MMSeg's segmentors and test-time augmentation read of a decode head.
    @property
    def align_corners(self) -> bool:
        return self.head.align_corners

    @property
    def num_classes(self) -> int:
        return self.head.num_classes

    @property
    def out_channels(self) -> int:
        return self.head.out_channels

    @property
    def threshold(self) -> Optional[float]:
        return self.head.threshold

    def _level(self, name: str, inputs: Sequence[Tensor]) -> Tensor:
        index, channels = self.levels[name]
        check_level(inputs, index, channels, f'{name}_index', f'{name}_in_channels')
        return inputs[index]

    def _size(self, logits: Tensor, inputs: Sequence[Tensor]) -> Tuple[int, int]:
        if not self.levels['high_res'][1]:
            return tuple(side * self.scale_factor for side in logits.shape[2:])
        level = self._level('high_res', inputs)
        check_ratio(level, logits, self.scale_factor, 'high_res_index', 'scale_factor')
        return tuple(level.shape[2:])

    def _offsets(self, inputs: Sequence[Tensor], size: Tuple[int, int]) -> Optional[Tensor]:
        if self.merged is not None:
            return self.merged(self._level('large_rf', inputs), self._level('high_res', inputs))
        if self.large_rf is None and self.high_res is None:
            return None
        if self.large_rf is None:
            return self.high_res(self._level('high_res', inputs))
        offsets = self.large_rf(self._level('large_rf', inputs), size)
        if self.high_res is None:
            return offsets
        return offsets + self.high_res(self._level('high_res', inputs))

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Upsampled logits of a batch.

        Args:
            inputs (Sequence[Tensor]): The encoder's levels, each (B, C_i, H_i, W_i).

        Returns:
            Tensor: (B, out_channels, H, W), the size as in the convention above.

        Raises:
            TypeError: if the wrapped head yields anything but one map.
            ValueError: if a level does not fit the options.
        """
        logits = self.head(inputs)
        if not isinstance(logits, Tensor):
            raise TypeError(
                f'{type(self.head).__name__} yielded a {type(logits).__name__}: '
                f'{type(self).__name__} wraps a head that yields one map of logits. '
                'Fix: choose such a head.')
        size = self._size(logits, inputs)
        offsets = self._offsets(inputs, size)
        if offsets is None:
            return F.interpolate(logits, size, mode='bilinear', align_corners=self.align_corners)
        mode = 'bilinear' if self.training else self.mode
        if not self.offsets_per_class:
            return guided_upsample(logits, offsets, mode, align_corners=self.align_corners)
        # Each class of each image is an image of one channel.
        maps = guided_upsample(logits.flatten(0, 1).unsqueeze(1),
                               offsets.unflatten(1, (-1, 2)).flatten(0, 1), mode,
                               align_corners=self.align_corners)
        return maps.squeeze(1).unflatten(0, logits.shape[:2])

    def loss(self, inputs: Sequence[Tensor], batch_data_samples: list, train_cfg) -> dict:
        """Losses of a batch, the wrapped head's own, on the upsampled logits."""
        return self.head.loss_by_feat(self(inputs), batch_data_samples)

    def predict(self, inputs: Sequence[Tensor], batch_img_metas: List[dict], test_cfg) -> Tensor:
        """Logits of a batch at the images' size, resized by the wrapped head."""
        return self.head.predict_by_feat(self(inputs), batch_img_metas)


def _check_choices(guidance: Optional[str], mode: str, offsets_per_class: bool) -> None:
    if guidance not in list(DESIGNS):
        raise ValueError(
            f"guidance={guidance!r}: must be one of {list(DESIGNS)}. Fix: 'fusion', or None for "
            'plain bilinear upsampling.')
    if mode not in SAMPLING_MODES:
        raise ValueError(
            f"mode={mode!r}: must be one of {SAMPLING_MODES}. Fix: 'bilinear'; 'nearest' changes "
            'inference only.')
    if guidance is None and mode != 'bilinear':
        raise ValueError(
            f'mode={mode!r} with guidance=None: the baseline is plain bilinear upsampling. '
            "Fix: mode='bilinear'.")
    if guidance is None and offsets_per_class:
        raise ValueError(
            f'offsets_per_class={offsets_per_class!r} with guidance=None: plain upsampling has no '
            'offsets. Fix: offsets_per_class=False, or a guidance.')


def _check_channels(guidance: Optional[str], **channels: int) -> None:
    for name in DESIGNS[guidance]:
        if not channels[name]:
            raise ValueError(
                f'{name}_in_channels=0 with guidance={guidance!r}: must be the channels of the '
                f'level that this guidance reads. Fix: set {name}_in_channels, and {name}_index '
                'to the level.')
