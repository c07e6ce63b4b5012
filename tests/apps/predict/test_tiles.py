"""Tiles decide each pixel once, deep enough inside, and start where all strides have a place."""
from __future__ import annotations

import pytest

from mmseg_nrd.apps.predict.tiles import check_tiles, default_overlap, tile_spans


@pytest.mark.parametrize('tile, overlap', [
    (64, 0), (64, 32), (96, 64), (128, 32), (128, 96), (512, 128)])
@pytest.mark.parametrize('length', [1, 31, 64, 65, 96, 97, 127, 128, 129, 160, 333, 1000, 1024])
def test_each_pixel_is_decided_once_and_deep_enough(length, tile, overlap):
    decided = []
    for start, stop, first, last in tile_spans(length, tile, overlap):
        assert start % 32 == 0 and 0 < stop - start <= tile
        for pixel in range(first, last):
            assert start == 0 or pixel - start >= overlap // 2
            assert stop == length or stop - pixel >= overlap // 2
            decided.append(pixel)
    assert decided == list(range(length))


@pytest.mark.parametrize('length, count', [(1, 1), (128, 1), (129, 2), (224, 2), (225, 3)])
def test_no_more_tiles_than_needed(length, count):
    assert len(tile_spans(length, 128, 32)) == count


@pytest.mark.parametrize('tile, overlap, message', [
    ((500, 512), 128, 'height of a tile 500: must be a multiple of 32.*Fix: 512'),
    ((512, 33), 0, 'width of a tile 33: .*Fix: 64'),
    ((32, 64), 0, 'height of a tile 32: .*at least 64.*Fix: 64'),
    ((-64, 64), 0, 'height of a tile -64'),
    ((128, 128), 40, 'overlap of 40: must be a multiple of 32, 0 to 96 for tiles of 128 x 128'),
    ((128, 512), 128, 'overlap of 128: .*0 to 96.*Fix: 32'),
    ((128, 512), -32, 'overlap of -32'),
])
def test_sizes_that_do_not_fit_are_named(tile, overlap, message):
    with pytest.raises(ValueError, match=message):
        check_tiles(*tile, overlap)


@pytest.mark.parametrize('tile, overlap', [
    ((64, 64), 32), ((128, 512), 32), ((512, 1024), 128), ((1024, 600), 128)])
def test_the_default_overlap_is_one_that_passes(tile, overlap):
    assert default_overlap(*tile) == overlap
    check_tiles(tile[0], tile[1] // 32 * 32, overlap)
