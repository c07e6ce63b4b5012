"""Checkpoints from the net load as files do, and hostile ones are refused."""
from __future__ import annotations

import functools
import http.server
import threading
from urllib.error import URLError

import pytest
import torch
from hostile_cases import KINDS, bomb, needs_torch_2_6
from mmengine.runner import checkpoint
from mmengine.runner.checkpoint import CheckpointLoader
from mmengine.utils.dl_utils import load_url

from mmseg_nrd.compat import CheckpointError

pytestmark = needs_torch_2_6


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


SCHEMES = ('http', 'file', 'open-mmlab://mine', 'torchvision://mine')


def load(scheme, path, address):
    """As mmengine does; of file:// URLs, its replacement for torch.hub's loader knows."""
    if scheme == 'file':
        return load_url(path.as_uri())
    return CheckpointLoader.load_checkpoint(address if scheme == 'http' else scheme)


@pytest.mark.parametrize('kind, scheme, zipped', [
    *((kind, 'http', False) for kind in KINDS), *((KINDS[0], scheme, True) for scheme in SCHEMES)])
def test_what_is_hostile_runs_nothing(kind, scheme, zipped, site, tmp_path):
    path, _ = site
    marker = tmp_path / 'marker'
    torch.save(bomb(kind, marker), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match='asks for more than weights') as caught:
        load(scheme, *site)
    assert not marker.exists()
    # Where the refused download lies, so that it can be deleted.
    cached, = (tmp_path / 'torch_home').rglob('*.pth')
    assert f'x.pth (as {cached}): ' in str(caught.value)


@pytest.mark.parametrize('scheme', SCHEMES)
def test_what_is_out_of_reach_is_said_by_the_host(scheme, site):
    with pytest.raises(URLError):
        load(scheme, *site)


@pytest.mark.parametrize('scheme', SCHEMES)
@pytest.mark.parametrize('zipped', [True, False])
def test_weights_from_the_net(scheme, zipped, site, tmp_path):
    path, _ = site
    path.write_bytes(b'')
    with pytest.raises(CheckpointError, match=r'x\.pth \(as .*torn'):
        load(scheme, *site)
    for cached in (tmp_path / 'torch_home').rglob('*.pth'):
        cached.unlink()
    torch.save({'weight': torch.ones(2)}, path, _use_new_zipfile_serialization=zipped)
    assert torch.equal(load(scheme, *site)['weight'], torch.ones(2))


def test_a_download_with_a_wrong_hash_is_not_kept(site, tmp_path):
    path, address = site
    torch.save({'weight': torch.ones(2)}, path.with_name('x-00000000.pth'))
    with pytest.raises(RuntimeError):
        load_url(address.replace('x.pth', 'x-00000000.pth'), check_hash=True, progress=False)
    assert not list((tmp_path / 'torch_home').rglob('*.pth'))
