"""Checkpoints from the net load as files do, the hostile ones refused."""
from __future__ import annotations

import functools
import http.server
import threading

import pytest
import torch
from hostile_cases import KINDS, bomb
from mmengine.runner import checkpoint
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint
from mmengine.utils.dl_utils import load_url

from mmseg_nrd.compat import CheckpointError

pytestmark = pytest.mark.usefixtures('unpickler')


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


def load(source):
    """mmengine's loader knows no file://, its replacement for torch.hub's does."""
    if source.startswith('file://'):
        return load_url(source)
    return CheckpointLoader.load_checkpoint(source)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('scheme', ['http', 'file', 'open-mmlab://mine', 'torchvision://mine'])
@pytest.mark.parametrize('zipped', [True, False])
def test_what_is_hostile_runs_nothing(kind, scheme, zipped, site, tmp_path, monkeypatch):
    path, address = site
    source = {'http': address, 'file': path.as_uri()}.get(scheme, scheme)
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    marker = tmp_path / 'marker'
    torch.save(bomb(kind, marker), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match='asks for more than weights') as caught:
        load(source)
    assert not marker.exists()
    # Where the refused download lies, so that it can be deleted.
    cached, = (tmp_path / 'torch_home').rglob('*.pth')
    assert f'x.pth (as {cached}): cannot be read' in str(caught.value)


@pytest.mark.parametrize('scheme', ['http', 'file', 'open-mmlab://mine', 'torchvision://mine'])
def test_what_is_not_there_is_out_of_reach(scheme, site):
    path, address = site
    source = {'http': address, 'file': path.as_uri()}.get(scheme, scheme)
    with pytest.raises(CheckpointError, match=r'x\.pth: cannot be fetched \(.+\)\. Fix: '):
        load(source)


@pytest.mark.parametrize('scheme', ['http', 'open-mmlab://mine', 'torchvision://mine'])
@pytest.mark.parametrize('zipped', [True, False])
def test_weights_from_the_net(scheme, zipped, site, tmp_path):
    path, address = site
    source = address if scheme == 'http' else scheme
    path.write_bytes(b'')
    with pytest.raises(CheckpointError, match=r'x\.pth \(as .*It is torn'):
        CheckpointLoader.load_checkpoint(source)

    for cached in (tmp_path / 'torch_home').rglob('*.pth'):
        cached.unlink()
    torch.save({'weight': torch.full((1, 1), 3.)}, path, _use_new_zipfile_serialization=zipped)
    layer = torch.nn.Linear(1, 1)
    load_checkpoint(layer, source)
    assert layer.weight.item() == 3
