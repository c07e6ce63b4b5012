"""The messages of docs/troubleshooting.md are those that come."""
from __future__ import annotations

import collections
import importlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import mmcv
import pytest
import torch
from host_cases import needs_upstreams_mmengine, needs_upstreams_mmseg
from mmengine.analysis import get_model_complexity_info
from mmengine.config import Config
from mmengine.hooks import CheckpointHook
from mmengine.logging import HistoryBuffer
from mmengine.optim import AmpOptimWrapper
from mmengine.runner import checkpoint as mmengine_checkpoint
from mmengine.runner import load_checkpoint
from mmengine.visualization import TensorboardVisBackend
from mmseg.apis import init_model
from mmseg.registry import MODELS

from mmseg_nrd import compat
from mmseg_nrd.apps.cli.data_checks import check_data
from mmseg_nrd.apps.cli.distributed import prepare_distributed_cpu

ROOT = Path(__file__).parents[1]
PAGE = ROOT / 'docs' / 'troubleshooting.md'
HEADINGS = re.findall(r'^### `(.*)`$', PAGE.read_text(), re.MULTILINE)
# What one machine with working packages cannot show.
ELSEWHERE = {"FormatCode() got an unexpected keyword argument 'verify'",
             "No module named 'ftfy'", 'libGL.so.1: cannot open shared object file',
             'urlopen error', 'Torch not compiled with CUDA enabled',
             'is used but incompatible. Please install mmcv>=2.0.0rc4',
             # tests/install/test_mim.py provokes it.
             'we can not find the config file in codebase'}
HEAD = dict(type='NRDHead', in_channels=12, in_index=1, channels=8, num_classes=3,
            c1_in_channels=5, c1_channels=6, norm_cfg=dict(type='BN'))
RESNET = dict(type='ResNetV1c', depth=18, norm_cfg=dict(type='BN'))
WITHOUT_CUDA = pytest.mark.skipif(torch.cuda.is_available(), reason='needs a machine without a GPU')
LITE = pytest.mark.skipif(any(Path(mmcv.__path__[0]).glob('_ext*')), reason='needs mmcv-lite')


def levels(batch=2, places=2):
    return [torch.randn(batch, 5, 8 * places, 8 * places), torch.randn(batch, 12, places, places)]


def read_config(folder, text):
    path = folder / 'config.py'
    path.write_text(text)
    return Config.fromfile(path)


def hide(monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)


def no_mmseg(tmp_path, monkeypatch):
    hide(monkeypatch, 'mmseg')
    compat.apply()


def no_pkg_resources(tmp_path, monkeypatch):
    hide(monkeypatch, 'pkg_resources')
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        compat.apply()


def mmseg_first(tmp_path, monkeypatch):
    done = subprocess.run([sys.executable, '-c', 'import mmseg.models'], cwd=tmp_path,
                          capture_output=True, text=True)
    raise ImportError(done.stderr)


def compiled_op(tmp_path, monkeypatch):
    importlib.import_module('mmcv.ops').nms(torch.zeros(1, 4), torch.zeros(1), 0.5)


def not_imported(tmp_path, monkeypatch):
    monkeypatch.delitem(MODELS.module_dict, 'NRDHead')
    MODELS.build(HEAD)


def our_base(tmp_path, monkeypatch):
    read_config(tmp_path, "_base_ = 'mmseg_nrd::nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py'")


def two_bases(tmp_path, monkeypatch):
    for name in 'ab':
        (tmp_path / f'{name}.py').write_text('x = 1')
    read_config(tmp_path, "_base_ = ['a.py', 'b.py']")


def mmpretrain(tmp_path, monkeypatch):
    hide(monkeypatch, 'mmpretrain')
    read_config(tmp_path, "_base_ = 'mmseg::convnext/convnext-tiny_upernet_8xb2-amp-160k_ade20k-"
                "512x512.py'")


def no_data(tmp_path, monkeypatch):
    check_data(dict(train_dataloader=dict(dataset=dict(
        type='CityscapesDataset', data_root=str(tmp_path / 'none')))), 'train')


def checkpoint(tmp_path, monkeypatch):
    path = tmp_path / 'iter_1.pth'
    torch.save(dict(state_dict={}, message_hub=HistoryBuffer()), path)
    torch.load(path, weights_only=True)


def forged_checkpoint(tmp_path, monkeypatch):
    class Forged:
        def __reduce__(self):
            return getattr, (collections.OrderedDict, 'fromkeys')
    torch.save(dict(state_dict=Forged()), tmp_path / 'forged.pth')
    load_checkpoint(torch.nn.Linear(1, 1), str(tmp_path / 'forged.pth'), map_location='cpu')


def authors_names(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(mmengine_checkpoint, 'print_log',
                        lambda message, *args, **kwargs: said.append(message))
    model = torch.nn.ModuleDict(dict(decode_head=MODELS.build(HEAD)))
    torch.save({'decode_head.classifier.classifier.0.conv.weight': torch.zeros(1)},
               tmp_path / 'theirs.pth')
    load_checkpoint(model, str(tmp_path / 'theirs.pth'), map_location='cpu')
    raise ValueError(' '.join(said).replace('\n', ' '))


def plain_state_dict(tmp_path, monkeypatch):
    torch.save(dict(weight=torch.zeros(1)), tmp_path / 'plain.pth')
    init_model(Config(dict(model=dict(
        type='EncoderDecoder', backbone=RESNET, test_cfg=dict(mode='whole'),
        decode_head=dict(type='FCNHead', in_channels=512, channels=8, num_classes=3)))),
        str(tmp_path / 'plain.pth'), device='cpu')


def sync_bn_on_cpus(tmp_path, monkeypatch):
    prepare_distributed_cpu(Config(dict(
        launcher='pytorch', model=dict(norm_cfg=dict(type='SyncBN')))))


def no_tensorboard(tmp_path, monkeypatch):
    hide(monkeypatch, 'torch.utils.tensorboard')
    TensorboardVisBackend(str(tmp_path)).experiment  # noqa: B018  (asking starts it)


CASES = {
    'mmseg_nrd needs MMSegmentation, but': no_mmseg,
    "No module named 'mmcv._ext'": mmseg_first,
    'was called, but mmcv-lite has no compiled ops': compiled_op,
    'mmengine needs pkg_resources, which setuptools 82 removed': no_pkg_resources,
    'NRDHead is not in the mmseg::model registry': not_imported,
    'mmengine does not support to load mmseg_nrd config': our_base,
    'Duplicate key is not allowed among bases': two_bases,
    "unexpected keyword argument 'pool_scales'":
        lambda *_: MODELS.build(dict(HEAD, pool_scales=(1, 2))),
    'Failed to import custom modules from': mmpretrain,
    'guidance level c1_index=0 is': lambda *_: MODELS.build(dict(HEAD, patch_size=2))(levels()),
    'must divide the 18 inputs of the dynamic MLP':
        lambda *_: MODELS.build(dict(HEAD, norm_cfg=dict(type='GN', num_groups=8))),
    'which does not exist. Fix: set data_root': no_data,
    'Weights only load failed': checkpoint,
    'Fix: do not load it unless you trust it': forged_checkpoint,
    'unexpected key in source state_dict: decode_head.classifier': authors_names,
    "KeyError: 'meta'": plain_state_dict,
    'Expected more than 1 value per channel when training':
        lambda *_: MODELS.build(HEAD).train()(levels(batch=1)),
    'SyncBN with --launcher pytorch on CPUs': sync_bn_on_cpus,
    'is only available training on gpu, npu, mlu or musa': lambda *_: AmpOptimWrapper(),
    'Cannot infer the rule for key': lambda *_: CheckpointHook(save_best='mBIoU'),
    'Please run "pip install future tensorboard"': no_tensorboard,
    "'NoneType' object has no attribute 'eval'": lambda *_: MODELS.build(RESNET).train().eval(),
    '"input_shape" and "inputs" cannot be both set':
        lambda *_: get_model_complexity_info(
            torch.nn.Linear(1, 1), (1,), torch.zeros(1)),
    'only NRDHead decodes a block of rows alone': lambda *_: MODELS.build(Config(dict(
        type='RowBlockEncoderDecoder', backbone=RESNET, test_cfg=dict(mode='whole'),
        decode_head=dict(type='FCNHead', in_channels=512, channels=8, num_classes=3)))),
}
NEEDS = {
    "No module named 'mmcv._ext'": (LITE, needs_upstreams_mmseg),
    'mmengine needs pkg_resources, which setuptools 82 removed': needs_upstreams_mmengine,
    'was called, but mmcv-lite has no compiled ops': LITE,
    'SyncBN with --launcher pytorch on CPUs': WITHOUT_CUDA,
    'is only available training on gpu, npu, mlu or musa': WITHOUT_CUDA,
}


def test_the_page_has_these_and_no_others():
    assert sorted(HEADINGS) == sorted([*CASES, *ELSEWHERE])


@pytest.mark.parametrize('message', [
    pytest.param(message, marks=NEEDS.get(message, ())) for message in CASES])
def test_the_message_comes(message, tmp_path, monkeypatch):
    with pytest.raises(Exception) as caught:  # noqa: B017, PT011  (the message is what counts)
        CASES[message](tmp_path, monkeypatch)
    assert message in f'{type(caught.value).__name__}: {caught.value}'
