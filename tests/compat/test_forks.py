"""The onedl forks: their configs are found, and their loader of checkpoints is replaced."""
from __future__ import annotations

import importlib.metadata

import pytest
import torch
from host_cases import python
from hostile_cases import bomb, needs_torch_2_6
from mmengine.config import Config
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


def test_bases_of_the_installed_mmseg_are_found(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text("_base_ = 'mmseg::_base_/models/fcn_r50-d8.py'\n")
    assert Config.fromfile(str(config)).model.decode_head.type == 'FCNHead'


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
try:
    print('LOADED', checkpoint._safe_torch_load(sys.argv[1], map_location='cpu'))
except Exception as error:
    print('REFUSED', error)
'''


@needs_torch_2_6
@pytest.mark.parametrize('kind', ['os.system', 'getattr chain to eval'])
def test_a_loader_that_falls_back_is_replaced(kind, tmp_path):
    marker = tmp_path / 'ran'
    torch.save(bomb(kind, marker), tmp_path / 'x.pth')
    assert 'REFUSED' in python(LOAD, tmp_path / 'x.pth', 'ours').stdout and not marker.exists()
    python(LOAD, tmp_path / 'x.pth')
    assert marker.exists()  # without ours the file runs what it wants


@needs_torch_2_6
def test_what_replaces_it_loads_weights(tmp_path):
    torch.save({'weight': torch.ones(2)}, tmp_path / 'x.pth')
    said = python(LOAD, tmp_path / 'x.pth', 'ours').stdout
    assert "LOADED {'weight': tensor([1., 1.])}" in said
