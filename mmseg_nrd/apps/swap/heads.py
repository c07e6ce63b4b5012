"""Which levels a new head reads, and its config."""
from __future__ import annotations

import copy
from typing import List, Optional, Sequence, Tuple

import torch
from mmseg.models.backbones import ResNet
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS

from mmseg_nrd.apps.cli import build
from mmseg_nrd.apps.cli.configs import type_name
from mmseg_nrd.models.backbones.image_level import STRIDES
from mmseg_nrd.models.decode_heads.wrappable import refusal

from .encoder import Encoder, Level, describe, stride_of

HEADS = ('nrd', 'gum', 'gum-nrd')
# What NRDHead shares with the heads of MMSeg, and keeps of the one that it replaces.
KEPT = ('num_classes', 'out_channels', 'threshold', 'conv_cfg', 'norm_cfg', 'act_cfg',
        'loss_decode', 'ignore_index', 'sampler', 'align_corners')
# Of DeepLabV3+, halved with each doubling of the stride.
_DILATIONS = {8: (1, 12, 24, 36), 16: (1, 6, 12, 18)}
# Where the head before has none of its own to keep, as those of transformers.
SYNC_BN = dict(type='SyncBN', requires_grad=True)


def stock_heads(model: dict) -> List[dict]:
    """A model's decode heads: one, or those of a cascade.

    K-Net's is the one that it refines, and that of guided upsampling the one that it is around.
    """
    heads = model['decode_head']
    heads = list(heads) if isinstance(heads, (list, tuple)) else [heads]
    return [head.get('kernel_generate_head', head.get('head', head)) for head in heads]


def read_indices(head: dict, count: int) -> List[int]:
    """Which of ``count`` levels a stock head reads."""
    index = head.get('in_index', -1)
    if isinstance(index, int) and isinstance(head.get('in_channels'), (list, tuple)):
        index = range(len(head['in_channels']))
    return [each % count for each in ([index] if isinstance(index, int) else index)]


def needs_image_level(levels: Sequence[Level]) -> bool:
    """Whether an encoder has no level that is finer than the others: ImageLevel gives it one."""
    one_stride = len({level.stride for level in levels}) == 1
    return one_stride and levels[0].stride >= (2 if len(levels) == 1 else 8)


def insert_image_level(model: dict, stride: int, patch_size: Optional[int]) -> None:
    """Put a level in front of an encoder's, which become levels 1 and on for its heads.

    It is at 1/4 if that divides ``stride``, the encoder's, or where ``patch_size`` wants it.
    """
    finer = [each for each in STRIDES if stride % each == 0 and each < stride]
    fitting = [stride // each for each in finer]
    if patch_size not in (None, *fitting):
        raise ValueError(f'--patch-size {patch_size}: must be one of {fitting}: the encoder has '
                         f'one stride, {stride}, and ImageLevel adds a level to it. Fix: leave it '
                         'out.')
    level = dict(stride=stride // patch_size if patch_size else max(
        each for each in finer if each <= 4))
    norms = [head['norm_cfg'] for head in stock_heads(model) if head.get('norm_cfg')]
    level['norm_cfg'] = norms[0] if norms else SYNC_BN
    if model.get('neck'):
        level['neck'], model['neck'] = model['neck'], None
    model['backbone'] = dict(type='ImageLevel', **level, backbone=model['backbone'])
    for name in ('decode_head', 'auxiliary_head'):
        heads = model.get(name) or []
        for head in heads if isinstance(heads, list) else [heads]:
            index = head.get('in_index', -1)
            head['in_index'] = [each + (each >= 0) for each in index] if isinstance(
                index, (list, tuple)) else index + (index >= 0)


def is_dilated_resnet(backbone: dict) -> bool:
    kind = MODELS.get(backbone['type'])
    return (isinstance(kind, type) and issubclass(kind, ResNet)
            and max(backbone.get('dilations', (1,))) > 1)


def make_plain(model: dict) -> None:
    """Turn a dilated ResNet back to output stride 32, and an ASPP's dilations with it.

    Raises:
        ValueError: if the backbone is no ResNet, or has no dilation.
    """
    backbone = model['backbone']
    if not is_dilated_resnet(backbone):
        raise ValueError(f"--plain: model.backbone.type={backbone['type']!r} must be a ResNet "
                         'with dilations above 1. Fix: leave --plain out.')
    backbone.update(dilations=(1, 1, 1, 1), strides=(1, 2, 2, 2))
    if backbone.get('multi_grid'):
        backbone['multi_grid'] = None  # dilates the last stage whatever its dilation
    for head in stock_heads(model):
        if 'dilations' in head:  # made for a map that was larger
            head['dilations'] = (1, 3, 6, 9)


def choose_levels(levels: Sequence[Level], read: Sequence[int], patch_size: Optional[int] = None,
                  in_index: Optional[int] = None, c1_index: Optional[int] = None
                  ) -> Tuple[int, Optional[int]]:
    """Where NRD decodes from and where its guidance is: the finest level whose stride divides.

    It decodes from the deepest level that the stock head reads, if there is a finer one, or else
    from the deepest of all. Of equal levels, one that the stock head reads goes first.

    Returns:
        tuple[int, int | None]: both indices; None if there is no level for guidance.

    Raises:
        ValueError: if an index is not there, or nothing fits what was asked for.
    """
    for name, index in (('--in-index', in_index), ('--c1-index', c1_index)):
        if index is not None and not 0 <= index < len(levels):
            raise ValueError(f'{name} {index}: must be one of the levels 0 to {len(levels) - 1}: '
                             f'{describe(levels)}.')

    def order(index: int) -> tuple:
        return levels[index].stride, index in read, index

    def guidance(source: int) -> List[int]:
        return [index for index, level in enumerate(levels)
                if level.stride < levels[source].stride
                and levels[source].stride % level.stride == 0
                and patch_size in (None, levels[source].stride // level.stride)
                and c1_index in (None, index)]

    if in_index is None:
        deepest = max(read, key=order)
        sources = [deepest, max(range(len(levels)), key=order)]
        in_index = next((index for index in sources if guidance(index)), sources[-1])
    found = guidance(in_index)
    if found:
        return in_index, min(found, key=lambda index: (
            levels[index].stride, index not in read, index))
    if c1_index is not None or patch_size is not None and len(levels) > 1:
        raise ValueError(
            f'no level fits as guidance of level {in_index} (--patch-size {patch_size}, --c1-index '
            f'{c1_index}): the encoder hands out {describe(levels)}; the stride of level '
            f'{in_index} divided by that of the guidance is the patch_size. Fix: leave one of '
            'the two out.')
    return in_index, None


def nrd_head(model: dict, levels: Sequence[Level], **choice: Optional[int]) -> dict:
    """The config of an NRDHead in the place of a model's head or heads.

    ``choice`` are the options of :func:`choose_levels`.
    """
    heads = stock_heads(model)
    stock = {}
    for head in heads:  # the last of a cascade has the loss that counts, the first the norm
        kind = MODELS.get(head['type'])
        # What is no head of pixels means something else by these names.
        of_pixels = isinstance(kind, type) and issubclass(kind, BaseDecodeHead)
        stock.update(head if of_pixels else dict(num_classes=head['num_classes']))
    read = read_indices(heads[0], len(levels))
    source, guidance = choose_levels(levels, read, **choice)
    stride = levels[source].stride
    head = dict(type='NRDHead', in_channels=levels[source].channels, in_index=source)
    if guidance is None:
        head.update(c1_in_channels=0, patch_size=choice.get('patch_size') or max(1, stride // 4))
    else:
        head.update(c1_in_channels=levels[guidance].channels, c1_index=guidance,
                    patch_size=stride // levels[guidance].stride)
    # Those of a head that decoded from this very map fit it.
    dilations = stock.get('dilations') if read == [source] else None
    dilations = tuple(dilations or _DILATIONS.get(stride, (1, 3, 6, 9)))
    if dilations != (1, 3, 6, 9):
        head['dilations'] = dilations
    # The context need not be wider than what it is made of; real-time heads are.
    head['channels'] = min(stock.get('channels', 256), levels[source].channels)
    head['norm_cfg'] = SYNC_BN
    head.update({key: stock[key] for key in KEPT if key in stock})
    return head


@torch.no_grad()
def logits_stride(head: dict, encoder: Encoder) -> int:
    """Pixels of the image that a place of a head's logits is wide."""
    return stride_of(build(head, 'cpu')(encoder.maps), encoder.size)


def check_wrappable(model: dict) -> None:
    """Refuse, with a ValueError, a head that yields something else than one map of logits."""
    heads = model['decode_head']
    head = heads[-1] if isinstance(heads, (list, tuple)) else heads
    kind = MODELS.get(head['type'])
    reason = refusal(kind) if isinstance(kind, type) else 'it is not registered'
    if reason:
        raise ValueError(f'--head gum: {type_name(head)} cannot be wrapped: {reason}. '
                         'Fix: --head nrd or gum-nrd puts NRD in its place.')


def guided_head(head: dict, stride: int, levels: Sequence[Level]) -> dict:
    """The config of a GuidedUpsamplingHead around a head with logits at 1/``stride``.

    Its guidance reads the level nearest to the logits' size, and with one layer over both
    (``fusion_channels``, measured better than the sum) the finest if that is finer than the logits;
    the map that comes out is as large as that level, or as the image.

    Raises:
        ValueError: if the logits are as large as the image.
    """
    if stride < 2:
        raise ValueError(f'--head gum: the logits of {type_name(head)} are as large as the image: '
                         'there is nothing to upsample. Fix: --head nrd.')
    read = read_indices(head, len(levels))
    index = min(range(len(levels)), key=lambda each: (
        abs(levels[each].stride - stride), each not in read, -each))
    channels = levels[index].channels
    guided = dict(type='GuidedUpsamplingHead', guidance='large_rf', scale_factor=stride,
                  large_rf_in_channels=channels, large_rf_index=index,
                  large_rf_bottleneck=16 if channels > 64 else 0)
    finest = min(range(len(levels)), key=lambda each: (levels[each].stride, each))
    scale, rest = divmod(stride, levels[finest].stride)
    if scale > 1 and not rest:
        guided.update(guidance='fusion', fusion_channels=16, scale_factor=scale,
                      high_res_index=finest, high_res_in_channels=levels[finest].channels)
    return dict(guided, head=copy.deepcopy(head))
