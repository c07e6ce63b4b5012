"""A small tree of street scenes and a way to run a command line as a user does."""
from __future__ import annotations

import contextlib
import io
import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmseg.visualization import SegLocalVisualizer
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


# Python imports it whenever it starts, so in processes that a process starts too. It notes each
# attempt, since a library that cannot connect may go on without a word.
WATCH = '''
import os
import socket
import sys

def watch(event, arguments):
    if event in ('socket.connect', 'socket.sendto', 'socket.sendmsg'):
        if arguments[0].family == socket.AF_UNIX:
            return
    elif event not in ('socket.getaddrinfo', 'socket.gethostbyname'):
        return
    with open(os.environ['ATTEMPTS'], 'a') as file:
        print(event, arguments, file=file)
    raise OSError('there is no network here')

sys.addaudithook(watch)
'''


def without_devices() -> list:
    """How to run a command in a network namespace of its own, where the kernel lets users."""
    try:
        done = subprocess.run(['unshare', '-rn', 'true'], capture_output=True)
    except FileNotFoundError:
        return []
    return [] if done.returncode else ['unshare', '-rn']


@pytest.fixture(scope='session')
def offline(tmp_path_factory):
    """Run Python where sockets lead nowhere; returns its status, output and what it tried."""
    folder = tmp_path_factory.mktemp('offline')
    (folder / 'sitecustomize.py').write_text(WATCH)
    attempts = folder / 'attempts'

    def run(*arguments):
        attempts.write_text('')
        done = subprocess.run(
            [*without_devices(), sys.executable, *map(str, arguments)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
            env={**os.environ, 'PYTHONPATH': f'{ROOT}{os.pathsep}{folder}',
                 'ATTEMPTS': str(attempts), 'OMP_NUM_THREADS': '1',
                 # Whatever was downloaded before is not there.
                 'TORCH_HOME': str(folder / 'torch_home')})
        return done.returncode, done.stdout, attempts.read_text()

    return run


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


@pytest.fixture(scope='session')
def call():
    """Run a tool in this process; returns what it printed, both streams joined.

    It saves the seconds of a start. mmengine's INFO lines are not among it: tests/conftest.py
    drops them.
    """

    def run(name: str, *arguments, status: int = 0) -> str:
        printed = io.StringIO()
        with (pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(),
              DefaultScope.overwrite_default_scope('mmseg'),
              contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed)):
            patch.setattr(sys, 'argv', [f'{name}.py', *map(str, arguments)])
            # As for a script: what lies beside it can be imported.
            patch.syspath_prepend(ROOT / 'tools')
            # What the tools change, for this run only.
            patch.setattr(Runner, 'build_logger', Runner.build_logger)
            # mmengine keeps each by its name, with the folder that it writes to.
            SegLocalVisualizer._instance_dict.clear()
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(ROOT / 'tools' / f'{name}.py'), run_name='__main__')
                sys.exit()
        code = ended.value.code
        if isinstance(code, str):
            printed.write(f'{code}\n')
            code = 1
        assert int(code or 0) == status, printed.getvalue()
        return printed.getvalue()

    return run
