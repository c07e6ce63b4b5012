"""One training step, and one image labelled, before anybody trains for days."""
from __future__ import annotations

import logging
import math
from typing import List, Tuple

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from mmseg_nrd.apps.cli import build
from mmseg_nrd.apps.cost.parts import random_samples, whole_metas
from mmseg_nrd.apps.cost.size import image_channels

from .encoder import Encoder

# What an OptimWrapper takes; others, for mixed precision, may ask for a GPU.
_OPTIM_OPTIONS = ('optimizer', 'constructor', 'paramwise_cfg', 'clip_grad')


def try_out(cfg: Config, encoder: Encoder) -> List[str]:
    """Train a config's model for one step of its own optimizer, and label an image with it.

    Both on random pixels, without pretrained weights.

    Returns:
        list[str]: the parameters that no gradient reached.

    Raises:
        ValueError: if the loss is not finite, or the logits do not fit the image.
        Exception: what the model or the optimizer raises.
    """
    model = build(cfg.model, 'cpu')
    # Constructors of optimizers, such as those of layer decay, are MMSeg's.
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope') or 'mmseg'):
        unused = _train(model, cfg.get('optim_wrapper') or {}, encoder.size)
    _label(model, encoder.odd_size)
    return unused


def _train(model: nn.Module, options: dict, size: Tuple[int, int]) -> List[str]:
    options = {key: options[key] for key in _OPTIM_OPTIONS if key in options}
    options.setdefault('optimizer', dict(type='SGD', lr=0.01))
    disabled = logging.root.manager.disable
    logging.disable(logging.INFO)  # a line for each parameter with an option of its own
    try:
        optim_wrapper = build_optim_wrapper(model.train(), options)
    finally:
        logging.disable(disabled)
    images = torch.randn(2, image_channels(model), *size)
    classes = max(model.decode_head.num_classes, 2)
    loss, _ = model.parse_losses(
        model.loss(images, random_samples(2, classes, size, 'cpu')))
    if not math.isfinite(loss.item()):
        raise ValueError(f'the loss of the first step is {loss.item()}')
    loss.backward()
    unused = [name for name, parameter in model.named_parameters()
              if parameter.requires_grad and parameter.grad is None]
    optim_wrapper.step()
    return unused


@torch.no_grad()
def _label(model: nn.Module, size: Tuple[int, int]) -> None:
    images = torch.randn(1, image_channels(model), *size)
    logits = model.eval().inference(images, whole_metas(images))
    wanted = (1, model.decode_head.out_channels, *size)
    if tuple(logits.shape) != wanted or not logits.isfinite().all():
        raise ValueError(f'logits of {tuple(logits.shape)} for an image of {size}: must be finite '
                         f'and {wanted}')
