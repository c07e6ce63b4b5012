"""Bilinear resizing of some rows of a map, without the rest of it."""
from __future__ import annotations

from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor


def _sources(start: int, stop: int, height: int, out_height: int, align_corners: bool,
             device: torch.device) -> Tensor:
    """Where the output rows lie in the source, in its rows; rounded as torch rounds it."""
    rows = torch.arange(start, stop, dtype=torch.float32, device=device)
    if align_corners:
        return rows * ((height - 1) / max(out_height - 1, 1))
    return ((rows + 0.5) * (height / out_height) - 0.5).clamp(min=0)


def source_rows(start: int, stop: int, height: int, out_height: int,
                align_corners: bool = False) -> Tuple[int, int]:
    """Which rows of a map its resized rows [start, stop) are made of.

    Args:
        start (int): First row of the resized map.
        stop (int): One past the last.
        height (int): Rows of the map.
        out_height (int): Rows of the resized map.
        align_corners (bool): As for ``F.interpolate``. Defaults to False.

    Returns:
        tuple[int, int]: first row of the map, and one past the last.

    Raises:
        ValueError: if [start, stop) is empty or leaves the resized map.

    Example:
        >>> source_rows(2, 4, height=4, out_height=8)
        (0, 3)
    """
    if not 0 <= start < stop <= out_height:
        raise ValueError(
            f'start={start}, stop={stop}: must name one or more rows of the {out_height} of the '
            f'resized map. Fix: choose 0 <= start < stop <= {out_height}.')
    first, last = _sources(start, stop, height, out_height, align_corners,
                           torch.device('cpu'))[[0, -1]].long().tolist()
    return first, min(last + 2, height)


def resize_rows(rows: Tensor, first: int, height: int, size: Tuple[int, int], start: int,
                stop: int, align_corners: bool = False) -> Tensor:
    """Rows [start, stop) of a resized map, from the rows that they are made of.

    Equals ``F.interpolate(map, size, mode='bilinear', align_corners=align_corners)[:, :,
    start:stop]`` to float rounding.

    Args:
        rows (Tensor): (B, C, n, w), rows [first, first + n) of the map; at least those that
            :func:`source_rows` names.
        first (int): Which row of the map the first of ``rows`` is.
        height (int): Rows of the whole map.
        size (tuple[int, int]): (H, W) of the whole resized map.
        start (int): First row wanted.
        stop (int): One past the last.
        align_corners (bool): As for ``F.interpolate``. Defaults to False.

    Returns:
        Tensor: (B, C, stop - start, W).

    Raises:
        ValueError: if [start, stop) is empty or leaves the resized map, or needs other rows.
    """
    needed = source_rows(start, stop, height, size[0], align_corners)
    if needed[0] < first or needed[1] > first + rows.shape[2]:
        raise ValueError(
            f'rows {first} to {first + rows.shape[2] - 1}: rows {needed[0]} to {needed[1] - 1} '
            'are needed. Fix: pass those that source_rows() names.')
    if size == (height, rows.shape[3]):
        return rows[:, :, start - first:stop - first]
    at = _sources(start, stop, height, size[0], align_corners, rows.device)
    upper = at.long()
    lower = (upper + 1).clamp(max=height - 1)
    weight = (at - upper).to(rows.dtype)[:, None]
    # Columns first: there are fewer rows before than after, as a rule.
    wide = F.interpolate(rows, (rows.shape[2], size[1]), mode='bilinear',
                         align_corners=align_corners)
    # In place, on the copy that indexing made: a block of rows may be large.
    return wide[:, :, upper - first].lerp_(wide[:, :, lower - first], weight)
