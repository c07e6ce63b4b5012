"""Turns, shares and peaks."""
from __future__ import annotations

import time

import pytest
import torch

from benchmarks.speed.race import Race, race
from mmseg_nrd.apps.cost.memory import peak_memory
from mmseg_nrd.apps.cost.timing import time_turns

FLOAT = 4


def test_the_peak_is_the_worst_moment():
    source = torch.randn(1000)

    def step():
        twice = source * 2
        three = twice + 1
        del twice
        return three.exp_().sum()
    assert 2 * 1000 * FLOAT <= peak_memory(step) < 2.1 * 1000 * FLOAT


def test_what_was_there_before_does_not_count():
    source = torch.randn(100_000)
    assert peak_memory(lambda: source.add_(1)) < 1000


def test_a_backward_pass_counts_what_it_saved():
    source = torch.randn(50_000, requires_grad=True)

    def step():
        torch.autograd.grad(source.exp().sin().sum(), source)
    # Saved for the backward pass: the result of exp, and of sin for a moment.
    assert peak_memory(step) >= 2 * 50_000 * FLOAT


def test_short_steps_fill_their_turn():
    calls = []
    seconds = time_turns({'short': lambda: calls.append(0)}, rounds=2, turn_seconds=0.01)
    assert len(calls) > 100
    assert all(each < 0.005 for each in seconds['short'])


def test_long_steps_run_once_a_turn():
    calls = []
    time_turns({'long': lambda: (time.sleep(0.02), calls.append(0))}, rounds=2, warmup=1,
               turn_seconds=0.01)
    assert len(calls) == 3


@pytest.mark.parametrize('mode, grads', [('inference', False), ('training', True)])
def test_a_race_measures_every_step(mode, grads):
    seen = []

    def step(size):
        seen.append(torch.is_inference_mode_enabled())
        return torch.ones(size)
    result = race('group', 'case', mode, {
        'ours': lambda: step(1000), 'other': lambda: step(4000)}, rounds=2)
    assert result.names == ['ours', 'other']
    assert [len(result.seconds[name]) for name in result.names] == [2, 2]
    assert result.memory_share('other') == pytest.approx(0.25, rel=0.05)
    assert set(seen) == {not grads}


def test_shares_are_ours_over_theirs_turn_by_turn():
    result = Race('group', 'case', 'inference', {'ours': [1., 3.], 'other': [2., 4.]},
                  {'ours': 10, 'other': 40})
    assert result.shares('other') == [0.5, 0.75]
    assert result.memory_share('other') == 0.25
    assert result.timing('ours').median == 2
