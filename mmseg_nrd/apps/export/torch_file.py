"""Traced programs as files of torch.export."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor
from torch.export import ExportedProgram


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
        # Transformers leave a guard against batches of one image in a graph that computes them.
        return torch.export.load(file).module(check_guards=False)
