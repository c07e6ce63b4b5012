"""A video of rendered scenes: how long, how large, and that the view moves."""
from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmseg_nrd.apps.street_scenes.video import write_street_video


def read(path) -> np.ndarray:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (found := capture.read())[0]:
        frames.append(found[1])
    return np.stack(frames).astype(int)


@pytest.mark.parametrize('name, size', [('a.mp4', (32, 64)), ('b.AVI', (40, 66))])
def test_the_view_sweeps_over_each_scene(tmp_path, name, size):
    path = tmp_path / 'new' / name
    assert write_street_video(path, size, scenes=2, seed=3) == 150
    frames = read(path)
    assert frames.shape == (150, *size, 3)
    # Right by the scene's remaining width within 75 frames: so many pixels in ten.
    step = round((int(2.5 * size[1]) - size[1]) * 10 / 74)
    for start in (0, 40, 80):
        before, after = frames[start], frames[start + 10]
        shifted = np.abs(after[:, :-step] - before[:, step:]).mean()
        assert shifted < 0.5 * np.abs(after - before).mean()


def test_what_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(ValueError, match='a.mkv'):
        write_street_video(tmp_path / 'a.mkv')
    for size in ((8, 8), (33, 64)):
        with pytest.raises(ValueError, match='size'):
            write_street_video(tmp_path / 'a.mp4', size=size)
    assert not list(tmp_path.iterdir())
