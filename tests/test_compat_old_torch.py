"""Before torch 2.6, checkpoints load by an unpickler of ours, and as much of them as on 2.6."""
from __future__ import annotations

import collections
import hashlib
import io
import pickle
import pickletools

import pytest
import torch
from hostile_cases import save_pickle
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import load_from_local
from mmengine.utils.dl_utils import load_url

from mmseg_nrd.compat import CheckpointError, loading, narrow_pickle

INSIDE = torch._weights_only_unpickler


@pytest.fixture(autouse=True)
def old_torch(monkeypatch):
    """On a newer torch, what stands in for it on an older one; ``torch.load`` stays out of it."""
    def refuse(*args, **options):
        raise AssertionError('older versions hand some files on, whatever weights_only says')
    monkeypatch.setattr(loading, 'CAN_ALLOW_TRAINING_STATE', False)
    monkeypatch.setattr(torch, 'load', refuse)
    monkeypatch.setattr(torch.hub, 'load_state_dict_from_url', refuse)


def load(content, path, **options):
    torch.save(content, path, **options)
    return load_from_local(str(path), 'cpu')


def test_it_knows_the_opcodes_that_torch_knows():
    known = {op.code.encode('latin1')[0] for op in pickletools.opcodes
             if hasattr(INSIDE, op.name)}
    assert set(narrow_pickle.Unpickler.dispatch) == known and len(known) > 30


@pytest.mark.parametrize('mark', ['torch.sparse\nFloatTensor', 'torch\nDoubleTensor',
                                  'torch.storage\nUntypedStorage'])
def test_marks_of_types_are_not_called(mark, tmp_path):
    save_pickle(tmp_path / 'x.pth', f'c{mark}\n)R.'.encode())
    with pytest.raises(CheckpointError, match='asks for a call'):
        load_from_local(str(tmp_path / 'x.pth'), 'cpu')


VALUES = {
    'weights': {'a': torch.arange(6.).view(2, 3), 'b': torch.ones(2, dtype=torch.bool)},
    'half': torch.ones(2).bfloat16(), 'bytes of random state': torch.get_rng_state(),
    'parameter': torch.nn.Parameter(torch.ones(2)), 'slice': torch.arange(9.)[2:5],
    'sparse': torch.eye(2).to_sparse(), 'size': torch.Size([1, 2]), 'bytes': b'\0\xff',
    'state dict': torch.nn.Linear(1, 1).state_dict(), 'milestones': collections.Counter([3, 3, 5]),
    'containers': [(1, 2.5, None, True), {1, 2}, 1j, bytearray(b'a'), 2**70, 'ß', {}, []],
    'ordered': collections.OrderedDict(a=1),
}


def same(one, other) -> bool:
    if isinstance(one, torch.Tensor):
        return (type(one) is type(other) and one.dtype == other.dtype and one.layout == other.layout
                and torch.equal(one.to_dense(), other.to_dense()))
    if isinstance(one, dict):
        return (type(one) is type(other) and list(one) == list(other)
                and all(same(one[key], other[key]) for key in one))
    return type(one) is type(other) and one == other


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('name', VALUES)
def test_it_loads_what_torch_saves(name, zipped, tmp_path):
    value = VALUES[name]
    loaded = load({'value': value}, tmp_path / 'x.pth', _use_new_zipfile_serialization=zipped)
    assert same(loaded['value'], value)
    assert getattr(loaded['value'], '_metadata', None) == getattr(value, '_metadata', None)


@pytest.mark.parametrize('zipped', [True, False])
def test_it_loads_a_metric_history(zipped, tmp_path):
    loaded = load({'loss': HistoryBuffer([1., 3.], [1, 1])}, tmp_path / 'x.pth',
                  _use_new_zipfile_serialization=zipped)['loss']
    assert type(loaded) is HistoryBuffer and loaded.mean() == 2
    loaded.update(5)
    again = load({'loss': loaded}, tmp_path / 'y.pth')['loss']
    assert again.statistics('mean') == 3 and again.max_length == loaded.max_length


def test_it_loads_from_memory_and_to_a_device(tmp_path):
    from mmengine.runner import checkpoint
    buffer = io.BytesIO()
    torch.save({'a': torch.ones(2)}, buffer)
    buffer.seek(0)
    assert checkpoint.torch.load(buffer, map_location='meta')['a'].device.type == 'meta'


@pytest.mark.parametrize('value', ['0', '1'])
def test_the_switches_of_torch_do_not_matter(value, tmp_path, monkeypatch):
    for switch in ('TORCH_FORCE_WEIGHTS_ONLY_LOAD', 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'):
        monkeypatch.setenv(switch, value)
    assert load({'a': 1}, tmp_path / 'x.pth') == {'a': 1}
    with pytest.raises(CheckpointError, match='asks for more than weights'):
        load({'a': pickle.loads}, tmp_path / 'x.pth')


def test_a_download_is_checked_and_kept(tmp_path):
    torch.save({'a': 1}, tmp_path / 'x.pth')
    digest = hashlib.sha256((tmp_path / 'x.pth').read_bytes()).hexdigest()
    for name in (f'x-{digest[:8]}.pth', 'x-00000000.pth'):
        (tmp_path / name).write_bytes((tmp_path / 'x.pth').read_bytes())
    folder = tmp_path / 'kept' / 'here'
    options = dict(model_dir=str(folder), progress=False, check_hash=True)
    good = tmp_path / f'x-{digest[:8]}.pth'
    assert load_url(good.as_uri(), **options) == {'a': 1}
    assert [path.name for path in folder.iterdir()] == [good.name]
    good.unlink()
    assert load_url(good.as_uri(), **options) == {'a': 1}  # it is here already
    assert load_url((tmp_path / 'x.pth').as_uri(), str(folder), file_name='y.pth') == {'a': 1}
    with pytest.raises(CheckpointError, match='invalid hash value'):
        load_url((tmp_path / 'x-00000000.pth').as_uri(), **options)
