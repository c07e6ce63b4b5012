"""Labels and pictures as PNG files, whole or not there."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image

from mmseg_nrd.compat import whole_file


def _save_png(path: Path, picture: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        picture.save(unfinished, format='PNG')


def save_labels(path: Path, labels: np.ndarray, palette: Sequence[Sequence[int]]) -> None:
    """Save labels (H, W), uint8, as a PNG that holds class numbers and shows their colours.

    Args:
        path (Path): File to write; its folder is made.
        labels (np.ndarray): (H, W), uint8.
        palette (Sequence): An RGB triple for each class.
    """
    picture = Image.fromarray(labels)
    picture.putpalette(np.array(palette, np.uint8).tobytes())
    _save_png(path, picture)


def save_picture(path: Path, picture: np.ndarray) -> None:
    """Save a picture (H, W, 3), uint8, BGR, as a PNG."""
    _save_png(path, Image.fromarray(np.ascontiguousarray(picture[..., ::-1])))
