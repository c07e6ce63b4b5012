"""The host: mmcv-lite's missing ops, what is not installed, and that nothing else changes.

How checkpoints are loaded is in test_compat_*checkpoints.py and test_compat_downloads.py.
"""
from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import mmcv
import pytest
import torch
from host_cases import needs_upstreams_mmengine, needs_upstreams_mmseg
from mmengine.runner import checkpoint
from mmengine.utils.dl_utils import mmcv_full_available

from mmseg_nrd import compat

ROOT = Path(__file__).parents[1]
needs_lite = pytest.mark.skipif(
    any(Path(mmcv.__path__[0]).glob('_ext*')),
    reason='this environment has a full mmcv, so there is nothing to mend')


def python(code: str) -> subprocess.CompletedProcess:
    """Run code in a fresh interpreter, where nothing has been mended yet."""
    return subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)


@needs_lite
@needs_upstreams_mmseg
def test_without_the_mend_mmseg_models_cannot_be_imported():
    done = python('import mmseg.models')
    assert done.returncode != 0
    assert "No module named 'mmcv._ext'" in done.stderr


@pytest.fixture(scope='module')
def fresh():
    """What a fresh interpreter knows after `import mmseg_nrd`."""
    done = python('''
import json, sys, torch
before = torch.load, torch.hub.load_state_dict_from_url, torch.serialization.load
import mmseg_nrd, mmseg.models
from mmengine.utils.dl_utils import mmcv_full_available
after = torch.load, torch.hub.load_state_dict_from_url, torch.serialization.load
print(json.dumps(dict(
    stand_in='mmcv._ext' in sys.modules, full=mmcv_full_available(),
    torch_same=before == after and sys.modules['torch'] is torch,
    mended=type(sys.modules['mmengine.runner.checkpoint'].torch).__name__)))''')
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@needs_lite
def test_the_stand_in_is_gone_after_the_import(fresh):
    assert fresh['stand_in'] is False and fresh['full'] is False
    assert 'mmcv._ext' not in sys.modules and mmcv_full_available() is False


def test_torch_itself_is_left_alone(fresh):
    assert fresh['torch_same'] is True and fresh['mended'] == '_WeightsOnlyTorch'
    assert torch.load is torch.serialization.load
    assert inspect.getmodule(torch.load) is torch.serialization


@needs_lite
def test_a_missing_op_says_its_name_and_the_fix():
    from mmcv.ops import MaskedConv2d, nms
    with pytest.raises(NotImplementedError, match="op 'nms'.*mmcv-lite.*Fix: .*a full mmcv below"):
        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    with pytest.raises(NotImplementedError, match="op 'masked_im2col_forward'.*Fix"):
        MaskedConv2d(1, 1, 1)(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2))


@needs_lite
def test_the_stand_in_goes_even_when_the_import_fails(monkeypatch):
    def broken(name):
        assert 'mmcv._ext' in sys.modules  # it was there while mmcv.ops was imported
        raise ImportError(name)
    monkeypatch.delitem(sys.modules, 'mmcv.ops')
    monkeypatch.setattr(importlib, 'import_module', broken)
    with pytest.raises(ImportError, match='mmcv.ops'):
        compat.provide_mmcv_ops()
    assert 'mmcv._ext' not in sys.modules


def test_a_full_mmcv_is_left_alone(tmp_path):
    (tmp_path / '_ext.py').write_text('def __getattr__(name):\n'
                                      '    if name.startswith("__"):\n'
                                      '        raise AttributeError(name)\n'
                                      '    return lambda *args, **kwargs: "compiled " + name\n')
    done = python(f'''
import sys, mmcv
mmcv.__path__.insert(0, {str(tmp_path)!r})
import mmseg_nrd, mmcv.ops
print(sys.modules['mmcv._ext'].__file__, sys.modules['mmcv.ops.nms'].ext_module.nms())
print(mmseg_nrd.compat.provide_mmcv_ops())''')
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == [f'{tmp_path}/_ext.py compiled nms', 'False']


def test_the_stand_in_is_not_asked_for_twice():
    assert compat.provide_mmcv_ops() is False


@pytest.mark.parametrize('missing', [('mmseg',), ('mmcv',), ('mmseg', 'mmengine', 'mmcv')], ids=str)
def test_missing_packages_are_named_in_one_line(missing, monkeypatch):
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    message = rf"but {', '.join(missing)} is not installed.*'mmcv-lite<2\.2'.*full mmcv below 2\.2"
    with pytest.raises(ImportError, match=message) as caught:
        compat.apply()
    assert '\n' not in str(caught.value)


def test_importing_the_package_checks_the_host():
    done = python("import sys; sys.modules['mmseg'] = None; import mmseg_nrd")
    last = done.stderr.splitlines()[-1]
    assert last.startswith('ImportError: mmseg_nrd needs MMSegmentation, but mmseg is not')
    assert "pip install mmsegmentation mmengine 'mmcv-lite<2.2'" in last


@needs_upstreams_mmengine
def test_missing_pkg_resources_is_named_in_one_line(monkeypatch):
    compat.require_pkg_resources()  # it is here, so nothing happens
    monkeypatch.setitem(sys.modules, 'pkg_resources', None)
    with pytest.raises(ImportError, match=r"mmengine needs pkg_resources.*setuptools<82") as caught:
        compat.apply()
    assert '\n' not in str(caught.value)


def test_an_mmengine_that_needs_no_pkg_resources_is_fine(monkeypatch):
    monkeypatch.setitem(sys.modules, 'pkg_resources', None)
    monkeypatch.setattr(inspect, 'getsource', lambda module: 'import importlib.metadata')
    compat.require_pkg_resources()


def test_a_part_that_needs_a_newer_torch_says_so_in_one_line(monkeypatch):
    monkeypatch.setattr(torch, '__version__', '2.10.0+cpu')
    compat.require_torch('2.9', 'this')
    compat.require_torch('2.10', 'this')
    with pytest.raises(ImportError, match=r"^torch 2\.10\.0\+cpu: this must have torch 2\.11 or "
                                          r"newer\. Fix: pip install 'torch>=2\.11'\. .*\.$"):
        compat.require_torch('2.11', 'this')


def test_applying_twice_changes_nothing():
    def host():
        return (checkpoint.torch, checkpoint.load_url, torch.load,
                len(getattr(torch.serialization, 'get_safe_globals', list)()), sorted(sys.modules))
    before = host()
    compat.apply()
    assert host() == before
