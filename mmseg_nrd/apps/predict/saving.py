"""Files that appear under their names only once they are whole."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image


def _save_png(path: Path, picture: Image.Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + '.tmp')
    try:
        picture.save(unfinished, format='PNG')
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


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
