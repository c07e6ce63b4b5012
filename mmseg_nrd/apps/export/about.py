"""What a user of an exported file must know beside it."""
from __future__ import annotations

import colorsys
from typing import Dict

from mmengine.config import Config

from mmseg_nrd.apps.predict import classes_and_palette

from .segmentor import ExportableSegmentor


def describe(model: ExportableSegmentor, cfg: Config, checkpoint: dict) -> Dict[str, object]:
    """What stands in the JSON beside an exported file.

    Convention: ``channel_order`` is that of the pixels which go in; ``mean`` and ``std`` are those
    of the network's own input, in its order, and are part of the file: nobody has to apply them.

    Args:
        model (ExportableSegmentor): What is exported.
        cfg (Config): Its config.
        checkpoint (dict): What its weights came from; empty if they are random.

    Returns:
        dict: output, channels, channel_order, mean, std, classes, palette (RGB); of a model of one
        logit, ``threshold``: a logit above it is label 1. Classes without names are numbered.
    """
    try:
        classes, palette = classes_and_palette(cfg, checkpoint, model.segmentor)
    except ValueError as error:
        print(f'warning: classes are numbered, not named: {error}')
        count = max(2, model.segmentor.out_channels)
        classes = list(map(str, range(count)))
        palette = [[round(255 * part) for part in colorsys.hsv_to_rgb(index / count, 0.8, 0.9)]
                   for index in range(count)]
    preprocessor = model.segmentor.data_preprocessor
    normalises = preprocessor._enable_normalize
    about = dict(
        output='labels' if model.labels else 'logits', channels=model.channels,
        channel_order='RGB' if cfg.model.data_preprocessor.get('rgb_to_bgr') else 'BGR',
        mean=preprocessor.mean.flatten().tolist() if normalises else None,
        std=preprocessor.std.flatten().tolist() if normalises else None,
        classes=list(classes), palette=palette)
    if model.segmentor.out_channels == 1:
        about['threshold'] = model.threshold
    return about
