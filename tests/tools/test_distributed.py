"""Two processes train and test NRD on the CPU through the command lines."""
from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from street_scene_configs import NRD, ROOT


def launch(tool, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', '2',
         str(ROOT / 'tools' / f'{tool}.py'), str(NRD), *map(str, arguments), '--launcher',
         'pytorch'],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
        # A machine with GPUs would start NCCL and take SyncBN.
        env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1',
             'CUDA_VISIBLE_DEVICES': ''})


@pytest.mark.slow
def test_two_processes_train_with_no_parameter_unused(small, tmp_path):
    # Without find_unused_parameters, a parameter without gradient stops the second iteration.
    done = launch('train', '--verbose', '--work-dir', tmp_path, '--cfg-options', *small,
                  'train_cfg.max_iters=3',
                  'train_cfg.val_interval=3', 'default_hooks.checkpoint.interval=3',
                  'default_hooks.logger.interval=1')
    assert done.returncode == 0, done.stdout
    assert 'GPU number: 2' in done.stdout
    assert done.stdout.count('training ') == 1
    assert 'mIoU: ' in done.stdout
    state = torch.load(tmp_path / 'iter_3.pth', weights_only=False)['state_dict']
    assert all(value.isfinite().all() for value in state.values())
    done = launch('test', tmp_path / 'iter_3.pth', '--work-dir', tmp_path / 'test',
                  '--cfg-options', *small)
    assert done.returncode == 0 and done.stdout.count('mIoU: ') == 1, done.stdout


@pytest.mark.slow
def test_sync_bn_is_refused_with_the_fix(small, tmp_path):
    done = launch('train', '--work-dir', tmp_path, '--cfg-options', *small,
                  'model.decode_head.norm_cfg.type=SyncBN')
    assert done.returncode != 0
    assert 'error: norm_cfg.type=SyncBN' in done.stdout
