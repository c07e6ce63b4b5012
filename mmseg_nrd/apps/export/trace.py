"""One graph of a segmentor for batches and images of any size."""
from __future__ import annotations

import contextlib
from typing import Iterator, Tuple

import torch
from mmseg.models.utils import resize
from torch import nn
from torch.export import Dim, ExportedProgram, export
from torch.fx.experimental import _config as symbolic

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
        ImportError: if torch is too old. What ``torch.export`` raises is left as it is.
    """
    if not hasattr(symbolic, 'backed_size_oblivious'):
        raise ImportError(
            f'torch {torch.__version__}: too old to trace a model for images of any size. '
            'Fix: install a newer one; 2.13 is tested.')
    images = torch.zeros(2, model.channels, *size, dtype=torch.uint8)
    with _sizes_left_open():
        return export(model, (images,), dynamic_shapes=({axis: Dim.DYNAMIC for axis in OPEN_AXES},))
