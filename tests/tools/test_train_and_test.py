"""Training, testing and resuming through the command lines, on data they read from disk."""
from __future__ import annotations

import json
import re
import runpy

import cv2
import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from street_scene_configs import NRD, ROOT

SHORT = ['train_cfg.max_iters=2', 'train_cfg.val_interval=2',
         'default_hooks.checkpoint.interval=2', 'default_hooks.logger.interval=1',
         # mmengine then has a line for each parameter.
         'optim_wrapper.paramwise_cfg.norm_decay_mult=0.']


@pytest.fixture(scope='module')
def trained(tmp_path_factory, offline, small):
    """The work folder of a training without a network, and what was on the screen."""
    work_dir = tmp_path_factory.mktemp('work')
    # A worker is a process that might connect as well.
    status, output, attempts = offline(
        'tools/train.py', NRD, '--work-dir', work_dir, '--cfg-options', *small, *SHORT,
        'train_dataloader.num_workers=1')
    assert (status, attempts) == (0, ''), output
    return work_dir, output


def logged(work_dir, key) -> dict:
    """A value by iteration, from every log of a work folder, in order of time."""
    found = {}
    for path in sorted(work_dir.rglob('*.json')):
        for line in path.read_text().splitlines():
            entry = json.loads(line)
            if key in entry:
                found[entry.get('step')] = entry[key]
    return found


def test_training_logs_losses_validates_and_saves(trained):
    work_dir, output = trained
    losses = logged(work_dir, 'loss')
    assert sorted(losses) == [1, 2] and all(0 < loss < 20 for loss in losses.values())
    assert 'mIoU' in output
    state = torch.load(work_dir / 'iter_2.pth', map_location='cpu', weights_only=False)
    assert 'decode_head.controller.1.weight' in state['state_dict']
    assert not [key for key in state['state_dict'] if key.startswith('decode_head.conv_seg')]


def test_the_screen_shows_what_is_done_and_the_log_file_all(trained):
    work_dir, output = trained
    first, *others = output.splitlines()
    assert str(NRD) in first and str(work_dir) in first and 'max_iters=2' in first
    log = next(work_dir.glob('*/*.log')).read_text()
    for dump in ('System environment', 'Config:', 'Hooks will be executed', 'paramwise_options'):
        assert dump in log and dump not in output
    assert not [line for line in others if 'Warning' in line]
    # Without the table of classes.
    assert sum(not line.startswith(('|', '+')) for line in others) < 20


def test_testing_gives_the_score_of_validation_without_a_network(
        trained, offline, small, tmp_path):
    work_dir, _ = trained
    status, output, attempts = offline(
        'tools/test.py', NRD, work_dir / 'iter_2.pth', '--work-dir', tmp_path, '--verbose',
        '--out', tmp_path / 'labels', '--cfg-options', *small)
    assert (status, attempts) == (0, ''), output
    tested, = logged(tmp_path, 'mIoU').values()
    assert tested == pytest.approx(logged(work_dir, 'mIoU')[2], abs=0.01)
    assert len(list((tmp_path / 'labels').glob('*.png'))) == 3
    assert output.startswith(f'testing {NRD} with ') and 'System environment' in output


def test_resume_goes_on_where_training_stopped(trained, call, small):
    work_dir, _ = trained
    call('train', NRD, '--work-dir', work_dir, '--resume', '--cfg-options', *small, *SHORT,
         'train_cfg.max_iters=4')
    assert sorted(logged(work_dir, 'loss')) == [1, 2, 3, 4]
    assert (work_dir / 'iter_4.pth').is_file()


def test_resuming_another_model_is_refused_before_training(trained, call, small):
    work_dir, _ = trained
    before = sorted(path.name for path in work_dir.glob('*.pth'))
    said = call('train', NRD, '--work-dir', work_dir, '--resume', '--cfg-options', *small, *SHORT,
                'train_cfg.max_iters=4', 'model.auxiliary_head.channels=12', status=1)
    assert re.search(rf'error: {work_dir}/iter_.\.pth: 6 parameters.*\n  of shape \(', said)
    assert sorted(path.name for path in work_dir.glob('*.pth')) == before


@pytest.mark.slow
@pytest.mark.parametrize('interval, pictures', [
    pytest.param([], 3, id='each'), pytest.param([2], 1, id='second')])
def test_painted_predictions_of_augmented_images(
        trained, tool, small, tmp_path, interval, pictures):
    tool('test', NRD, trained[0] / 'iter_2.pth', '--work-dir', tmp_path / 'work', '--tta',
         '--show-dir', tmp_path / 'painted', '--cfg-options', *small,
         *(f'default_hooks.visualization.interval={every}' for every in interval))
    assert logged(tmp_path / 'work', 'mIoU')
    painted = list((tmp_path / 'painted').rglob('*.png'))
    assert len(painted) == pictures
    # The labels beside the predictions.
    assert all(cv2.imread(str(path)).shape == (128, 512, 3) for path in painted)


def test_row_blocks_cannot_be_augmented(call, small, tmp_path):
    said = call('test', NRD, 'x.pth', '--work-dir', tmp_path, '--tta', '--cfg-options', *small,
                'model.type=mmseg.RowBlockEncoderDecoder', status=1)
    assert 'error: --tta with model.type=RowBlockEncoderDecoder' in said


@pytest.mark.parametrize('name, arguments', [('train', []), ('test', ['nowhere.pth'])])
def test_a_missing_data_root_is_named_before_anything_is_written(
        name, arguments, call, small, tmp_path):
    root = tmp_path / 'cityscapes'
    roots = [f'{split}_dataloader.dataset.data_root={root}' for split in ('train', 'val', 'test')]
    said = call(name, NRD, *arguments, '--work-dir', tmp_path / 'work', '--cfg-options', *small,
                *roots, status=1)
    last = said.splitlines()[-1]
    assert last.startswith('error: ') and 'data_root' in last and str(root) in last
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('kind', [
    {}, dict(type='OptimWrapper'), dict(type='mmengine.optim.OptimWrapper'),
    dict(type=OptimWrapper)], ids=['none', 'name', 'path', 'class'])
def test_amp_switches_the_plain_wrapper_however_it_is_named(kind):
    cfg = Config(dict(optim_wrapper=dict(kind, optimizer=dict(type='SGD', lr=.1))))
    runpy.run_path(str(ROOT / 'tools/train.py'))['enable_amp'](cfg)
    assert cfg.optim_wrapper.type == 'AmpOptimWrapper'
    assert cfg.optim_wrapper.loss_scale == 'dynamic'
