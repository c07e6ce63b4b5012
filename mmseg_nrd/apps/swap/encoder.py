"""What a config's encoder, backbone and neck together, hands out."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import torch
from torch import Tensor, nn

from mmseg_nrd.apps.cli import build
from mmseg_nrd.apps.cost.size import image_channels

# Whole strides of 2, 4, ... 32, and patches of 14.
SMALL = (224, 224)
# An EncoderDecoder is built for the sake of its encoder.
_HEAD = dict(type='FCNHead', in_channels=1, channels=1, num_classes=2)


@dataclass(frozen=True)
class Level:
    """Channels of a map, and how many pixels of the image a place of it is wide."""
    channels: int
    stride: int


@dataclass(frozen=True)
class Encoder:
    """What an encoder takes and hands out.

    Attributes:
        levels (list[Level]): One for each map.
        maps (Sequence): Those of an image of ``size``, as a head is given them.
        size (tuple[int, int]): (H, W) of an image that it takes.
        odd_size (tuple[int, int]): No multiple of any stride if it takes that, or else ``size``.
    """
    levels: List[Level]
    maps: Sequence
    size: Tuple[int, int]
    odd_size: Tuple[int, int]


def read_encoder(model: dict, sizes: Sequence[Tuple[int, int]]) -> Encoder:
    """Build a segmentor's backbone and neck without pretrained weights, and run them on images.

    Args:
        model (dict): Its config.
        sizes (Sequence[tuple[int, int]]): Of images, tried in turn until it takes one.

    Raises:
        ValueError: if it hands out other maps in training than at inference.
        Exception: what the encoder raises of its own.
    """
    parts = {name: model[name] for name in ('backbone', 'neck', 'data_preprocessor')
             if model.get(name)}
    segmentor = build(dict(type='EncoderDecoder', decode_head=_HEAD, **parts), 'cpu')
    for size in map(tuple, sizes):
        try:
            maps = _run(segmentor, size)
            break
        except Exception:  # windows or positions of a set size
            if size == tuple(sizes[-1]):
                raise
    odd_size = size[0] // 32 * 32 + 1, size[1] // 32 * 32 + 33
    try:
        _run(segmentor, odd_size)
    except Exception:  # it takes multiples of a number only, or a single size
        odd_size = size
    levels = read_levels(maps, size)
    in_training = read_levels(_run(segmentor.train(), size, batch=2), size)
    if in_training != levels:
        raise ValueError(
            f"{model['backbone']['type']} hands out {describe(in_training)} in training, but "
            f'{describe(levels)} at inference: a head must see the same levels in both. '
            'Fix: keep its own head, or choose another encoder.')
    return Encoder(levels, maps, size, odd_size)


@torch.no_grad()
def _run(segmentor: nn.Module, size: Tuple[int, int], batch: int = 1) -> Sequence:
    maps = segmentor.extract_feat(torch.randn(batch, image_channels(segmentor), *size))
    return (maps,) if isinstance(maps, Tensor) else maps


def read_levels(maps: Sequence, size: Tuple[int, int]) -> List[Level]:
    """The levels that maps of an image of ``size`` are; they may be paired with a class token."""
    maps = [each if isinstance(each, Tensor) else each[0] for each in maps]
    return [Level(each.shape[1], stride_of(each, size)) for each in maps]


def stride_of(level: Tensor, size: Tuple[int, int]) -> int:
    """Image pixels to a place of a map; some encoders hand out a place more or less."""
    whole, rest = divmod(size[0], level.shape[2])
    return whole if not rest else 2 ** round(math.log2(size[0] / level.shape[2]))


def describe(levels: Sequence[Level]) -> str:
    return ', '.join(f'{level.channels} channels at 1/{level.stride}' for level in levels)
