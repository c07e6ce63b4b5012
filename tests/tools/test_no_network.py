"""What tries to reach a network is seen; test_train_and_test.py holds that training does not."""
from __future__ import annotations

import re

import pytest
from street_scene_configs import NRD


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
