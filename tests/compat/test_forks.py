"""The onedl forks: their configs are found, and their loader of checkpoints is replaced."""
from __future__ import annotations

import importlib.metadata

import pytest
import torch
from host_cases import python
from hostile_cases import bomb, needs_torch_2_6
from mmengine.config.utils import MODULE2PACKAGE

from mmseg_nrd import compat


@pytest.mark.parametrize('installed, found', [
    (['onedl-mmsegmentation'], 'onedl-mmsegmentation'),
    (['mmsegmentation'], 'mmsegmentation'),
    (['mmsegmentation', 'onedl-mmsegmentation'], 'mmsegmentation'),
    ([], 'mmsegmentation')], ids=str)
def test_mmengine_looks_for_the_mmseg_that_is_installed(installed, found, monkeypatch):
    def version(name):
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return '1'
    monkeypatch.setitem(MODULE2PACKAGE, 'mmseg', 'mmsegmentation')
    monkeypatch.setattr(importlib.metadata, 'version', version)
    assert compat.find_forked_mmseg() is (found != 'mmsegmentation')
    assert MODULE2PACKAGE['mmseg'] == found
    assert compat.find_forked_mmseg() is False and MODULE2PACKAGE['mmseg'] == found


LOAD = '''
import sys, torch
from mmengine.runner import checkpoint

def loader(file, map_location=None, weights_only=None):  # as that of onedl-mmengine
    with torch.serialization.safe_globals([getattr]):
        try:
            return torch.load(file, map_location=map_location, weights_only=True)
        except Exception:
            return torch.load(file, map_location=map_location, weights_only=False)

checkpoint._safe_torch_load = loader
if 'ours' in sys.argv: import mmseg_nrd
for path in sys.argv[2:]:
    try:
        print('LOADED', checkpoint._safe_torch_load(path, map_location='cpu'))
    except Exception as error:
        print('REFUSED', error)
'''


@pytest.mark.slow
@needs_torch_2_6
def test_a_loader_that_falls_back_is_replaced(tmp_path):
    marker, paths = tmp_path / 'ran', [tmp_path / f'{name}.pth' for name in 'abc']
    torch.save(bomb('os.system', marker), paths[0])
    torch.save(bomb('getattr chain to eval', marker), paths[1])
    torch.save({'weight': torch.ones(2)}, paths[2])
    said = python(LOAD, 'ours', *paths).stdout
    assert said.count('REFUSED') == 2 and "LOADED {'weight': tensor([1., 1.])}" in said
    assert not marker.exists()
    python(LOAD, 'alone', paths[0])
    assert marker.exists()  # without ours the file runs what it wants
