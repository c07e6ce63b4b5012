"""Whether an exported file computes what the model does."""
from __future__ import annotations

import math
from typing import Callable, Iterator, Optional, Sequence, Tuple

import torch
from torch import Tensor

from .segmentor import ExportableSegmentor

Shape = Tuple[int, int, int]  # images, height, width
MOST = 1e-3


def shapes_around(size: Tuple[int, int]) -> Tuple[Shape, Shape, Shape]:
    """Three (B, H, W): the size itself, and two odd ones below it, one of them two images."""
    height, width = size
    return ((1, height, width), (2, height * 3 // 4 | 1, width // 2 | 1),
            (1, height // 2 | 1, width * 3 // 4 | 1))


def tolerance(scale: float, most: Optional[float] = None, fp16: bool = False) -> float:
    """How far a file may be from a model.

    Args:
        scale (float): The model's largest absolute logit.
        most (float, optional): As far as the logits may differ, however large they are. Defaults
            to None: 1e-3, without a limit for half precision.
        fp16 (bool): Whether the file's weights are in half precision. Defaults to False.

    Returns:
        float: that, but no more than 1e-4 of the largest logit: those of random weights may be
        next to nothing. With weights rounded to 11 bits, a hundredth of the largest logit.
    """
    if most is None:
        most = math.inf if fp16 else MOST
    return min(most, (1e-2 if fp16 else 1e-4) * scale)


def random_images(shape: Shape, channels: int,
                  generator: Optional[torch.Generator] = None) -> Tensor:
    """Random pixels, (B, channels, H, W) of uint8; without a generator the same ones each time."""
    batch, height, width = shape
    return torch.randint(256, (batch, channels, height, width), dtype=torch.uint8,
                         generator=generator or torch.Generator().manual_seed(0))


@torch.no_grad()
def check(model: ExportableSegmentor, run: Callable[[Tensor], Tensor],
          shapes: Sequence[Shape], device: str = 'cpu') -> Iterator[Tuple[Shape, float, float]]:
    """Run a model and its exported file on the same random images.

    The difference is that of logits: the largest, over all pixels and classes; or, of labels, how
    far the logit of the file's label lies below the model's highest, so that a tie may go either
    way.

    Args:
        model (ExportableSegmentor): The model.
        run (Callable[[Tensor], Tensor]): The file; from images on the CPU to the model's device.
        shapes (Sequence[tuple[int, int, int]]): (B, H, W) each.
        device (str): The model's. Defaults to 'cpu'.

    Yields:
        tuple[tuple[int, int, int], float, float]: the shape, the difference, and the largest
        absolute logit.

    Raises:
        ValueError: if the file's output has another shape or dtype than the model's.
    """
    generator = torch.Generator().manual_seed(0)
    for shape in shapes:
        images = random_images(shape, model.channels, generator)
        logits, got = model.logits(images.to(device)), run(images)
        _check_kind(got, logits, model.labels)
        gap = _label_gap(got, logits, model) if model.labels else (got - logits).abs()
        yield shape, gap.max().item(), logits.abs().max().item()


def _check_kind(got: Tensor, logits: Tensor, labels: bool) -> None:
    shape, dtype = (logits[:, 0].shape, torch.int64) if labels else (logits.shape, logits.dtype)
    if got.shape != shape or got.dtype != dtype:
        raise ValueError(
            f'the file yields {got.dtype} of {tuple(got.shape)}: must be {dtype} of '
            f'{tuple(shape)}. Fix: export it again, with versions that docs/export.md names.')


def _label_gap(labels: Tensor, logits: Tensor, model: ExportableSegmentor) -> Tensor:
    if logits.shape[1] > 1:
        return logits.amax(dim=1) - logits.gather(1, labels[:, None])[:, 0]
    # One channel: the distance to the threshold, where the label is on its other side.
    beyond = logits[:, 0] - model.threshold
    return beyond.abs().where((beyond > 0) != labels.bool(), 0)
