"""The image size that a config is made for."""
from __future__ import annotations

from typing import Tuple

from mmengine.config import Config


def image_size(cfg: Config) -> Tuple[int, int]:
    """(H, W) that a config trains at.

    Args:
        cfg (Config): Of a segmentor.

    Returns:
        tuple[int, int]: its preprocessor's size, or else its crop size.

    Raises:
        ValueError: if it names neither.
    """
    size = (cfg.model.get('data_preprocessor') or {}).get('size') or cfg.get('crop_size')
    if size is None:
        raise ValueError(
            f'{cfg.filename}: model.data_preprocessor.size is not set, so the cost has no image '
            'size. Fix: set it to the crop size, as MMSeg configs do.')
    return tuple(size)
