"""A drive along street scenes, to try labelling of videos on."""
from __future__ import annotations

from pathlib import Path
from typing import Tuple, Union

import cv2

from .render import checked_size, render_street_scene

CODECS = {'.mp4': 'mp4v', '.avi': 'MJPG'}
RATE = 25
_SECONDS = 3
_WIDTHS = 2.5  # of a scene, in those of a frame


def write_street_video(path: Union[str, Path], size: Tuple[int, int] = (128, 256), scenes: int = 4,
                       seed: int = 0) -> int:
    """Write a video in which the view sweeps over one wide scene after the other, 3 s each.

    Args:
        path (str | Path): File to write, .mp4 (mp4v) or .avi (MJPG); its folder is made.
        size (tuple[int, int]): Height and width of a frame in pixels, even, at least (32, 64).
            Defaults to (128, 256).
        scenes (int): How many scenes. Defaults to 4.
        seed (int): Of the first scene. Defaults to 0.

    Returns:
        int: frames written, 25 a second.

    Raises:
        OSError: if the file cannot be written.
        ValueError: if the size is odd or too small, or the ending is another one.
    """
    path, (height, width) = Path(path), checked_size(size)
    if path.suffix.lower() not in CODECS:
        raise ValueError(f'{path}: must end in {" or ".join(CODECS)}. '
                         f'Fix: {path.with_suffix(".mp4")}')
    if height % 2 or width % 2:
        raise ValueError(f'size={size}: must be even for a video, whose codecs cut off the rest. '
                         f'Fix: {height + height % 2}, {width + width % 2}.')
    path.parent.mkdir(parents=True, exist_ok=True)
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*CODECS[path.suffix.lower()]), RATE,
                            (width, height))
    if not video.isOpened():
        raise OSError(f'{path}: cannot be written. Fix: choose another folder.')
    frames = RATE * _SECONDS
    for scene in range(seed, seed + scenes):
        wide, _ = render_street_scene(scene, (height, int(_WIDTHS * width)))
        for frame in range(frames):
            left = round((wide.shape[1] - width) * frame / (frames - 1))
            video.write(cv2.cvtColor(wide[:, left:left + width], cv2.COLOR_RGB2BGR))
    video.release()
    return frames * scenes
