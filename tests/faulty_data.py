"""Small data sets with one fault each, written by hand from what the formats say."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict

import cv2
import numpy as np

SIZE = (32, 64)
NAMES = ('a', 'b', 'c')
SPLITS = ('train', 'val')


def image_path(root: Path, name: str = 'b', split: str = 'train') -> Path:
    return root / 'leftImg8bit' / split / f'{name}_leftImg8bit.png'


def label_path(root: Path, name: str = 'b', split: str = 'train') -> Path:
    return root / 'gtFine' / split / f'{name}_gtFine_labelTrainIds.png'


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def labels(size=SIZE) -> np.ndarray:
    """Classes 0 to 3 in columns, and a row of ignored pixels on top."""
    height, width = size
    classes = np.tile((np.arange(width) * 4 // width).astype(np.uint8), (height, 1))
    classes[0] = 255
    return classes


def write_tree(root: Path) -> Path:
    """Three images a split in Cityscapes' layout, with nothing wrong."""
    for split in SPLITS:
        for number, name in enumerate(NAMES):
            picture = np.random.RandomState(number).randint(0, 256, (*SIZE, 3)).astype(np.uint8)
            write(image_path(root, name, split), picture)
            write(label_path(root, name, split), labels())
    return root


def palette_png(path: Path, indices: np.ndarray) -> None:
    from PIL import Image
    picture = Image.fromarray(indices, mode='P')
    picture.putpalette([value for index in range(256) for value in (255 - index, index, 7)])
    picture.save(path)


def _with(pixels: np.ndarray, value: int, where=np.s_[3:5, 6:9]) -> np.ndarray:
    changed = pixels.copy()
    changed[where] = value
    return changed


def _truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])


# What is done to the image or the labels of sample b.
FAULTS: Dict[str, Callable[[Path, Path], None]] = {
    'label out of range': lambda image, label: write(label, _with(labels(), 33)),
    'label just out of range': lambda image, label: write(label, _with(labels(), 19)),
    'missing label file': lambda image, label: label.unlink(),
    'empty image': lambda image, label: image.write_bytes(b''),
    'empty label': lambda image, label: label.write_bytes(b''),
    'image is no image': lambda image, label: image.write_text('<html>not found</html>'),
    'label is no image': lambda image, label: label.write_text('<html>not found</html>'),
    'truncated image': lambda image, label: _truncate(image),
    'truncated label': lambda image, label: _truncate(label),
    'label larger': lambda image, label: write(label, labels((40, 80))),
    'label smaller': lambda image, label: write(label, labels((16, 32))),
    'label turned': lambda image, label: write(label, labels(SIZE[::-1])),
    'colour label': lambda image, label: write(label, np.dstack([labels()] * 3)),
    'label with alpha': lambda image, label: write(label, np.dstack([labels()] * 4)),
    '16-bit label that wraps': lambda image, label: write(
        label, _with(labels().astype(np.uint16), 257)),
}
# What MMSeg reads as it is meant.
HARMLESS: Dict[str, Callable[[Path, Path], None]] = {
    'nothing': lambda image, label: None,
    'palette label': lambda image, label: palette_png(label, labels()),
    '16-bit label': lambda image, label: write(label, _with(labels().astype(np.uint16), 65535)),
    'grey image': lambda image, label: write(image, np.full(SIZE, 90, np.uint8)),
    'image with alpha': lambda image, label: write(image, np.full((*SIZE, 4), 90, np.uint8)),
    'palette image': lambda image, label: palette_png(image, np.full(SIZE, 90, np.uint8)),
    '16-bit image': lambda image, label: write(image, np.full((*SIZE, 3), 90 << 8, np.uint16)),
    '16-bit grey image': lambda image, label: write(image, np.full(SIZE, 90 << 8, np.uint16)),
    'all ignored': lambda image, label: write(label, np.full(SIZE, 255, np.uint8)),
}


def spoil(root: Path, fault: str) -> Path:
    """A tree with one fault or oddity; returns its root."""
    write_tree(root)
    {**FAULTS, **HARMLESS}[fault](image_path(root), label_path(root))
    return root
