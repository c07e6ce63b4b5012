"""Files written whole or not at all, mmengine's checkpoints among them."""
from __future__ import annotations

import errno
import multiprocessing
import os
import signal

import pytest
import torch
from mmengine.fileio import LocalBackend
from mmengine.fileio.backends import backends, prefix_to_backends
from mmengine.hooks import checkpoint_hook
from mmengine.runner import checkpoint, runner, save_checkpoint

from mmseg_nrd.compat import whole_file

fcntl = pytest.importorskip('fcntl')
resource = pytest.importorskip('resource')


@pytest.fixture
def old(tmp_path):
    path = tmp_path / 'x.pth'
    torch.save({'a': 1}, path)
    return path


def test_a_file_is_replaced_when_it_is_written(old, monkeypatch):
    calls = []
    monkeypatch.setattr(os, 'fsync', lambda number: calls.append('fsync'))
    replace = os.replace
    monkeypatch.setattr(os, 'replace', lambda *paths: calls.append('replace') or replace(*paths))
    with whole_file(old) as unfinished:
        torch.save({'a': 2}, unfinished)
        assert torch.load(old) == {'a': 1}
    assert torch.load(old) == {'a': 2} and os.listdir(old.parent) == ['x.pth']
    # The content is on the disk before the name.
    assert calls == ['fsync', 'replace']


@pytest.mark.parametrize('name', ['x.pth.unfinished', 'x.pth.0a1b2c3d.unfinished'])
def test_what_a_killed_process_left_is_deleted(name, old):
    (old.parent / name).write_bytes(b'much that is torn')
    (old.parent / 'y.pth.0a1b2c3d.unfinished').write_bytes(b'of another file')
    with whole_file(old) as unfinished:
        unfinished.write_bytes(b'new')
    assert old.read_bytes() == b'new'
    assert sorted(os.listdir(old.parent)) == ['x.pth', 'y.pth.0a1b2c3d.unfinished']


def without_locks(file, how):
    raise OSError(errno.ENOLCK, 'No locks available')


@pytest.mark.parametrize('flock', [fcntl.flock, without_locks])
def test_two_writers_at_once_leave_a_whole_file(old, flock, monkeypatch):
    monkeypatch.setattr(fcntl, 'flock', flock)
    with whole_file(old) as slow, open(slow, 'wb') as file:
        file.write(b'A' * 500)
        file.flush()
        with whole_file(old) as fast:
            fast.write_bytes(b'B' * 700)
        assert old.read_bytes() == b'B' * 700
        file.write(b'A' * 500)
    assert old.read_bytes() == b'A' * 1000 and os.listdir(old.parent) == ['x.pth']


def start(function, *arguments):
    """Call it in a process that begins with what is imported here."""
    process = multiprocessing.get_context('fork').Process(target=function, args=arguments)
    process.start()
    return process


def write_often(path, letter):
    for _ in range(50):
        with whole_file(path) as unfinished, open(unfinished, 'wb', buffering=0) as file:
            for _ in range(50):
                file.write(letter * 100)


def test_processes_that_write_the_same_file(old):
    old.write_bytes(b'0' * 5000)
    writers, seen = [start(write_often, old, letter) for letter in (b'A', b'B')], set()
    while any(writer.is_alive() for writer in writers):
        content = old.read_bytes()
        assert len(content) == 5000 and len(set(content)) == 1
        seen.add(content[:1])
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert seen & {b'A', b'B'} and os.listdir(old.parent) == ['x.pth']


def test_a_new_file_is_as_readable_as_any_other_and_an_old_one_as_before(old):
    other, new = old.parent / 'y.pth', old.parent / 'z.pth'
    other.write_bytes(b'')
    old.chmod(0o640)
    for path in (old, new):
        with whole_file(path) as unfinished:
            unfinished.write_bytes(b'new')
    assert new.stat().st_mode == other.stat().st_mode
    assert old.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(old):
    link = old.parent / 'link.pth'
    link.symlink_to(old)
    with whole_file(link) as unfinished:
        unfinished.write_bytes(b'new')
    assert link.is_symlink() and old.read_bytes() == b'new'


def test_what_is_no_file_is_written_in_place(tmp_path):
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with whole_file(pipe) as unfinished:
        unfinished.write_bytes(b'new')
    assert os.read(reader, 9) == b'new' and os.listdir(tmp_path) == ['pipe']
    os.close(reader)
    (tmp_path / 'iter_2.pth').mkdir()
    with pytest.raises(IsADirectoryError):
        save_checkpoint({'a': 1}, str(tmp_path / 'iter_2.pth'))


def save_and_die(path):
    """Killed in the middle of the write, as by kill -9: half of the bytes have arrived."""
    def put(self, content, path):
        with open(path, 'wb') as file:
            file.write(content[:len(content) // 2])
            file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
    LocalBackend.put = put
    save_checkpoint({'a': 2}, str(path))


def test_a_process_killed_while_it_writes(old):
    process = start(save_and_die, old)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert torch.load(old) == {'a': 1} and len(os.listdir(old.parent)) == 2
    save_checkpoint({'a': 3}, str(old))
    assert torch.load(old) == {'a': 3} and os.listdir(old.parent) == ['x.pth']


def test_all_of_mmengines_names_save_whole_and_make_folders(tmp_path):
    assert checkpoint.save_checkpoint is runner.save_checkpoint is save_checkpoint
    save_checkpoint({'a': 1}, str(tmp_path / 'new' / 'x.pth'), backend_args=dict(backend='local'))
    assert torch.load(tmp_path / 'new' / 'x.pth') == {'a': 1}


def save_on_a_full_disk(path):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
    with pytest.raises(OSError) as error:
        save_checkpoint({'a': torch.zeros(10000)}, str(path))
    assert error.value.errno == errno.EFBIG


def test_a_disk_that_is_full(old):
    process = start(save_on_a_full_disk, old)
    process.join()
    assert process.exitcode == 0
    assert torch.load(old) == {'a': 1} and os.listdir(old.parent) == ['x.pth']


def test_other_storage_is_left_to_its_backend(tmp_path, monkeypatch):
    class Mirror(LocalBackend):
        """Does more with the name than to write there."""

        def put(self, obj, filepath):
            saved.append(filepath)

    saved = []
    path = str(tmp_path / 'x.pth')
    monkeypatch.setattr('mmengine.fileio.io.backends', dict(backends, mirror=Mirror, s3=Mirror))
    monkeypatch.setattr('mmengine.fileio.io.prefix_to_backends', dict(
        prefix_to_backends, s3=Mirror))
    save_checkpoint({}, path, backend_args=dict(backend='mirror'))
    monkeypatch.setattr('mmengine.fileio.io.prefix_to_backends', dict(
        prefix_to_backends, **{'': Mirror}))
    save_checkpoint({}, path)
    assert saved == [path] * 2 and os.listdir(tmp_path) == []


def test_a_failure_leaves_the_old_note_of_the_last_checkpoint(tmp_path):
    note = tmp_path / 'last_checkpoint'
    note.write_text('iter_2.pth')
    with pytest.raises(ZeroDivisionError), checkpoint_hook.open(str(note), 'w') as file:
        file.write('iter')
        file.flush()
        1 / 0  # noqa: B018
    assert note.read_text() == 'iter_2.pth' and os.listdir(tmp_path) == ['last_checkpoint']
