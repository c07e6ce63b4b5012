"""mmcv-lite's missing ops, packages that are not installed, and that nothing else changes."""
from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

import mmcv
import mmengine
import mmseg
import pytest
import torch
from host_cases import needs_upstreams_mmengine, python
from mmengine.hooks import checkpoint_hook
from mmengine.runner import Runner, checkpoint
from mmengine.utils.dl_utils import mmcv_full_available

from mmseg_nrd import compat

needs_lite = pytest.mark.skipif(any(Path(mmcv.__path__[0]).glob('_ext*')),
                                reason='this environment has a full mmcv')


def test_what_a_fresh_import_changes():
    done = python('''
import json, sys, torch
def of_torch():
    return [torch.load, torch.serialization.load, torch.hub.load_state_dict_from_url, torch.save,
            sys.modules['torch']]
before = of_torch()
import mmseg_nrd, mmseg.models
apps = [name for name in sys.modules if name.startswith('mmseg_nrd.apps')]
from mmengine.utils.dl_utils import mmcv_full_available
print(json.dumps(dict(apps=apps, same=before == of_torch(), full=mmcv_full_available(),
                      stand_in=hasattr(sys.modules.get('mmcv._ext'), 'missing'))))''')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == dict(
        apps=[], same=True, full=mmcv_full_available(), stand_in=False)


@needs_lite
def test_a_missing_op_says_its_name_and_the_fix():
    from mmcv.ops import MaskedConv2d, nms
    with pytest.raises(NotImplementedError, match="'nms'.*Fix: .*a full mmcv below"):
        nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    with pytest.raises(NotImplementedError, match="'masked_im2col_forward'.*Fix: "):
        MaskedConv2d(1, 1, 1)(torch.zeros(1, 1, 2, 2), torch.ones(1, 2, 2))
    assert mmcv.utils.collect_env()['MMCV Compiler'] == 'n/a'


@pytest.mark.slow
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
    assert done.stdout.splitlines()[-2:] == [
        f'{tmp_path}/_ext.py compiled nms', 'False'], done.stderr


@pytest.mark.parametrize('missing', [('mmcv',), ('mmseg', 'mmengine', 'mmcv')], ids=str)
def test_missing_packages_are_named_in_one_line(missing):
    done = python(f'import sys; sys.modules.update(dict.fromkeys({missing})); import mmseg_nrd')
    said = done.stderr.splitlines()[-1]
    assert said.startswith('ImportError: mmseg_nrd needs')
    assert ', '.join(missing) in said and 'Fix: pip install' in said


@needs_upstreams_mmengine
def test_mmcv_2_2_is_taken_and_keeps_its_version():
    done = python("import mmcv; "
                  "mmcv.__version__ = '2.2.7'; import mmseg_nrd, mmseg.models; "
                  'print(mmcv.__version__, mmseg.mmcv_version[:3])')
    assert done.stdout.splitlines()[-1:] == ['2.2.7 (2, 2, 7)'], done.stderr
    assert done.stderr.count('mmcv 2.2.7: ') == 1


@needs_upstreams_mmengine
@pytest.mark.parametrize('module, version', [
    (mmcv, '1.7.2'), (mmcv, '2.3.0'), (mmengine, '0.4.0'), (mmengine, '0.8.3'),
    (mmengine, '1.0.0'), (mmseg, '1.2.1')])
def test_versions_that_do_not_fit_are_named_in_one_line(module, version, monkeypatch):
    monkeypatch.setattr(module, '__version__', version)
    if module is not mmseg:
        monkeypatch.delitem(sys.modules, 'mmseg')
    with pytest.raises(ImportError, match='Fix: pip install') as refused:
        compat.require_mmseg()
    assert version in str(refused.value) and '\n' not in str(refused.value)


@needs_upstreams_mmengine
def test_a_missing_pkg_resources_is_warned_of(monkeypatch, recwarn):
    compat.warn_of_missing_pkg_resources()  # it is here
    monkeypatch.setitem(sys.modules, 'pkg_resources', None)
    # What needs no base of another package trains without it.
    with pytest.warns(UserWarning, match='pkg_resources.*Fix: pip install .*setuptools<82'):
        compat.apply()
    monkeypatch.setattr(inspect, 'getsource', lambda module: 'import importlib.metadata')
    compat.apply()
    assert not recwarn.list


def test_applying_twice_changes_nothing():
    def host():
        return (checkpoint.torch, checkpoint.load_url, checkpoint.save_checkpoint, torch.load,
                Runner.load_checkpoint, vars(checkpoint.CheckpointLoader)['load_checkpoint'],
                checkpoint_hook.open, sorted(sys.modules))
    before = host()
    compat.apply()
    assert compat.provide_mmcv_ops() is False and host() == before
