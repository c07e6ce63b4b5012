from __future__ import annotations

import pytest

from mmseg_nrd.apps.compare.progress import WorkLeft


def work(**planned: float):
    """Work planned in seconds, and the clock that it looks at."""
    now = [50.]
    left = WorkLeft(lambda: now[0])
    left.plan(planned)
    return left, now


def test_before_anything_is_done_the_plan_tells():
    left, _ = work(a=100., b=200.)
    assert (left.seconds_left, left.finished, len(left)) == (300., 0, 2)


def test_pace_of_what_was_done_goes_for_all_that_is_left():
    left, now = work(a=1000., b=3000.)
    for done in range(1, 6):
        left.advance('a', done, 10)
    now[0] += 1000.  # twice as slow as planned
    assert left.done == 500.
    assert left.seconds_left == pytest.approx(3500. * 1010. / 510.)


def test_what_an_earlier_command_did_is_done_but_sets_no_pace():
    left, now = work(a=1000., b=1000., c=1000.)
    left.finished_earlier(['a', 'of another comparison'])
    assert (left.finished, left.done, left.seconds_left) == (1, 1000., 2000.)
    left.advance('b', 51, 100)  # resumed after its fiftieth iteration
    now[0] += 10.
    assert left.done == pytest.approx(1510.)
    assert left.seconds_left == pytest.approx(1490. * 20. / 20.)


def test_a_new_plan_keeps_what_is_done():
    left, now = work(a=100., b=100.)
    left.advance('a', 1, 1)
    now[0] += 100.
    left.plan(dict(a=100., c=40.))
    assert (left.finished, left.total, left.seconds_left) == (1, 140., 40.)


def test_nothing_is_left_at_the_end():
    left, now = work(a=100.)
    left.advance('a', 2, 2)
    now[0] += 7.
    assert (left.seconds_left, left.finished) == (0., 1)
