"""A folder for results is tried beforehand, and nothing of the trial stays."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmseg_nrd.apps.cli import check_folder


@pytest.mark.parametrize('name', ['.', 'there', 'there/new', 'new/er/still'])
def test_a_folder_that_can_be_made_passes_and_nothing_is_left(tmp_path, name):
    (tmp_path / 'there').mkdir()
    (tmp_path / 'there' / 'file').touch()
    check_folder(tmp_path / name, '--out')
    assert sorted(path.name for path in tmp_path.rglob('*')) == ['file', 'there']


@pytest.mark.parametrize('name', ['file', 'file/new', 'link'])
def test_a_folder_that_cannot_be_made(tmp_path, name):
    (tmp_path / 'file').touch()
    (tmp_path / 'link').symlink_to('nowhere')
    with pytest.raises(ValueError, match=rf'^--out {tmp_path / name}: cannot be made or written '
                                         r'to \(.+\); must be a folder for new files. Fix: '):
        check_folder(tmp_path / name, '--out')
    assert sorted(os.listdir(tmp_path)) == ['file', 'link']


@pytest.mark.skipif(not os.path.isdir('/proc/self'), reason='needs a folder that takes no file')
@pytest.mark.parametrize('path', ['/proc/new/er', '/proc/self'])
def test_a_folder_that_takes_no_file(path):
    with pytest.raises(ValueError, match=rf'^--out {path}: cannot be made or written to'):
        check_folder(Path(path), '--out')
