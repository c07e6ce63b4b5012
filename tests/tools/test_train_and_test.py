"""Training, testing and resuming through the command lines, on data they read from disk."""
from __future__ import annotations

import json
import re

import cv2
import pytest
import torch
from street_scene_configs import NRD

from mmseg_nrd.apps.cli.resume import read_training_state

resource = pytest.importorskip('resource')

SHORT = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2',
         'default_hooks.checkpoint.interval=2', 'default_hooks.logger.interval=1']


@pytest.fixture(scope='module')
def trained(tmp_path_factory, tool, small):
    work_dir = tmp_path_factory.mktemp('work')
    output = tool('train', NRD, '--work-dir', work_dir, '--cfg-options', *small, *SHORT)
    return work_dir, output


def logged_losses(work_dir) -> dict:
    """Loss by iteration, from every log of a work folder, in order of time."""
    losses = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json')):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if 'loss' in entry:
                losses[entry['step']] = entry['loss']
    return losses


def test_training_logs_losses_validates_and_saves(trained):
    work_dir, output = trained
    losses = logged_losses(work_dir)
    assert sorted(losses) == [1, 2]
    assert all(0 < loss < 20 for loss in losses.values())
    assert 'mIoU' in output
    state = torch.load(work_dir / 'iter_2.pth', map_location='cpu', weights_only=False)
    assert 'decode_head.controller.1.weight' in state['state_dict']
    assert not [key for key in state['state_dict'] if key.startswith('decode_head.conv_seg')]


def test_console_is_free_of_host_warnings(trained):
    _, output = trained
    assert 'pkg_resources is deprecated' not in output
    assert 'Traceback' not in output


def test_testing_the_checkpoint_gives_the_score_of_validation(trained, tool, small, tmp_path):
    work_dir, output = trained
    tested = tool('test', NRD, work_dir / 'iter_2.pth', '--work-dir', tmp_path,
                  '--out', tmp_path / 'labels', '--cfg-options', *small)
    validation, test = (re.findall(r'mIoU: ([\d.]+)', text)[-1] for text in (output, tested))
    assert float(test) == pytest.approx(float(validation), abs=0.01)
    assert len(list((tmp_path / 'labels').glob('*.png'))) == 3


def test_resume_goes_on_where_training_stopped(trained, tool, small):
    work_dir, _ = trained
    longer = [option.replace('max_iters=2', 'max_iters=4') for option in SHORT]
    output = tool('train', NRD, '--work-dir', work_dir, '--resume', '--cfg-options',
                  *small, *longer)
    assert 'resumed epoch: 0, iter: 2' in output
    assert sorted(logged_losses(work_dir)) == [1, 2, 3, 4]
    assert (work_dir / 'iter_4.pth').is_file()


def test_resuming_another_model_is_refused_before_training(trained, call, small):
    work_dir, _ = trained
    before = sorted(path.name for path in work_dir.glob('*.pth'))
    said = call('train', NRD, '--work-dir', work_dir, '--resume', '--cfg-options', *small, *SHORT,
                'train_cfg.max_iters=4', 'model.auxiliary_head.channels=12')
    assert said.startswith(f'error: {work_dir}/iter_')
    assert '.pth: 6 parameters do not fit the config.\n  of shape (' in said
    assert 'Fix: choose the config' in said
    assert sorted(path.name for path in work_dir.glob('*.pth')) == before


def test_a_disk_that_is_full_leaves_the_checkpoint_before(trained, call, small):
    work_dir, _ = trained
    before = sorted(path.name for path in work_dir.glob('iter_*'))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10 ** 7, hard))
    try:
        with pytest.raises(OSError, match='File too large'):
            call('train', NRD, '--work-dir', work_dir, '--resume', '--cfg-options', *small,
                 *SHORT, 'train_cfg.max_iters=9', 'default_hooks.checkpoint.interval=1')
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in work_dir.glob('iter_*')) == before
    for name in before:
        read_training_state(str(work_dir / name))


def test_test_time_augmentation(trained, tool, small, tmp_path):
    work_dir, _ = trained
    output = tool('test', NRD, work_dir / 'iter_2.pth', '--work-dir', tmp_path, '--tta',
                  '--cfg-options', *small)
    assert re.findall(r'mIoU: ([\d.]+)', output)


@pytest.mark.parametrize('interval, pictures', [
    pytest.param([], 3, id='each'), pytest.param([2], 1, id='second', marks=pytest.mark.slow)])
def test_painted_predictions(trained, tool, small, tmp_path, interval, pictures):
    work_dir, _ = trained
    tool('test', NRD, work_dir / 'iter_2.pth', '--work-dir', tmp_path / 'work', '--show-dir',
         tmp_path / 'painted', '--cfg-options', *small,
         *(f'default_hooks.visualization.interval={every}' for every in interval))
    painted = list((tmp_path / 'painted').rglob('*.png'))
    assert len(painted) == pictures
    # The labels beside the predictions.
    assert all(cv2.imread(str(path)).shape == (128, 512, 3) for path in painted)


@pytest.mark.parametrize('name, arguments', [('train', []), ('test', ['nowhere.pth'])])
@pytest.mark.parametrize('kind', ['missing', 'empty'])
def test_missing_or_empty_data_root_fails_in_a_sentence(
        name, arguments, kind, tool, small, tmp_path):
    root = tmp_path / 'cityscapes'
    if kind == 'empty':
        for split in ('train', 'val'):
            (root / 'leftImg8bit' / split).mkdir(parents=True)
            (root / 'gtFine' / split).mkdir(parents=True)
    roots = [f'{split}_dataloader.dataset.data_root={root}' for split in ('train', 'val', 'test')]
    output = tool(name, NRD, *arguments, '--work-dir', tmp_path / 'work', '--cfg-options',
                  *small, *roots, status=1)
    last = output.strip().splitlines()[-1]
    assert last.startswith('error: ') and 'looked for' in last and str(root) in last
    assert 'Fix: ' in last
    assert 'Traceback' not in output
    assert not (tmp_path / 'work').exists()


def test_missing_checkpoint_fails_in_a_sentence(tool, small, tmp_path):
    output = tool('test', NRD, tmp_path / 'nowhere.pth', '--cfg-options', *small, status=1)
    assert 'nowhere.pth\': no such file. Fix: pass' in output
    assert 'Traceback' not in output


@pytest.mark.parametrize('name, arguments', [('train', []), ('test', ['nowhere.pth'])])
def test_missing_config_fails_in_a_sentence(name, arguments, tool):
    output = tool(name, 'configs/nowhere.py', *arguments, status=1)
    assert "error: config 'configs/nowhere.py': no such file" in output
    assert 'Traceback' not in output
