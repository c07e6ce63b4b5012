"""The comparison from its command line: table, report, figures and picture."""
from __future__ import annotations

import json

import cv2
import pytest
from street_scene_configs import DEEPLAB, NRD

PICTURES = ('comparison.png', 'zoom.png', 'curves.png')


@pytest.fixture(scope='module')
def comparison(tmp_path_factory, tool, small):
    out = tmp_path_factory.mktemp('comparison') / 'report'
    output = tool('compare', NRD, DEEPLAB, '--out', out, '--iters', 3, '--seeds', 2,
                  '--budget', 'both', '--cfg-options', *small)
    return out, output, json.loads((out / 'results.json').read_text())


def test_rows_hold_what_was_measured(comparison):
    _, _, results = comparison
    ours, stock = results['rows']
    assert (ours['config'], stock['config']) == (NRD.stem, DEEPLAB.stem)
    assert results['seeds'] == [0, 1]
    for row in (ours, stock):
        assert row['cost']['head_multiply_adds'] > 0
        assert row['cost']['multiply_adds'] > row['cost']['head_multiply_adds']
        assert row['seconds_per_iteration']['median'] > 0
        assert row['runs']['iters']['iterations'] == 3
        for run in row['runs'].values():
            assert len(run['miou']) == len(run['train_seconds']) == 2
            assert all(0 <= miou <= 100 for miou in run['miou'])
    assert ours['runs']['time'] == ours['runs']['iters']
    own, wanted = (sum(row['runs']['iters']['train_seconds']) for row in (stock, ours))
    assert stock['runs']['time']['iterations'] == max(1, round(3 * wanted / own))


def test_equal_time_alone_goes_by_the_timed_steps(tool, small, tmp_path):
    tool('compare', NRD, DEEPLAB, '--out', tmp_path, '--iters', 3, '--budget', 'time',
         '--cfg-options', *small)
    ours, stock = json.loads((tmp_path / 'results.json').read_text())['rows']
    own, wanted = (row['seconds_per_iteration']['median'] for row in (stock, ours))
    assert ours['runs']['time']['iterations'] == 3
    assert stock['runs']['time']['iterations'] == max(1, round(3 * wanted / own))


def test_environment_is_recorded(comparison):
    environment = comparison[2]['environment']
    assert environment['keeps_freed_memory'] in (True, False)
    for key in ('commit', 'torch', 'mmseg', 'mmengine', 'mmcv', 'device', 'threads'):
        assert key in environment


def test_seeds_differ(comparison):
    _, _, results = comparison
    first, second = results['rows'][0]['runs']['iters']['checkpoints']
    assert first != second


def test_report_is_printed_and_written(comparison):
    out, output, results = comparison
    report = (out / 'report.md').read_text()
    for title in ('### Equal iterations', '### Equal training time'):
        assert title in output and title in report
    miou = results['rows'][0]['runs']['iters']['miou']
    assert f'{sum(miou) / 2:.2f} ± ' in report
    for name in ('report.md', 'results.json', *PICTURES):
        assert str(out / name) in output
        assert (out / name).is_file()
    for name in PICTURES:
        assert f'({name})' in report
    assert 'nrd against deeplabv3plus: ' in output and 'mIoU at equal training time' in report
    assert 'Traceback' not in output and 'Warning' not in output


@pytest.mark.parametrize('name', PICTURES)
def test_picture_shows_something(name, comparison):
    path = comparison[0] / name
    picture = cv2.imread(str(path))
    assert min(picture.shape[:2]) >= 360
    assert picture.std() > 20
    assert path.stat().st_size < 700_000


@pytest.mark.parametrize('arguments, words', [
    (['--iters', 0], 'iterations=0: must be at least 1'),
    (['--seeds', 0], 'seeds=0: must be at least 1'),
])
def test_wrong_budget_fails_in_a_sentence(arguments, words, tool, small, tmp_path):
    output = tool('compare', NRD, '--out', tmp_path, *arguments, '--cfg-options', *small, status=1)
    assert words in output
    assert 'Traceback' not in output


def test_a_config_that_cannot_be_compared_is_refused_before_runs_are_deleted(
        tool, small, tmp_path):
    run = tmp_path / 'runs' / NRD.stem / 'config.json'
    run.parent.mkdir(parents=True)
    run.write_text('{}')
    output = tool('compare', NRD, '--out', tmp_path, '--fresh', '--cfg-options', *small,
                  'param_scheduler.0.by_epoch=True', status=1)
    assert 'param_scheduler.type' in output and 'Traceback' not in output
    assert run.exists()


SPECTRAL = '''
import torch
from mmseg.models import ResNetV1c
from mmseg.registry import MODELS

@MODELS.register_module()
class SpectralResNet(ResNetV1c):
    def forward(self, x):
        return super().forward(torch.fft.ifft2(torch.fft.fft2(x)).real)
'''


def test_a_model_that_cannot_be_counted_is_refused_in_a_sentence(tool, small, tmp_path):
    (tmp_path / 'spectral.py').write_text(SPECTRAL)
    config = tmp_path / 'spectral_street-scenes.py'
    config.write_text(f"_base_ = '{NRD}'\n"
                      "custom_imports = dict(imports=['mmseg_nrd', 'spectral'])\n"
                      "model = dict(backbone=dict(type='SpectralResNet'))\n")
    output = tool('compare', config, '--out', tmp_path / 'out', '--cfg-options', *small, status=1,
                  modules=tmp_path)
    assert 'error: aten::_fft_' in output and 'Fix: enter it in pricing.py' in output
    assert 'Traceback' not in output


def test_one_config_twice_is_refused(tool, small, tmp_path):
    output = tool('compare', NRD, NRD, '--out', tmp_path, '--cfg-options', *small, status=1)
    assert 'was given already' in output
