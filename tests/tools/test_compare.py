"""The comparison from its command line: table, report, figures and picture."""
from __future__ import annotations

import json

import cv2
import pytest
from street_scene_configs import NRD

from mmseg_nrd.apps.compare import comparison as comparing
from mmseg_nrd.apps.cost.multiply_adds import UncountableError

PICTURES = ('comparison.png', 'zoom.png', 'curves.png')


@pytest.fixture(scope='module')
def comparison(tmp_path_factory, tool, small):
    out = tmp_path_factory.mktemp('comparison') / 'report'
    output = tool('compare', NRD, '--out', out, '--iters', 2, '--cfg-options', *small,
                  'optim_wrapper.paramwise_cfg.norm_decay_mult=0.')
    return out, output, json.loads((out / 'results.json').read_text())


def test_rows_hold_what_was_measured(comparison):
    _, _, results = comparison
    row, = results['rows']
    assert (row['config'], results['seeds'], results['metric']) == (NRD.stem, [0], 'mIoU')
    assert row['cost']['multiply_adds'] > row['cost']['head_multiply_adds'] > 0
    assert row['seconds_per_iteration']['median'] > 0
    run = row['runs']['iters']
    assert run['iterations'] == 2 and len(run['train_seconds']) == 1
    assert 0 <= run['miou'][0] <= 100
    for key in ('commit', 'torch', 'mmseg', 'mmcv', 'device', 'threads', 'keeps_freed_memory'):
        assert key in results['environment']


def test_report_and_pictures_are_written_and_named(comparison):
    out, output, _ = comparison
    report = (out / 'report.md').read_text()
    assert '### Equal iterations' in output and '### Equal iterations' in report
    for name in ('report.md', 'results.json', *PICTURES):
        assert str(out / name) in output and (out / name).is_file()
    for name in PICTURES:
        assert f'({name})' in report
        picture = cv2.imread(str(out / name))
        assert min(picture.shape[:2]) >= 360 and picture.std() > 20
        assert (out / name).stat().st_size < 700_000


def test_the_screen_shows_progress_and_nothing_of_the_host(comparison):
    lines = comparison[1].splitlines()
    assert [line.split()[0] for line in lines[:5]] == [
        'trying', 'timing', 'training', 'testing', '###']
    assert 'paramwise' not in comparison[1] and 'Warning' not in comparison[1]


@pytest.mark.parametrize('arguments, options, words', [
    (['--iters', 0], [], 'iterations=0'),
    ([NRD], [], 'given already'),
    ([], ['param_scheduler.0.by_epoch=True'], 'param_scheduler.type'),
    (['--metric', 'mDice'], [], '--metric=mDice'),
    ([], ['test_evaluator.format_only=True', 'test_evaluator.output_dir=OUT'], 'test_evaluator'),
])
def test_what_cannot_be_compared_is_refused_before_runs_are_deleted(
        arguments, options, words, call, small, tmp_path):
    run = tmp_path / 'runs' / NRD.stem / 'config.json'
    run.parent.mkdir(parents=True)
    run.write_text('{}')
    options = [option.replace('OUT', str(tmp_path / 'labels')) for option in options]
    assert words in call('compare', NRD, *arguments, '--out', tmp_path, '--fresh',
                         '--cfg-options', *small, *options, status=1)
    assert run.exists()


def test_a_model_that_cannot_be_counted_is_refused(call, small, tmp_path, monkeypatch):
    def refuse(configs):
        raise UncountableError('fft')

    monkeypatch.setattr(comparing, 'measure_steps', refuse)
    said = call('compare', NRD, '--out', tmp_path, '--cfg-options', *small, status=1)
    assert 'error: fft' in said
