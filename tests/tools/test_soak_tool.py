"""The soak as a user runs it: on a training that is sound, and on one that leaks."""
from __future__ import annotations

import json
import re

import pytest
from street_scene_configs import NRD

SHORT = ['--iters', 60, '--val-interval', 20, '--warm-up', 30, '--interval', 2]
WORKERS = [f'{split}_dataloader.{key}' for split in ('train', 'val')
           for key in ('num_workers=1', 'persistent_workers=True')]
LEAK = '''
import os, subprocess
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

@HOOKS.register_module()
class LeakHook(Hook):
    held = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.held.append((bytes([1]) * 2_000_000, open(os.devnull)))
        if runner.iter == 45:
            self.held.append(subprocess.Popen(
                ['sleep', '60'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
'''
CONFIG = f'''
_base_ = {str(NRD)!r}
custom_imports = dict(imports=['mmseg_nrd', 'leak_hook'], allow_failed_imports=False)
custom_hooks = [dict(type='LeakHook')]
'''


def soak(tool, small, out, config=NRD, max_growth=10, **run):
    return tool('soak', config, '--out', out, '--work-dir', out / 'work', *SHORT, '--max-growth',
                max_growth, '--cfg-options', *small, *WORKERS, **run)


@pytest.mark.slow
def test_a_training_that_leaks_fails_with_what_it_keeps(tool, small, tmp_path):
    (tmp_path / 'leak_hook.py').write_text(LEAK)
    (tmp_path / 'leaks.py').write_text(CONFIG)
    output = soak(tool, small, tmp_path, tmp_path / 'leaks.py', status=1, modules=tmp_path)
    told = [re.match('error: (.*?)( grew|:)', line)[1] for line in output.splitlines()
            if line.startswith('error: ')]
    assert told == ['memory of training', 'memory of its workers', 'open files of training',
                    'open files of its workers', 'workers']
    grown = json.loads((tmp_path / 'results.json').read_text())['growth']
    assert grown['memory'] == pytest.approx(2000, rel=0.3)
    assert grown['files'] == 28 and grown['workers'] == 1


@pytest.mark.slow
def test_files_threads_and_workers_of_a_sound_training_stay(tool, small, tmp_path):
    """Memory needs longer than this to settle; the committed soak tells of it."""
    output = soak(tool, small, tmp_path, max_growth=1000)
    assert 'open files of training' in output and 'Traceback' not in output
    results = json.loads((tmp_path / 'results.json').read_text())
    assert [sample['iteration'] for sample in results['samples']] == list(range(2, 61, 2))
    assert all(results['growth'][name] == 0 for name in (
        'files', 'worker_files', 'threads', 'workers'))
    assert results['samples'][-1]['workers'] == 2
    assert (tmp_path / 'plot.png').is_file()


@pytest.mark.parametrize('options, words', [
    (['--iters', '20'], 'error: --iters 20 --warm-up 500 --interval 20: must leave three looks'),
    (['--interval', '0'], 'error: interval=0: must be at least 1. Fix: '),
    (['--cfg-options', 'train_dataloader.num_workers=0'],
     'error: train_dataloader: num_workers=0, persistent_workers=True: must be at least 1')])
def test_what_cannot_be_soaked_is_refused_in_a_sentence(tool, tmp_path, options, words):
    output = tool('soak', NRD, '--out', tmp_path, *options, status=1)
    assert output.strip().splitlines()[-1].startswith(words) and 'Traceback' not in output
