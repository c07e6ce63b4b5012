"""Parameters and multiply-adds of a segmentor."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Tuple

import torch
from torch import nn

from .multiply_adds import UncountableError, check_visible, count_multiply_adds
from .parts import WHOLE, inference_steps, part_parameters
from .size import image_channels


@dataclass(frozen=True)
class Cost:
    """Inference cost of one image; the auxiliary heads, used in training only, are left out.

    Attributes:
        parameters (int): Of the whole model.
        multiply_adds (int): Of the whole model: convolutions and matrix products.
        head_parameters (int): Of the decode head.
        head_multiply_adds (int): Of the decode head.
    """
    parameters: int
    multiply_adds: int
    head_parameters: int
    head_multiply_adds: int


def count_parts(model: nn.Module, steps: Dict[str, object]) -> Dict[str, int]:
    """Multiply-adds of the whole and of each part, by the steps' names.

    Raises:
        UncountableError: if an operation has no price, or the parts do not add up to the
            whole.
    """
    check_visible(model)
    counts = {name: count_multiply_adds(step) for name, step in steps.items()}
    parts = sum(counts.values()) - counts[WHOLE]
    if parts != counts[WHOLE]:
        raise UncountableError(
            f'{type(model).__name__}: its parts do {parts} multiply-adds, the whole '
            f'{counts[WHOLE]}: must be as many. Fix: leave this config out; its parts are not '
            'backbone, neck and heads alone.')
    return counts


@torch.no_grad()
def count_cost(model: nn.Module, size: Tuple[int, int]) -> Cost:
    """Count what one image costs at inference, up to logits of its size.

    Args:
        model (nn.Module): An MMSeg ``EncoderDecoder``; its mode is restored afterwards.
        size (tuple[int, int]): (H, W) of the image, in pixels.

    Returns:
        Cost: of the whole model and of its decode head.

    Raises:
        UncountableError: from :func:`count_parts`.
    """
    training = model.training
    model.eval()
    image = torch.zeros(1, image_channels(model), *size,
                        device=next(model.parameters()).device)
    multiply_adds = count_parts(model, inference_steps(model, image))
    model.train(training)
    parameters = part_parameters(model)
    return Cost(
        parameters=parameters[WHOLE], multiply_adds=multiply_adds[WHOLE],
        head_parameters=parameters['decode_head'],
        head_multiply_adds=multiply_adds['decode_head'])
