"""Traced programs as files of torch.export."""
from __future__ import annotations

from pathlib import Path
from typing import Callable

import torch
from torch import Tensor
from torch.export import ExportedProgram


def write_program(program: ExportedProgram, path: Path) -> None:
    """Write a program as a ``.pt2`` file."""
    torch.export.save(program, path)


def read_program(path: Path) -> Callable[[Tensor], Tensor]:
    """A ``.pt2`` file as a function of a batch of images."""
    return torch.export.load(path).module()
