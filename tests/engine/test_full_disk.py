"""A full disk ends a program in a sentence."""
from __future__ import annotations

import errno
import os

import pytest

from mmseg_nrd.engine import full_disk_in_a_sentence


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize('name', [None, 'scalars.json'])
def test_it_is_said(number, name):
    with pytest.raises(SystemExit) as ended, full_disk_in_a_sentence('work'):
        raise OSError(number, os.strerror(number), name)
    said = ended.value.code
    assert said.startswith(f'error: {name or "work"}: cannot be written (')
    assert os.strerror(number) in said and 'Fix: make room' in said


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs a device that is always full')
def test_a_device_that_is_full():
    with pytest.raises(SystemExit, match='error: work: cannot be written .*No space left'), \
            full_disk_in_a_sentence('work'), open('/dev/full', 'w') as file:
        file.write('a log')


def test_the_option_of_another_tool():
    with pytest.raises(SystemExit, match=r'room on the disk, or name another with --out\.$'), \
            full_disk_in_a_sentence('x.pt2', 'name another with --out'):
        raise OSError(errno.ENOSPC, 'No space left on device')


@pytest.mark.parametrize('error', [
    OSError(errno.EACCES, 'Permission denied'), FileNotFoundError('x'), ValueError('x')])
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as caught, full_disk_in_a_sentence('work'):
        raise error
    assert caught.value is error
