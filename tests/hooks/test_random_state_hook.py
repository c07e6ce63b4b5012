"""A run that was stopped and resumed draws what it would have drawn."""
from __future__ import annotations

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.runner import IterBasedTrainLoop
from random_run import run

from mmseg_nrd.hooks.random_state import RandomStateHook, random_state, set_random_state


def draw() -> list:
    return [random.random(), random.gauss(0, 1), np.random.rand(), np.random.randn(),
            torch.rand(1).item()]


@pytest.mark.parametrize('odd', [False, True])
def test_a_state_that_went_through_a_file_is_the_same(odd, tmp_path):
    if odd:  # one half of a pair of normal numbers is kept for the next call
        random.gauss(0, 1)
        np.random.randn()
    state = random_state()
    torch.save(state, tmp_path / 'x.pth')
    expected = draw()
    assert draw() != expected
    set_random_state(torch.load(tmp_path / 'x.pth', weights_only=True))
    assert draw() == expected


@pytest.mark.parametrize('workers', [0, 2])
def test_a_resumed_run_is_the_same_to_the_bit(workers, tmp_path):
    whole, expected = run(tmp_path / 'a' / 'whole', workers=workers)
    stopped, _ = run(tmp_path / 'b' / 'stopped', workers=workers, stop_after=5)
    resumed, state = run(tmp_path / 'b' / 'stopped', workers=workers)
    # The fifth iteration came after the last checkpoint, and a validation followed that.
    assert list(stopped) == [1, 2, 3, 4, 5] and list(resumed) == [5, 6, 7, 8]
    assert {**stopped, **resumed} == whole and len(set(whole.values())) == 8
    assert all(torch.equal(state[key], expected[key]) for key in expected)


def test_without_the_hook_it_is_not(tmp_path):
    whole, _ = run(tmp_path / 'a' / 'whole', hooks=False)
    run(tmp_path / 'b' / 'stopped', hooks=False, stop_after=5)
    resumed, _ = run(tmp_path / 'b' / 'stopped', hooks=False)
    assert resumed[5] != whole[5]


def test_epochs(tmp_path):
    whole, _ = run(tmp_path / 'a' / 'whole', by_epoch=True, interval=1, iterations=12)
    run(tmp_path / 'b' / 'stopped', by_epoch=True, interval=1, iterations=12, stop_after=6)
    resumed, _ = run(tmp_path / 'b' / 'stopped', by_epoch=True, interval=1, iterations=12)
    assert resumed == {number: whole[number] for number in range(5, 13)}


def test_the_best_checkpoint_holds_the_state_of_training_too(tmp_path):
    # The best one is saved in the validation, and the last one anew; without it, before.
    run(tmp_path / 'a' / 'plain', iterations=2)
    run(tmp_path / 'b' / 'best', iterations=2, save_best='score', rule='greater')
    states = [torch.load(path, weights_only=False)['random_state']
              for path in sorted(tmp_path.glob('*/*/*iter_2.pth'))]
    assert len(states) == 3
    for state in states[1:]:
        for first, second in zip(*map(torch.utils._pytree.tree_leaves, (states[0], state))):
            assert torch.equal(first, second) if isinstance(first, torch.Tensor) else (
                first == second)


def test_weights_to_start_from_bring_no_random_state():
    hook = RandomStateHook()
    hook.after_load_checkpoint(None, dict(random_state=random_state()))
    drawn = draw()
    hook.before_train_epoch(SimpleNamespace(iter=0))
    assert draw() != drawn


def resume(**loop_options):
    """The hook at the beginning of a resumed run; the loop, and what is to be drawn next."""
    loop = object.__new__(IterBasedTrainLoop)
    loop.__dict__.update(dataloader_iterator=iter('abcd'), **loop_options)
    hook = RandomStateHook()
    hook.after_load_checkpoint(None, dict(random_state=random_state()))
    expected = draw()
    hook.before_train_epoch(SimpleNamespace(iter=2, train_loop=loop))
    return loop, expected


def test_batches_that_the_forks_loop_asks_to_skip_are_loaded(monkeypatch):
    monkeypatch.setattr('mmengine.__version__', '0.10.12')
    loop, expected = resume(fast_forward_on_resume=False)
    loop.dataloader_iterator.skip_iter(2)
    assert draw() != expected
    assert list(loop.dataloader_iterator) == ['c', 'd'] and draw() == expected


def test_batches_that_an_old_loop_would_train_on_again_are_loaded(monkeypatch):
    monkeypatch.setattr('mmengine.__version__', '0.10.2')
    loop, expected = resume()
    assert draw() != expected
    assert list(loop.dataloader_iterator) == ['c', 'd'] and draw() == expected


def test_a_loop_that_skips_nothing_has_the_state_at_once():
    loop, expected = resume(fast_forward_on_resume=True)
    assert draw() == expected and next(loop.dataloader_iterator) == 'a'
