"""A small tree of street scenes and a way to run a command line as a user does."""
from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope
from street_scene_configs import ROOT

from mmseg_nrd.apps.street_scenes.writer import write_street_scenes


@pytest.fixture(scope='session')
def street_scenes(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp('data') / 'street_scenes'
    write_street_scenes(out, 'cityscapes', num_train=6, num_val=3, size=(128, 256), seed=0)
    return out


@pytest.fixture(scope='session')
def small(street_scenes) -> list:
    """Options that shrink a street-scene config to the data above and to seconds."""
    roots = [f'{split}_dataloader.dataset.data_root={street_scenes}'
             for split in ('train', 'val', 'test')]
    workers = [f'{split}_dataloader.{key}' for split in ('train', 'val', 'test')
               for key in ('num_workers=0', 'persistent_workers=False')]
    return [*roots, *workers, 'train_dataloader.batch_size=2', 'model.decode_head.channels=16',
            'model.auxiliary_head.channels=8']


@pytest.fixture(scope='session')
def tool():
    """Run a tool in a process of its own; returns it with ``output``, both streams joined."""

    def run(name: str, *arguments, status: int = 0, cwd=ROOT, modules=ROOT) -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / 'tools' / f'{name}.py'), *map(str, arguments)],
            cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
            # One thread: the maps are tiny, and threads that share cores wait for each other.
            env={**os.environ, 'PYTHONPATH': f'{ROOT}{os.pathsep}{modules}',
                 'OMP_NUM_THREADS': '1'})
        assert done.returncode == status, done.stdout
        return done.stdout

    return run


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a tool in this process; returns the error that it ends with."""

    def run(name: str, *arguments) -> str:
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        monkeypatch.syspath_prepend(str(ROOT / 'tools'))
        with DefaultScope.overwrite_default_scope('mmseg'), pytest.raises(SystemExit) as ended:
            runpy.run_path(str(ROOT / 'tools' / f'{name}.py'), run_name='__main__')
        if ended.value.code != 2:
            return ended.value.code
        # As argparse says it: after the usage and the program's name.
        return capsys.readouterr().err.splitlines()[-1].split(': ', 1)[1]

    return run
