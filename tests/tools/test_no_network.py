"""Nothing is fetched at import, in training or in testing, unless a config asks for weights."""
from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from street_scene_configs import NRD, ROOT

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


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Run Python where sockets lead nowhere; returns its status, output and what it tried."""
    (tmp_path / 'sitecustomize.py').write_text(WATCH)
    attempts = tmp_path / 'attempts'
    # Whatever was downloaded before is not there.
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch_home'))

    def run(*arguments):
        attempts.write_text('')
        done = subprocess.run(
            [*without_devices(), sys.executable, *map(str, arguments)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
            env={**os.environ, 'PYTHONPATH': f'{ROOT}{os.pathsep}{tmp_path}',
                 'ATTEMPTS': str(attempts), 'OMP_NUM_THREADS': '1'})
        return done.returncode, done.stdout, attempts.read_text()

    return run


def test_a_model_is_trained_and_tested_without_a_network(offline, small, tmp_path):
    # A worker is a process that might connect as well.
    options = ['--work-dir', tmp_path / 'work', '--cfg-options', *small,
               'train_cfg.max_iters=2', 'train_cfg.val_interval=2',
               'train_dataloader.num_workers=1']
    status, output, attempts = offline('tools/train.py', NRD, *options)
    assert status == 0 and 'mIoU' in output, output
    assert attempts == ''
    status, output, attempts = offline(
        'tools/test.py', NRD, tmp_path / 'work' / 'iter_2.pth', *options)
    assert status == 0 and 'mIoU' in output, output
    assert attempts == ''


def test_weights_that_a_config_asks_for_are_missed(offline, small, tmp_path):
    status, output, attempts = offline(
        'tools/train.py', NRD, '--work-dir', tmp_path / 'work', '--cfg-options', *small,
        'model.pretrained=open-mmlab://resnet18_v1c')
    # The fork onedl-mmengine has another host for the same names.
    host = re.search(r"getaddrinfo \('(download\.openmmlab\.com|mmassets\.onedl\.ai)'", attempts)
    assert status == 1 and host, attempts
    assert '<urlopen error there is no network here>' in output.splitlines()[-1]


@pytest.mark.parametrize('attempt', [
    'from urllib.request import urlopen; urlopen("http://weights.example/x.pth")',
    'import socket; socket.create_connection(("127.0.0.1", 9))',
    'import socket; socket.gethostbyname("weights.example")',
    'import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))',
    'import os, sys; os.execv(sys.executable, ["python", "-c", '
    '"import socket; socket.gethostbyname(\'weights.example\')"])',
])
def test_an_attempt_that_is_hushed_up_is_seen(attempt, offline):
    status, output, attempts = offline(
        '-c', f'import contextlib\nwith contextlib.suppress(OSError):\n    {attempt}')
    assert attempts.startswith('socket.'), output


def test_processes_may_talk_to_each_other(offline):
    status, output, attempts = offline('-c', (
        'import socket\none, other = socket.socketpair()\none.send(b"x")\nassert other.recv(1)'))
    assert (status, attempts) == (0, ''), output
