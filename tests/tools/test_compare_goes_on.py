"""A comparison that was killed, interrupted, finished or changed, and then started again."""
from __future__ import annotations

import json
import signal
import time

import numpy as np
import pytest
from background import start_tool
from street_scene_configs import NRD

pytestmark = pytest.mark.slow
ITERATIONS = 8


def arguments(small, out, *more) -> list:
    return [NRD, '--out', out, '--iters', ITERATIONS, '--seeds', 2, '--save-every', 0, *more,
            '--cfg-options', *small]


def stop_in(run, how, small, out) -> str:
    """Start the comparison, send a signal as soon as ``run`` has been saved, return its output."""
    process = start_tool('compare', *arguments(small, out))
    deadline = time.monotonic() + 300
    while not (run / 'resume.pth').exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(how)
    output = process.communicate(timeout=60)[0]
    assert not (run / 'outcome.json').exists(), output
    return output


@pytest.fixture(scope='module')
def stopped(tmp_path_factory, tool, small):
    """Killed in the first run, interrupted in the second, then let be; and never stopped."""
    out = tmp_path_factory.mktemp('stopped')
    runs = [out / 'runs' / NRD.stem / f'{ITERATIONS}_iterations' / f'seed_{seed}'
            for seed in range(2)]
    stop_in(runs[0], signal.SIGKILL, small, out)
    said = stop_in(runs[1], signal.SIGINT, small, out)
    output = tool('compare', *arguments(small, out))
    whole = tmp_path_factory.mktemp('whole')
    tool('compare', *arguments(small, whole))
    return out, runs, said, output, whole


def test_interruption_says_that_the_same_command_goes_on(stopped):
    assert 'the same command goes on' in stopped[2] and 'Traceback' not in stopped[2]


def test_losses_and_scores_are_those_of_a_run_never_stopped(stopped):
    out, _, _, _, whole = stopped
    for path in sorted(whole.glob('runs/*/*/*/outcome.npz')):
        resumed, expected = np.load(out / path.relative_to(whole)), np.load(path)
        assert len(expected['losses']) == ITERATIONS
        assert sorted(resumed) == sorted(expected)
        for key in expected:
            assert (resumed[key] == expected[key]).all(), key
    mious = [json.loads((folder / 'results.json').read_text())['rows'][0]['runs']['iters']['miou']
             for folder in (out, whole)]
    assert mious[0] == mious[1]


def test_what_was_resumed_is_reported(stopped):
    out, _, _, _, whole = stopped
    rows = [json.loads((folder / 'results.json').read_text())['rows'][0]['runs']['iters']
            for folder in (out, whole)]
    assert [row['resumed'] for row in rows] == [[1, 1], [0, 0]]
    line = 'interrupted and taken up again: '
    assert f'{line}nrd_r18, 8 iterations, seed 0 (1x); ' in (out / 'report.md').read_text()
    assert line not in (whole / 'report.md').read_text()
    assert rows[0]['curves'][0]['iteration'] == list(range(1, 9))


def test_a_run_is_not_repeated_and_only_its_last_checkpoint_is_kept(stopped):
    _, runs, *_ = stopped
    for run in runs:
        # One log folder for each of two parts, and for the test.
        assert sum(path.is_dir() for path in run.iterdir()) == 3
        assert [path.name for path in sorted(run.glob('*.pth'))] == ['iter_8.pth']
        assert not list(run.glob('*.unfinished'))


def test_a_finished_comparison_is_only_read_back(stopped, tool, small):
    out, runs, *_ = stopped
    before = json.loads((out / 'results.json').read_text())
    parts = [sorted(run.iterdir()) for run in runs]
    assert '--fresh repeats them' in tool('compare', *arguments(small, out))
    after = json.loads((out / 'results.json').read_text())
    assert after['rows'] == before['rows']
    assert [sorted(run.iterdir()) for run in runs] == parts


def test_other_settings_are_refused_with_the_fix(stopped, tool, small):
    out = stopped[0]
    before = (out / 'results.json').read_text()
    output = tool('compare', *arguments(small, out), 'optim_wrapper.optimizer.lr=0.5', status=1)
    assert 'optim_wrapper.optimizer.lr was 0.001 and is 0.5' in output
    assert 'Fix: start over with --fresh, choose another --out' in output
    assert 'Traceback' not in output
    assert (out / 'results.json').read_text() == before
