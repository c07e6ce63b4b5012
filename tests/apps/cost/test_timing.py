from __future__ import annotations

import time

import pytest

from mmseg_nrd.apps.cost.timing import Timing, ratio, summarise_times, time_turns


def test_steps_take_turns_after_the_warm_up():
    calls = []
    times = time_turns(
        {'a': lambda: calls.append('a'), 'b': lambda: calls.append('b')}, rounds=3, warmup=1)
    assert ''.join(calls) == 'abababab'
    assert [len(turns) for turns in times.values()] == [3, 3]


def test_runs_are_summarised_by_median_and_quartiles():
    assert summarise_times([5., 1., 2., 4., 3.]) == Timing(median=3., iqr=2., runs=5)


def test_short_steps_fill_their_turn_and_long_ones_run_once():
    short, long = [], []
    seconds = time_turns(
        {'short': lambda: short.append(0), 'long': lambda: (time.sleep(0.02), long.append(0))},
        rounds=2, warmup=0, turn_seconds=0.01)
    assert len(short) > 100 and len(long) == 1 + 2
    assert all(each < 0.005 for each in seconds['short'])
    assert all(0.02 <= each < 0.4 for each in seconds['long'])


def test_before_each_turn_there_is_a_pause():
    began, ended = [], []

    def step():
        began.append(time.perf_counter())
        time.sleep(0.001)
        ended.append(time.perf_counter())

    seconds = time_turns(dict(a=step, b=step), rounds=2, warmup=1, pause_seconds=0.05)
    assert all(start - end >= 0.05 for start, end in zip(began[2:], ended[1:]))
    assert max(max(turns) for turns in seconds.values()) < 0.05


def test_ratio_carries_both_spreads():
    value, spread = ratio(Timing(2., 0.2, 5), Timing(1., 0.1, 5))
    assert (value, spread) == (2., pytest.approx(0.4))
