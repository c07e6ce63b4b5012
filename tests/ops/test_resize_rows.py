"""Rows of a resized map against torch's resizing of the whole map."""
from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mmseg_nrd.ops import resize_rows, source_rows

SIZES = [((4, 6), (16, 24)), ((5, 3), (33, 9)), ((7, 9), (3, 20)), ((1, 1), (5, 4)),
         ((6, 5), (6, 5)), ((6, 5), (6, 11)), ((3, 4), (1, 1)), ((257, 3), (2048, 5))]


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('size, out_size', SIZES, ids=str)
def test_equals_the_rows_of_the_whole(size, out_size, align_corners, device):
    source = torch.randn(2, 3, *size, device=device)
    expected = F.interpolate(source, out_size, mode='bilinear', align_corners=align_corners)
    for start in range(0, out_size[0], max(1, out_size[0] // 5)):
        for stop in {start + 1, (start + out_size[0] + 1) // 2, out_size[0]} - {start}:
            first, last = source_rows(start, stop, size[0], out_size[0], align_corners)
            got = resize_rows(source[:, :, first:last], first, size[0], out_size, start, stop,
                              align_corners)
            torch.testing.assert_close(
                got, expected[:, :, start:stop], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('align_corners', [False, True])
@pytest.mark.parametrize('height, out_height', [(4, 16), (5, 33), (9, 4), (1, 7), (6, 6)])
def test_no_row_is_asked_for_that_is_not_used(height, out_height, align_corners):
    eye = torch.eye(height)[None, :, :, None]  # channel i is 1 in row i alone
    whole = F.interpolate(eye, (out_height, 1), mode='bilinear', align_corners=align_corners)
    for start in range(out_height):
        for stop in range(start + 1, out_height + 1):
            used = whole[0, :, start:stop, 0].amax(1).nonzero().flatten()
            first, last = source_rows(start, stop, height, out_height, align_corners)
            assert first <= used.min() and used.max() < last
            # One row may come along with weight zero, where a sample falls on a row.
            assert first >= used.min() - 1 and last <= used.max() + 2


def test_more_rows_than_needed_do_no_harm():
    source = torch.randn(1, 2, 9, 4)
    expected = F.interpolate(source, (30, 7), mode='bilinear')[:, :, 10:12]
    torch.testing.assert_close(resize_rows(source[:, :, 1:8], 1, 9, (30, 7), 10, 12), expected)


def test_gradcheck():
    rows = torch.randn(1, 2, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: resize_rows(x, 1, 6, (11, 3), 4, 6), rows)


@pytest.mark.parametrize('start, stop', [(3, 3), (-1, 2), (5, 17), (4, 2)])
def test_refuses_rows_that_are_not_there(start, stop):
    with pytest.raises(ValueError, match=rf'start={start}, stop={stop}.*of the 16.*Fix: choose 0'):
        source_rows(start, stop, 4, 16)


@pytest.mark.parametrize('first, last', [(2, 4), (0, 2)])
def test_refuses_to_invent_rows(first, last):
    message = rf'rows {first} to {last - 1}: rows 1 to 2 are needed.*Fix: pass those'
    with pytest.raises(ValueError, match=message):
        resize_rows(torch.zeros(1, 1, last - first, 3), first, 4, (16, 3), 7, 9)
