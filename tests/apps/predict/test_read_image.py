"""Whatever a loader raises for an image that is none, the image is named; bugs stay visible."""
from __future__ import annotations

import pytest

from mmseg_nrd.apps.predict.pipeline import UnreadableImageError, read_image


@pytest.mark.parametrize('decoded', [
    lambda: None.shape, lambda: None.astype('float32')], ids=['shape', 'astype'])
def test_a_loader_that_takes_the_shape_of_no_image(decoded, tmp_path):
    """mmcv 2.0.0's, before it had an assertion."""
    path = tmp_path / 'x.png'
    path.write_bytes(b'text')
    with pytest.raises(UnreadableImageError, match=f'^{path}: no image, damaged, or of a format'):
        read_image(lambda results: dict(img=decoded()), path)
    path.write_bytes(b'')
    with pytest.raises(UnreadableImageError, match=f'^{path}: the file is empty$'):
        read_image(lambda results: dict(img=decoded()), path)


def test_another_attribute_that_is_missing_is_a_bug(tmp_path):
    with pytest.raises(AttributeError, match="'dict' object has no attribute 'img_path'"):
        read_image(lambda results: results.img_path, tmp_path / 'x.png')
