"""The images that a segmentor is made for: their size and their channels."""
from __future__ import annotations

from typing import Tuple

from mmengine.config import Config
from torch import nn


def image_size(cfg: Config) -> Tuple[int, int]:
    """(H, W) that a config trains at: its preprocessor's size, or else its crop size.

    Raises:
        ValueError: if it names neither.
    """
    size = (cfg.model.get('data_preprocessor') or {}).get('size') or cfg.get('crop_size')
    if size is None:
        raise ValueError(
            f'{cfg.filename}: model.data_preprocessor.size is not set, so the cost has no image '
            'size. Fix: set it to the crop size, as MMSeg configs do.')
    return tuple(size)


def image_channels(segmentor: nn.Module) -> int:
    """Channels of the images that a segmentor takes, such as 1 for grey and 4 for RGBA.

    As many as its preprocessor has means, or else as its first convolution takes.
    """
    mean = getattr(segmentor.data_preprocessor, 'mean', ())
    if len(mean) > 1:  # one may stand for all channels
        return len(mean)
    return next((module.in_channels for module in segmentor.modules()
                 if isinstance(module, nn.Conv2d)), 3)
