"""Checkpoints: mmengine's own load with weights_only on; hostile ones run nothing.

Each hostile file is first shown to be hostile: loaded without weights_only, it runs.
"""
from __future__ import annotations

import builtins
import functools
import http.server
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import checkpoint
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(
    not hasattr(torch.serialization, 'get_safe_globals')
    or tuple(int(part) for part in torch.__version__.split('.')[:2]) < (2, 6),
    reason='loading a training state with weights_only needs torch 2.6')

TRAIN = '''
import sys, torch
if 'mend' in sys.argv: import mmseg_nrd
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmengine.runner.checkpoint import CheckpointLoader

class Tiny(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)
    def forward(self, inputs, mode):
        out = self.layer(inputs).square().mean()
        return dict(loss=out) if mode == 'loss' else [out]

class Score(BaseMetric):
    def process(self, batch, samples): self.results.append(samples[0].item())
    def compute_metrics(self, results):
        import numpy as np
        return dict(mIoU=np.float32(np.mean(results)))

out, iters = sys.argv[1], int(sys.argv[2])
data = dict(dataset=[dict(inputs=torch.randn(2)) for _ in range(4)], batch_size=2, num_workers=0,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'))
runner = Runner(
    Tiny(), out, train_dataloader=data, val_dataloader=data, val_evaluator=[Score()],
    train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters, val_interval=2), val_cfg=dict(),
    optim_wrapper=dict(optimizer=dict(type='SGD', lr=.1, momentum=.9)),
    param_scheduler=dict(type='PolyLR', power=.9, by_epoch=False, end=9),
    default_hooks=dict(
        logger=dict(type='LoggerHook', interval=1),
        checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2, save_best='mIoU')),
    resume='mend' in sys.argv)
runner.train()
print('ITER', runner.iter, runner.message_hub.get_info('best_score'))
if 'mend' not in sys.argv:
    try:
        CheckpointLoader.load_checkpoint(f'{out}/iter_2.pth')
    except Exception as error:
        print('REFUSED', type(error).__name__)
'''


def train(out: Path, iters: int, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, '-c', TRAIN, str(out), str(iters), *options], cwd=ROOT,
        capture_output=True, text=True, env={**os.environ, 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A directory with iter_2.pth, as mmengine alone wrote it, and what it printed."""
    out = tmp_path_factory.mktemp('trained')
    return out, train(out, 2)


def test_without_the_mend_mmengine_cannot_load_its_own_checkpoint(trained):
    assert 'REFUSED UnpicklingError' in trained[1]


def test_mmengines_own_checkpoint_loads(trained):
    loaded = CheckpointLoader.load_checkpoint(str(trained[0] / 'iter_2.pth'), map_location='cpu')
    history = loaded['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer) and len(history.data[0]) == 2
    assert history.statistics('mean') == pytest.approx(np.mean(history.data[0]))
    assert isinstance(loaded['message_hub']['runtime_info']['best_score'], (float, np.floating))
    model = torch.nn.Sequential()
    model.layer = torch.nn.Linear(2, 1)
    load_checkpoint(model, str(trained[0] / 'iter_2.pth'), strict=True)
    assert torch.equal(model.layer.weight, loaded['state_dict']['layer.weight'])


def test_training_resumes(trained):
    assert 'ITER 4' in train(trained[0], 4, 'mend')


@pytest.mark.parametrize('old, new', [(b'numpy._core', b'numpy.core'),
                                      (b'numpy.core', b'numpy._core')])
def test_files_of_either_numpy_load(trained, tmp_path, old, new):
    names = 0
    with zipfile.ZipFile(trained[0] / 'iter_2.pth') as source, \
            zipfile.ZipFile(tmp_path / 'x.pth', 'w') as target:
        for entry in source.namelist():
            content = source.read(entry)
            if entry.endswith('data.pkl'):
                content = content.replace(old, new)
                names = content.count(b'c' + new + b'.multiarray\n')
            target.writestr(entry, content)
    assert names >= 2  # _reconstruct and scalar
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert len(loaded['message_hub']['log_scalars']['train/loss'].data[0]) == 2


@pytest.mark.parametrize('value', [
    np.arange(6.).reshape(2, 3), np.ones((2, 3), order='F'), np.float32(1.5), np.int64(3),
    np.bool_(True), np.ones(2, 'u1'), np.float16(2), np.complex64(1j), np.zeros(0, 'i4'),
    HistoryBuffer().data[0]], ids=repr)
def test_numpy_values_survive(value, tmp_path):
    torch.save(dict(value=value), tmp_path / 'x.pth')
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))['value']
    assert type(loaded) is type(value) and loaded.dtype == value.dtype
    assert np.array_equal(loaded, value)


class Call:
    """Pickles as a call; nested ones as nested calls."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __call__(self):
        """Never called: pickle merely wants whatever it calls to look callable."""

    def __reduce__(self):
        return self.call


def eval_by_getattr(code: str) -> Call:
    """eval(code), reached from a harmless function through getattr alone."""
    variables = Call(getattr, HistoryBuffer.mean, '__globals__')
    builtin = Call(Call(getattr, variables, '__getitem__'), '__builtins__')
    return Call(Call(Call(getattr, builtin, 'get'), 'eval'), code)


def bomb(kind: str, marker: Path):
    """Something that creates ``marker`` when it is unpickled carelessly."""
    code = f'open({str(marker)!r}, "w").close()'
    system = Call(os.system, f'touch {marker}')
    objects = np.empty(1, object)
    objects[0] = system
    return {
        'os.system': system,
        'eval': Call(eval, code),
        'getattr chain to eval': eval_by_getattr(code),
        'object array': objects,
        'in the message hub': dict(message_hub=dict(log_scalars={'loss': system})),
        'in a history': dict(log_scalars={'loss': Call(HistoryBuffer, [system], [1])}),
        'beside weights': dict(state_dict={'weight': torch.zeros(1)}, meta=system),
    }[kind]


KINDS = ['os.system', 'eval', 'getattr chain to eval', 'object array', 'in the message hub',
         'in a history', 'beside weights']


@pytest.fixture(params=KINDS)
def hostile(request, tmp_path):
    """A function that saves the bomb and says whether it went off."""
    marker = tmp_path / 'marker'

    def save(path, zipped=True):
        torch.save(bomb(request.param, marker), path, _use_new_zipfile_serialization=zipped)
        torch.load(path, weights_only=False)
        assert marker.exists(), 'a bomb that cannot go off proves nothing'
        marker.unlink()
        return marker

    return save


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('forced', [False, True])
def test_a_hostile_file_runs_nothing(hostile, tmp_path, zipped, forced, monkeypatch):
    path = tmp_path / 'x.pth'
    marker = hostile(path, zipped)
    if forced:  # the switch with which torch lets users fall back to unsafe loading
        monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    for load in (lambda: CheckpointLoader.load_checkpoint(str(path)),
                 lambda: load_checkpoint(torch.nn.Linear(1, 1), str(path)),
                 lambda: checkpoint.torch.load(path, weights_only=False)):
        with pytest.raises(Exception, match='only .* may be (looked up|loaded)|Unsupported global'
                           '|Unsupported operand|Weights only load failed'):
            load()
        assert not marker.exists()


@pytest.mark.parametrize('owner, name', [
    (HistoryBuffer, '__init__'), (HistoryBuffer, '__globals__'), (HistoryBuffer, 'update'),
    (HistoryBuffer, '_set_default_statistics'), (np.ndarray, 'mean'), (np.ndarray, 'tofile'),
    (dict, 'get')], ids=str)
def test_getattr_serves_statistics_only(owner, name, tmp_path):
    # getattr(owner, name) as pickle spells it, whether or not the attribute exists
    code = f'cbuiltins\ngetattr\nc{owner.__module__}\n{owner.__name__}\n'.encode()
    save_pickle(tmp_path / 'x.pth', code + text(name) + b'\x86R.')
    with pytest.raises(Exception, match='may be looked up|Unsupported global'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))


@pytest.mark.parametrize('name', ['min', 'max', 'current', 'mean'])
def test_getattr_serves_the_statistics(name, tmp_path):
    code = b'c__builtin__\ngetattr\ncmmengine.logging.history_buffer\nHistoryBuffer\n'
    save_pickle(tmp_path / 'x.pth', code + text(name) + b'\x86R.')
    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'x.pth'))
    assert loaded is getattr(HistoryBuffer, name)


def save_pickle(path: Path, code: bytes) -> None:
    """A zip checkpoint around opcodes written by hand."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('archive/data.pkl', b'\x80\x02' + code)
        archive.writestr('archive/version', '3\n')


def text(value: str) -> bytes:
    return b'X' + len(value).to_bytes(4, 'little') + value.encode()


def small(number: int) -> bytes:
    return b'J' + number.to_bytes(4, 'little', signed=True)


def dtype(code: str) -> bytes:
    return b'cnumpy\ndtype\n' + text(code) + b'\x89\x88\x87R'


def forged(code: str) -> bytes:
    """A dtype whose pickled state lies about what its arrays hold, as opcodes."""
    fields, sizes, flags = b'NN', (-1, -1), 63  # 63: "holds objects", on plain numbers
    if code == 'V8':  # the other way round: a field of objects, and flags that deny it
        fields, sizes, flags = b'(' + text('a') + b't}' + text('a') + dtype('O') + small(
            0) + b'\x86s', (8, 1), 0
    numbers = b''.join(map(small, (*sizes, flags)))
    return dtype(code) + b'(' + small(3) + text('|') + b'N' + fields + numbers + b'tb.'


@pytest.fixture(scope='module')
def forgeries(tmp_path_factory):
    """What loading each forged dtype comes to: 'plain', 'objects', 'refused' or, worse, None."""
    folder, found = tmp_path_factory.mktemp('forged'), {}
    for code in FORGED:
        save_pickle(folder / f'{code}.pth', forged(code))
    # In processes of their own, as one of these may take its process down.
    done = subprocess.run([sys.executable, '-c', '''
import os, sys, mmseg_nrd
from mmengine.runner.checkpoint import CheckpointLoader
for path in sys.argv[1:]:
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        continue
    try:
        loaded = CheckpointLoader.load_checkpoint(path, map_location='cpu')
        verdict = 'objects' if loaded.hasobject or loaded.fields else 'plain'
    except Exception:
        verdict = 'refused'
    os.write(1, f'VERDICT {os.path.basename(path)[:-4]} {verdict}\\n'.encode())
    os._exit(0)''', *(str(folder / f'{code}.pth') for code in FORGED)],
                          cwd=ROOT, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith('VERDICT'):
            _, code, found[code] = line.split()
    return found


# numpy trusts the flags that a pickled dtype brings along: with the right ones, plain bytes
# pass for pointers to objects, and touching the array crashes, or worse.
FORGED = ['f8', 'i8', '?', 'M8[s]', 'U4', 'V8']


@pytest.mark.parametrize('code', FORGED)
def test_forged_dtypes_make_no_pointers(code, forgeries):
    assert forgeries.get(code) in ('plain', 'refused')


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A directory that http://127.0.0.1 serves, and its address."""
    folder = tmp_path / 'site'
    folder.mkdir()
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'torch_home'))
    for name in ('no_proxy', 'NO_PROXY'):
        monkeypatch.setenv(name, '127.0.0.1')
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f'http://127.0.0.1:{server.server_port}/x.pth'
        models = dict(checkpoint.get_external_models(), mine=address)
        monkeypatch.setattr(checkpoint, 'get_external_models', lambda: models)
        monkeypatch.setattr(checkpoint, 'get_torchvision_models', lambda: models)
        yield folder / 'x.pth', address
        server.shutdown()


@pytest.mark.parametrize('scheme', ['http', 'open-mmlab://mine', 'torchvision://mine'])
@pytest.mark.parametrize('zipped', [True, False])
def test_weights_from_the_net(scheme, zipped, site, tmp_path, monkeypatch):
    path, address = site
    source = address if scheme == 'http' else scheme
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    marker = tmp_path / 'marker'
    torch.save(bomb('beside weights', marker), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(Exception, match='Weights only load failed'):
        CheckpointLoader.load_checkpoint(source)
    assert not marker.exists()

    for cached in (tmp_path / 'torch_home').rglob('*.pth'):
        cached.unlink()
    torch.save({'weight': torch.full((1, 1), 3.)}, path, _use_new_zipfile_serialization=zipped)
    layer = torch.nn.Linear(1, 1)
    load_checkpoint(layer, source)
    assert layer.weight.item() == 3


def test_the_builtin_getattr_is_untouched():
    assert getattr is builtins.getattr and getattr(dict, 'get') is dict.get  # noqa: B009
