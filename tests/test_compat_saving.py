"""mmengine's files are there whole or not at all."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from mmengine.hooks import checkpoint_hook
from mmengine.runner import checkpoint, runner, save_checkpoint

from mmseg_nrd import compat
from mmseg_nrd.compat import whole_file


@pytest.fixture
def old(tmp_path):
    path = tmp_path / 'x.pth'
    torch.save({'a': 1}, path)
    return path


def test_a_file_is_replaced_when_it_is_written(old):
    with whole_file(old) as unfinished:
        torch.save({'a': 2}, unfinished)
        assert torch.load(old) == {'a': 1}
    assert torch.load(old) == {'a': 2} and os.listdir(old.parent) == ['x.pth']


def test_a_failure_leaves_the_old_file(old):
    with pytest.raises(ZeroDivisionError), whole_file(str(old)) as unfinished:
        unfinished.write_bytes(b'torn')
        1 / 0  # noqa: B018
    assert torch.load(old) == {'a': 1} and os.listdir(old.parent) == ['x.pth']


def test_what_a_killed_process_left_is_written_over(old):
    (old.parent / 'x.pth.unfinished').write_bytes(b'much that is torn')
    with whole_file(old) as unfinished:
        unfinished.write_bytes(b'new')
    assert old.read_bytes() == b'new' and os.listdir(old.parent) == ['x.pth']


def test_a_link_stays_a_link(old):
    link = old.parent / 'link.pth'
    link.symlink_to(old)
    with whole_file(link) as unfinished:
        unfinished.write_bytes(b'new')
    assert link.is_symlink() and old.read_bytes() == b'new'


def test_the_content_is_on_the_disk_before_the_name(old, monkeypatch):
    calls = []
    monkeypatch.setattr(os, 'fsync', lambda number: calls.append('fsync'))
    replace = os.replace
    monkeypatch.setattr(os, 'replace', lambda *paths: calls.append('replace') or replace(*paths))
    with whole_file(old) as unfinished:
        unfinished.write_bytes(b'new')
    assert calls == ['fsync', 'replace']


# Killed in the middle of the write, as by kill -9: half of the bytes have arrived.
KILLED = '''
import os, sys
if 'mend' in sys.argv: import mmseg_nrd
from mmengine.fileio import LocalBackend
from mmengine.runner.runner import save_checkpoint
def put(self, content, path):
    with open(path, 'wb') as file:
        file.write(content[:len(content) // 2])
        file.flush()
        os.kill(os.getpid(), 9)
LocalBackend.put = put
save_checkpoint({'a': 2}, sys.argv[1])
'''


@pytest.mark.parametrize('mend', [True, False])
def test_a_process_killed_while_it_writes(mend, old):
    done = subprocess.run([sys.executable, '-c', KILLED, str(old), *['mend'] * mend],
                          cwd=Path(__file__).parents[1], capture_output=True)
    assert done.returncode == -9, done.stderr
    if mend:
        assert torch.load(old) == {'a': 1}
        save_checkpoint({'a': 3}, str(old))
        assert torch.load(old) == {'a': 3} and os.listdir(old.parent) == ['x.pth']
    else:
        with pytest.raises(Exception, match='zip|EOF'):
            torch.load(old)


def test_all_of_mmengines_savers_are_mended():
    assert checkpoint.save_checkpoint is runner.save_checkpoint is save_checkpoint
    assert os.path.basename(save_checkpoint.__code__.co_filename) == 'saving.py'
    before = save_checkpoint
    compat.save_checkpoints_whole()
    assert checkpoint.save_checkpoint is before


def test_folders_are_made_as_before(tmp_path):
    save_checkpoint({'a': 1}, str(tmp_path / 'new' / 'x.pth'), backend_args=dict(backend='local'))
    assert torch.load(tmp_path / 'new' / 'x.pth') == {'a': 1}


def test_other_storage_is_left_to_its_backend(tmp_path, monkeypatch):
    saved = []
    whole = compat.saving._saved_whole(lambda *args, **options: saved.append((args, options)))
    whole({}, 's3://bucket/x.pth', None, None)
    whole({}, str(tmp_path / 'x.pth'), dict(backend='disk'))
    assert [args[1] for args, _ in saved] == ['s3://bucket/x.pth', str(tmp_path / 'x.pth')]


def test_the_note_of_the_last_checkpoint(tmp_path):
    note = tmp_path / 'last_checkpoint'
    note.write_text('iter_2.pth')
    with pytest.raises(ZeroDivisionError), checkpoint_hook.open(note, 'w') as file:
        file.write('iter')
        file.flush()
        1 / 0  # noqa: B018
    assert note.read_text() == 'iter_2.pth'
    with checkpoint_hook.open(note, 'w') as file:
        file.write('iter_4.pth')
    assert note.read_text() == 'iter_4.pth'
