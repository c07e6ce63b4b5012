"""Parameters and multiply-adds of a segmentor."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Tuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode


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


def _numel(parameters: Iterable[Tensor]) -> int:
    return sum(parameter.numel() for parameter in parameters)


def _multiply_adds(module: nn.Module, inputs) -> int:
    # torch counts a multiply-add as two operations.
    with FlopCounterMode(display=False) as counter:
        module(inputs)
    return counter.get_total_flops() // 2


@torch.no_grad()
def count_cost(model: nn.Module, size: Tuple[int, int]) -> Cost:
    """Count what one image costs at inference, up to the decode head's logits.

    Args:
        model (nn.Module): An MMSeg ``EncoderDecoder``; its mode is restored afterwards.
        size (tuple[int, int]): (H, W) of the image, in pixels.

    Returns:
        Cost: of the whole model and of its decode head.
    """
    training = model.training
    model.eval()
    image = torch.zeros(1, 3, *size, device=next(model.parameters()).device)
    levels = model.extract_feat(image)
    head_multiply_adds = _multiply_adds(model.decode_head, levels)
    multiply_adds = _multiply_adds(model.extract_feat, image) + head_multiply_adds
    model.train(training)
    return Cost(
        parameters=_numel(parameter for name, parameter in model.named_parameters()
                          if not name.startswith('auxiliary_head.')),
        multiply_adds=multiply_adds,
        head_parameters=_numel(model.decode_head.parameters()),
        head_multiply_adds=head_multiply_adds)
