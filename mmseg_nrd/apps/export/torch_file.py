"""Traced programs as files of torch.export."""
from __future__ import annotations

import io
from pathlib import Path
from typing import Callable

import torch
from torch import Tensor
from torch._export.serde.serialize import SerializeError
from torch.export import ExportedProgram


def write_program(program: ExportedProgram, path: Path) -> None:
    """Write a program as a ``.pt2`` file.

    Raises:
        OSError: if there is no room for it.
        ValueError: if torch cannot save a part of it.
    """
    # Where there is no room, torch's own writer of files ends the whole process.
    written = io.BytesIO()
    try:
        torch.export.save(program, written)
    except SerializeError as error:
        raise ValueError(
            f'the traced model cannot be saved: {str(error).split(chr(10))[0]} Fix: write the '
            'part of the model that computes this with integers and tensors only.') from error
    path.write_bytes(written.getbuffer())


def read_program(path: Path) -> Callable[[Tensor], Tensor]:
    """A ``.pt2`` file as a function of a batch of images."""
    # Transformers leave a guard against batches of one image in a graph that computes them.
    return torch.export.load(path).module(check_guards=False)
