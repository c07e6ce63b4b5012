"""Growth of what is held, and the committed soak."""
from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mmseg_nrd.benchmark.resources import measure_resources
from mmseg_nrd.benchmark.soak import MAX_GROWTH, NAMES, ResourceHook, growth, leaks, summary
from mmseg_nrd.benchmark.soak_figure import draw_soak

RESULTS = Path(__file__).parents[2] / 'benchmarks' / 'results' / 'soak' / 'results.json'
FLAT = dict(memory=500., worker_memory=300., files=20, worker_files=40, threads=3, workers=2)


def samples(count=100, **changes):
    """Every tenth iteration; ``changes`` say by how much one is above the flat line."""
    return [dict(iteration=at, seconds=at / 2, **{
        name: value + changes[name](at) if name in changes else value
        for name, value in FLAT.items()}) for at in range(10, 10 * count + 1, 10)]


def test_what_is_flat_does_not_grow():
    grown = growth(samples(), 200)
    assert grown == dict.fromkeys(NAMES, 0) and leaks(grown) == []


def test_growth_of_memory_is_a_slope_in_1000_iterations():
    noise = np.random.RandomState(0).normal(0, 3, 1001)
    grown = growth(samples(memory=lambda at: at * 0.03 + noise[at]), 200)
    assert grown['memory'] == pytest.approx(30, abs=4) and grown['worker_memory'] == 0
    leak, = leaks(grown)
    assert leak.startswith('memory of training grew by ') and f'at most {MAX_GROWTH:g}' in leak


def test_the_warm_up_is_left_out():
    grown = growth(samples(memory=lambda at: min(at, 200) * 2, files=lambda at: at > 150,
                           workers=lambda at: at > 190), 200)
    assert leaks(grown) == []


@pytest.mark.parametrize('name', ['files', 'worker_files', 'threads', 'workers'])
def test_any_file_thread_or_worker_on_top_is_a_leak(name):
    leak, = leaks(growth(samples(**{name: lambda at: at == 700}), 200))
    assert leak == f'{NAMES[name]}: 1 more than after the warm-up; none are allowed'


def test_memory_may_grow_up_to_the_bound_and_shrink():
    for slope, told in ((MAX_GROWTH * 0.99, 0), (MAX_GROWTH * 1.01, 1), (-50, 0)):
        assert len(leaks(growth(samples(
            worker_memory=lambda at, slope=slope: slope * at / 1000), 0))) == told


def test_too_few_samples_are_refused():
    with pytest.raises(ValueError, match='2 samples after a warm-up of 980 .*at least 3. Fix: '):
        growth(samples(), 980)


def test_the_hook_looks_every_so_many_iterations():
    hook = ResourceHook(interval=3)
    hook.before_train(None)
    for iteration in range(7):
        hook.every_n_train_iters = lambda runner, n, done=iteration + 1: done % n == 0
        hook.after_train_iter(SimpleNamespace(iter=iteration), iteration)
    assert [sample['iteration'] for sample in hook.samples] == [3, 6]
    assert hook.samples[0]['memory'] == pytest.approx(measure_resources().memory, rel=0.1)
    with pytest.raises(ValueError, match='interval=0: must be at least 1. Fix: '):
        ResourceHook(0)


def test_a_picture_and_a_table_are_made(tmp_path):
    results = dict(warm_up=200, val_interval=100, growth=growth(samples(), 200), samples=samples())
    draw_soak(results, tmp_path / 'plot.png')
    assert (tmp_path / 'plot.png').read_bytes().startswith(b'\x89PNG')
    header, first, *_, last = summary(results)
    assert header[1:3] == ('iteration 210', 'iteration 1000')
    assert first[1:] == ('500.0 MB', '500.0 MB', '500.0 MB', '0.0 MB in 1000 iterations', '10 MB')
    assert last == ('workers', '2', '2', '2', '0', '0')


def test_the_committed_soak_is_long_validates_and_leaks_nothing():
    results = json.loads(RESULTS.read_text())
    assert results['samples'][-1]['iteration'] >= 2000
    assert 2000 / results['val_interval'] >= 4 and results['warm_up'] <= 500
    assert results['growth'] == growth(results['samples'], results['warm_up'])
    assert leaks(results['growth']) == []
    # A loader for training and one for validation.
    assert results['samples'][-1]['workers'] == 2
