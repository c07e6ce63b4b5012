from __future__ import annotations

import pytest

from mmseg_nrd.apps.compare.progress import Progress


def work(**planned: float):
    """Work planned in seconds, and the clock that it looks at."""
    now = [50.]
    progress = Progress(every=60., clock=lambda: now[0])
    now[0] += 30.  # before there is a plan
    progress.plan(planned)
    return progress, now


def test_pace_of_what_was_done_goes_for_all_that_is_left():
    progress, now = work(a=1000., b=3000.)
    assert progress.seconds_left == 4000.
    for done in range(1, 6):
        progress.advance('a', done, 10)
    now[0] += 1000.  # twice as slow as planned
    assert progress.seconds_left == pytest.approx(3500. * 1010. / 510.)


def test_what_an_earlier_command_did_sets_no_pace():
    progress, now = work(b=1000., c=1000.)
    progress.advance('b', 51, 100)  # resumed after its fiftieth iteration
    now[0] += 10.
    assert progress.seconds_left == pytest.approx(1490. * 20. / 20.)


def test_a_new_plan_keeps_what_is_done():
    progress, now = work(a=100., b=100.)
    progress.advance('a', 1, 1)
    now[0] += 100.
    progress.plan(dict(a=100., c=40.))
    assert progress.seconds_left == 40.


def test_a_file_gets_a_line_for_all_that_runs_and_one_now_and_then(capsys):
    progress, now = work(a=120., b=120.)
    for done in range(1, 13):
        now[0] += 10.
        progress.advance('a', done, 12)
        progress.show('a', f' {done}')
    progress.show('b')
    assert capsys.readouterr().out.splitlines() == [
        'a 1; 0 of 2 runs trained, 0:03:50 left', 'a 7; 0 of 2 runs trained, 0:02:50 left',
        'b; 1 of 2 runs trained, 0:02:00 left']


def test_a_terminal_keeps_to_one_line(capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '20')
    progress, _ = work(a=120.)
    monkeypatch.setattr('sys.stdout.isatty', lambda: True)
    with progress:
        for text in ('a', 'b'):
            progress.show(text)
    shown = capsys.readouterr().out
    assert shown.count('\n') == 1 and shown.endswith('\n')
    assert [part.removeprefix('\033[K') for part in shown.strip().split('\r')] == [
        'a; 0 of 1 runs trai', 'b; 0 of 1 runs trai']
