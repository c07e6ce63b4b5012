"""Where tiles lie, and which pixels each of them decides."""
from __future__ import annotations

from typing import List, NamedTuple

# The deepest stride of the encoders here. Tiles that start at its multiples have their maps where
# the whole image has them; any other start would resample every map.
STRIDE = 32


class Span(NamedTuple):
    """Pixels [start, stop) that a tile sees along one side, and [first, last) that it decides."""
    start: int
    stop: int
    first: int
    last: int


def check_tiles(height: int, width: int, overlap: int) -> None:
    """Check the size of tiles and what neighbours share, in pixels.

    Raises:
        ValueError: if they are no multiples of ``STRIDE``, or no pixels are left that only one
            tile sees.
    """
    for name, value in dict(height=height, width=width).items():
        if value < 2 * STRIDE or value % STRIDE:
            raise ValueError(
                f'{name} of a tile {value}: must be a multiple of {STRIDE}, at least '
                f'{2 * STRIDE}, so that its maps lie where those of the whole image do. '
                f'Fix: {max(2, round(value / STRIDE)) * STRIDE}.')
    most = min(height, width) - STRIDE
    if not 0 <= overlap <= most or overlap % STRIDE:
        raise ValueError(
            f'overlap of {overlap}: must be a multiple of {STRIDE}, 0 to {most} for tiles of '
            f'{height} x {width}. Fix: {default_overlap(height, width)}.')


def default_overlap(height: int, width: int) -> int:
    """A quarter of a tile's shorter side, in whole strides, one at least."""
    return max(min(height, width) // 4 // STRIDE, 1) * STRIDE


def tile_spans(length: int, tile: int, overlap: int) -> List[Span]:
    """Cut a side of an image into tiles, each pixel decided by the tile that it lies deepest in.

    Every tile starts at a multiple of ``STRIDE``. The last one ends where the image does and is
    shorter than the others by less than ``STRIDE``; a side shorter than a tile is one. A pixel has
    at least ``overlap // 2`` pixels of its tile on each side, or the image's border.

    Args:
        length (int): Pixels of the side.
        tile (int): Pixels of a tile, a multiple of ``STRIDE``.
        overlap (int): Pixels that neighbours share at least, a multiple of ``STRIDE``.

    Returns:
        list[Span]: in order; what they decide is the whole side, each pixel once.

    Example:
        >>> [tuple(span) for span in tile_spans(200, 128, 64)]
        [(0, 128, 0, 96), (64, 192, 96, 144), (96, 200, 144, 200)]
    """
    last = max(0, -(-(length - tile) // STRIDE) * STRIDE)
    starts = [*range(0, last, tile - overlap), last]
    cuts = [(start + following + tile) // 2 for start, following in zip(starts, starts[1:])]
    return [Span(start, min(start + tile, length), first, stop) for start, first, stop in zip(
        starts, [0, *cuts], [*cuts, length])]
