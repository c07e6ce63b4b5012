"""A video and what was made of it, one above the other, as a short animated picture.

    python -m benchmarks.animation street.mp4 labelled.mp4 --out FILE.webp
"""
from __future__ import annotations

import argparse
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np
from PIL import Image

_EVERY = 3  # one frame of three
_QUALITY = 40


def _frames(path: Path) -> Iterator[np.ndarray]:
    video = cv2.VideoCapture(str(path))
    while (read := video.read())[0]:
        yield read[1][..., ::-1]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('above', type=Path)
    parser.add_argument('below', type=Path)
    parser.add_argument('--out', type=Path, required=True, metavar='FILE.webp')
    args = parser.parse_args()
    pictures = [Image.fromarray(np.concatenate(pair))
                for pair in zip(_frames(args.above), _frames(args.below))][::_EVERY]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(args.out, save_all=True, append_images=pictures[1:], loop=0,
                     duration=40 * _EVERY, quality=_QUALITY, method=6)
    print(f'{len(pictures)} frames, {args.out.stat().st_size / 1e6:.2f} MB in {args.out}')


if __name__ == '__main__':
    main()
