"""One graph of a segmentor for batches and images of any size."""
from __future__ import annotations

import contextlib
from typing import Iterator, Tuple

import torch
from mmseg.models.utils import resize
from torch import nn
from torch.export import Dim, ExportedProgram, export
from torch.fx.experimental import _config as symbolic

from .packages import require_tracing

# What may differ from one run to the next: axes of the images, by name.
OPEN_AXES = {0: 'batch', 2: 'height', 3: 'width'}


@contextlib.contextmanager
def _sizes_left_open() -> Iterator[None]:
    """Keep the graph from being tied to the sizes that it is traced with."""
    before = resize.__defaults__
    if before[-1] is not True:
        raise RuntimeError('resize() of MMSeg has other arguments than those known here. Fix: '
                           'install a version of mmsegmentation that the README names.')
    # With align_corners, resize() reads the sizes as numbers, only to warn of some.
    resize.__defaults__ = (*before[:-1], False)
    try:
        # Else torch refuses every size at which one of a single image or pixel would turn up.
        with symbolic.patch(backed_size_oblivious=True):
            yield
    finally:
        resize.__defaults__ = before


@torch.no_grad()
def trace(model: nn.Module, size: Tuple[int, int]) -> ExportedProgram:
    """Trace an ``ExportableSegmentor`` with ``torch.export``.

    Args:
        model (nn.Module): It, in eval mode.
        size (tuple[int, int]): (H, W) of the images to trace it with; others run as well.

    Returns:
        ExportedProgram: with batch, height and width left open.

    Raises:
        ImportError: if torch is too old.
        ValueError: if the model cannot be traced, or for one size only.
    """
    require_tracing()
    images = torch.zeros(2, 3, *size, dtype=torch.uint8)
    try:
        with _sizes_left_open():
            return export(model, (images,), dynamic_shapes=({axis: Dim.DYNAMIC
                                                             for axis in OPEN_AXES},))
    except Exception as error:  # tracing runs all of the model's own code
        if 'Fix: ' in str(error):
            raise ValueError(f'the model cannot be run: {error}') from error
        reason = str(error).strip().split('\n')[0]
        raise ValueError(
            f'the model cannot be traced for images of any size ({type(error).__name__}: '
            f'{reason}). Fix: trace it with a larger image; if that does not help, the model '
            'chooses what it does by the size or by the pixels, and needs another backbone or '
            'head.') from error
