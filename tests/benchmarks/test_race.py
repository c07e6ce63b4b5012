"""Steps are timed in turns, ours first."""
from __future__ import annotations

import pytest
import torch

from benchmarks.speed.race import Race, race


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
