"""Steps are timed in turns, ours first."""
from __future__ import annotations

import pytest
import torch

from benchmarks.speed.race import race


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
