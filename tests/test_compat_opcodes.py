"""Files written opcode by opcode are refused, whatever unpickles them.

Each is first shown to be what it claims: pickle itself loads it.
"""
from __future__ import annotations

import collections
import copyreg
import io
import pickle
import tarfile
import zipfile

import pytest
import torch
from hostile_cases import KINDS, bomb, number, save_legacy, save_pickle, text
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import load_from_local

from mmseg_nrd.compat import CheckpointError

pytestmark = pytest.mark.usefixtures('unpickler')

COUNTER, BYTES = b'ccollections\nCounter\n', b'cbuiltins\nbytearray\n)R'
REBUILD = b'ctorch._utils\n_rebuild_tensor_v2\n'
HISTORY = pickle.dumps(HistoryBuffer([5.], [1]), 2)[2:-1]
MEAN = (b'cbuiltins\ngetattr\ncmmengine.logging.history_buffer\nHistoryBuffer\n'
        + text('mean') + b'\x86R')
MARK = b'}' + text('forged') + b'\x88s'
# They name what a checkpoint may name, so that only what is done with it is wrong.
HOSTILE = {
    'INST': b'(icollections\nCounter\n.',
    'OBJ': b'(' + COUNTER + b'o.',
    'STACK_GLOBAL': text('collections') + text('Counter') + b'\x93.',
    'NEWOBJ_EX': COUNTER + b')}\x92.',
    'EXT1': b'\x82\xf0.', 'EXT2': b'\x83\xf0\0.', 'EXT4': b'\x84\xf0\0\0\0.',
    'DUP': b']2\x86.', 'MEMOIZE': b']\x94.', 'FRAME': b'\x95\2\0\0\0\0\0\0\0N.',
    'BUILD on a class': COUNTER + b'N' + MARK + b'\x86b.',
    'BUILD on a function': REBUILD + MARK + b'b.',
    'BUILD on a function, by slots': REBUILD + b'N' + MARK + b'\x86b.',
    'BUILD on a result': MEAN + MARK + b'b.',
    'BUILD on a history, again': HISTORY + MARK + b'b.',
    'REDUCE of a result': MEAN + HISTORY + b'\x85R.',
    'REDUCE of a mark': b'ctorch\nFloatStorage\n)R.',
    'APPEND to bytes': BYTES + number(1) + b'a.',
    'APPENDS to bytes': BYTES + b'(' + number(1) + b'e.',
    'ADDITEMS to a set': b'\x8f(' + number(1) + b'\x90.',
    'SETITEM of a list': b']' + number(1) + b'a' + number(0) + number(2) + b's.',
    'SETITEMS of a list': b']' + number(1) + b'a(' + number(0) + number(2) + b'u.',
}


def refuse(path, match='cannot be read as a checkpoint'):
    with pytest.raises(CheckpointError, match=match):
        load_from_local(str(path), 'cpu')


@pytest.fixture
def marked():
    """Those which a file could mark for good."""
    copyreg.add_extension('collections', 'Counter', 0xf0)
    targets = [collections.Counter, torch._utils._rebuild_tensor_v2, HistoryBuffer.mean]

    def clean():
        found = [target for target in targets if hasattr(target, 'forged')]
        for target in found:
            del target.forged
        return found

    yield clean
    clean()
    copyreg.remove_extension('collections', 'Counter', 0xf0)


@pytest.mark.parametrize('save', [save_pickle, save_legacy])
@pytest.mark.parametrize('name', HOSTILE)
@pytest.mark.filterwarnings('ignore:TypedStorage is deprecated')
def test_what_pickle_would_do_is_refused(name, save, marked, tmp_path):
    pickle.loads(b'\x80\x02' + HOSTILE[name])
    assert bool(marked()) == ('BUILD' in name and 'history' not in name)
    save(tmp_path / 'x.pth', HOSTILE[name])
    refuse(tmp_path / 'x.pth')
    assert not marked()


def test_a_history_changes_no_statistic_of_the_others(tmp_path):
    before = dict(HistoryBuffer([1.], [1])._statistics_methods)
    forged = HistoryBuffer([5.], [1])
    forged._statistics_methods = dict(before, mean=len, forged=len)
    torch.save(forged, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError):  # len may not be named
        load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    forged._statistics_methods = dict(before, mean=1, forged=2)
    torch.save(forged, tmp_path / 'x.pth')
    loaded = load_from_local(str(tmp_path / 'x.pth'), 'cpu')
    assert type(loaded) is HistoryBuffer and loaded.statistics('mean') == 5
    assert HistoryBuffer._statistics_methods == before


@pytest.mark.parametrize('pid', [
    number(1), text('storage'), b'(' + text('module') + COUNTER + b'NNt', b')',
    b'(' + text('anything') + b'N' * 5 + b't'])
@pytest.mark.parametrize('save', [save_pickle, save_legacy])
def test_only_storages_are_kept_beside_it(pid, save, tmp_path):
    save(tmp_path / 'x.pth', pid + b'Q.')
    refuse(tmp_path / 'x.pth')


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('place', range(5))
def test_each_pickle_of_the_legacy_format_is_guarded(place, kind, tmp_path):
    marker = tmp_path / 'marker'
    parts = [torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION, {}, {}, []]
    parts[place] = bomb(kind, marker) if kind != 'beside weights' else [bomb('eval', marker)]
    path = tmp_path / 'x.pth'
    path.write_bytes(b''.join(pickle.dumps(part, 2) for part in parts))
    refuse(path, 'nothing of it was run')
    assert not marker.exists()
    pickle.loads(pickle.dumps(parts[place], 2))
    assert marker.exists(), 'a bomb that cannot go off proves nothing'


def test_a_pickle_in_a_pickle_stays_bytes(tmp_path):
    inside = pickle.dumps(bomb('os.system', tmp_path / 'marker'), 2)
    torch.save({'inside': inside}, tmp_path / 'x.pth')
    assert load_from_local(str(tmp_path / 'x.pth'), 'cpu') == {'inside': inside}
    assert not (tmp_path / 'marker').exists()


def test_torchscript_is_not_loaded(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(torch.jit, 'load', lambda *args, **options: started.append(args))
    save_pickle(tmp_path / 'x.pth', b'}.')
    with zipfile.ZipFile(tmp_path / 'x.pth', 'a') as archive:
        archive.writestr('archive/constants.pkl', b'\x80\x02).')
    refuse(tmp_path / 'x.pth', 'TorchScript archive')
    assert not started


def test_a_tar_file_is_not_opened(tmp_path):
    with tarfile.open(tmp_path / 'x.pth', 'w') as archive:
        for name in ('storages', 'tensors', 'pickle'):
            content = pickle.dumps(0, 2) + pickle.dumps([], 2)
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    refuse(tmp_path / 'x.pth', r'tar file|legacy \.tar')
