"""One graph of a segmentor for batches and images of any size, and its torch.export file."""
from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Callable, Iterator, Optional, Tuple

import torch
from mmseg.models.utils import resize
from torch import Tensor, nn
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
                           'install a version of mmsegmentation that docs/versions.md names.')
    # With align_corners, resize() reads the sizes as numbers, only to warn of some.
    resize.__defaults__ = (*before[:-1], False)
    try:
        # Else torch refuses every size at which one of a single image or pixel would turn up.
        with symbolic.patch(backed_size_oblivious=True):
            yield
    finally:
        resize.__defaults__ = before


@torch.no_grad()
def trace(model: nn.Module, size: Tuple[int, int],
          fixed_batch: Optional[int] = None) -> ExportedProgram:
    """Trace an ``ExportableSegmentor`` with ``torch.export``.

    Args:
        model (nn.Module): It, in eval mode.
        size (tuple[int, int]): (H, W) of the images to trace it with; others run as well.
        fixed_batch (int, optional): Trace it for so many images of this size alone. Defaults to
            None, any number of any size.

    Returns:
        ExportedProgram: with batch, height and width left open, unless they are fixed.

    Raises:
        ImportError: if torch is too old. What ``torch.export`` raises is left as it is.
    """
    if not hasattr(symbolic, 'backed_size_oblivious'):
        raise ImportError(
            f'torch {torch.__version__}: too old to trace a model for images of any size. '
            'Fix: install a newer one; 2.13 is tested.')
    images = torch.zeros(fixed_batch or 2, model.channels, *size, dtype=torch.uint8)
    axes = OPEN_AXES if fixed_batch is None else {}
    with _sizes_left_open():
        return export(model, (images,), dynamic_shapes=({axis: Dim.DYNAMIC for axis in axes},))


def write_program(program: ExportedProgram, path: Path) -> None:
    """Write a program as a ``.pt2`` file.

    Raises:
        OSError: if there is no room for it.
    """
    # Where there is no room, torch's own writer of files ends the whole process.
    written = io.BytesIO()
    torch.export.save(program, written)
    path.write_bytes(written.getbuffer())


def read_program(path: Path) -> Callable[[Tensor], Tensor]:
    """A ``.pt2`` file as a function of a batch of images."""
    # Opened here, it may have any name.
    with open(path, 'rb') as file:
        # Transformers leave a guard against batches of one image in a graph that computes them, and
        # NRD one against images no wider than a place of its level.
        return torch.export.load(file).module(check_guards=False)
