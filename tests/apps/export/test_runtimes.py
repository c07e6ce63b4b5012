"""Several runtimes side by side: whole small models of ours and of MMSeg's."""
from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from tracing_cases import needs_tracing

from mmseg_nrd.apps.cost.candidate import Settings
from mmseg_nrd.apps.export import runners, runtimes
from mmseg_nrd.apps.export.runtime_report import runtime_lines
from mmseg_nrd.apps.export.runtimes import peak_bytes

pytest.importorskip('openvino')
pytestmark = needs_tracing
FILES = ['onnxruntime', 'openvino']
INNER = "in_channels=6, in_index=1, channels=4, num_classes=3, norm_cfg=dict(type='BN')"
HEADS = dict(
    nrd=f"type='NRDHead', c1_in_channels=4, c1_channels=4, patch_size=4, {INNER}",
    gun="type='GuidedUpsamplingHead', scale_factor=4, large_rf_in_channels=6, large_rf_index=1, "
        'large_rf_channels=4, high_res_in_channels=4, high_res_index=0, '
        f"head=dict(type='FCNHead', num_convs=1, concat_input=False, {INNER})",
    deeplab="type='DepthwiseSeparableASPPHead', c1_in_channels=4, c1_channels=4, "
            f'dilations=(1, 2), {INNER}',
    # Its pools tie the file to one size.
    psp=f"type='PSPHead', pool_scales=(1, 2, 3), {INNER}")


class TwoConvolutions(BaseModule):
    """An encoder that is traced in next to no time, at strides 4 and 16."""

    def __init__(self):
        super().__init__()
        self.fine = torch.nn.Conv2d(3, 4, 3, stride=4, padding=1)
        self.coarse = torch.nn.Conv2d(4, 6, 3, stride=4, padding=1)

    def forward(self, images):
        fine = self.fine(images)
        return fine, self.coarse(fine.relu())


@pytest.fixture(scope='module')
def configs(config, tmp_path_factory):
    MODELS.register_module(module=TwoConvolutions, force=True)
    folder = tmp_path_factory.mktemp('runtimes')
    for name, head in HEADS.items():
        (folder / f'{name}.py').write_text(f"""
_base_ = r'{config}'
model = dict(data_preprocessor=dict(size=(64, 96)),
             backbone=dict(_delete_=True, type='TwoConvolutions'),
             decode_head=dict(_delete_=True, {head}))""")
    return {name: str(folder / f'{name}.py') for name in HEADS}


@pytest.fixture(scope='module')
def without_processes():
    """A process for each row would take seconds; tests/tools has those of two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtimes, 'peak_bytes', lambda *arguments: 1)
        yield


def _measured(configs: list) -> list:
    MODELS.register_module(module=TwoConvolutions, force=True)
    runtimes.peak_bytes = lambda *arguments: 1
    return runtimes.measure_runtimes(configs, ['torch', *FILES], Settings(rounds=2), 'deeplab')


@pytest.fixture(scope='module')
def rows(configs):
    # A process that has run all of these in OpenVINO (2026.4) crashes when it forks later, as the
    # data loaders of other tests do.
    with ProcessPoolExecutor(1, get_context('spawn')) as pool:
        return pool.submit(_measured, list(configs.values())).result()


def test_each_model_in_each_runtime_agrees_with_eager_logits(rows):
    assert [(row['name'], row['runtime']) for row in rows] == [
        (name, runtime) for name in HEADS for runtime in ('torch', *FILES)]
    for row in rows:
        assert row['error'] is None and row['size'] == (64, 96) and row['images'] == 1
        assert 0 <= row['difference'] <= row['tolerance'] <= 1e-3
        # Another program computed it.
        assert (row['difference'] > 0) == (row['runtime'] in FILES)
        fixed = 'fixed' if row['name'] == 'psp' else 'open'
        assert row['sizes'] == (fixed if row['runtime'] in FILES else None)
        assert (row['file_bytes'] or 0) > 1000 or row['runtime'] == 'torch'


def test_ratios_are_to_the_baseline_in_that_runtime_and_to_the_first_runtime(rows):
    by_key = {(row['name'], row['runtime']): row for row in rows}
    for (name, runtime), row in by_key.items():
        assert row['images_per_second'] == 1 / row['seconds']['median']
        for key, other in (('ratio', ('deeplab', runtime)),
                           ('ratio_to_first_runtime', (name, 'torch'))):
            shares = [own / base for own, base in zip(
                row['seconds']['turns'], by_key[other]['seconds']['turns'])]
            assert len(shares) == 2 and row[key]['seconds'] == pytest.approx(np.median(shares))
    assert len({len(line) for line in runtime_lines(rows)}) == 1


@pytest.mark.slow
@pytest.mark.parametrize('name', ['nrd', 'gun', 'deeplab'])
def test_a_compiled_model_agrees(configs, without_processes, name):
    row, = runtimes.measure_runtimes(
        [configs[name]], ['compile'], Settings(shape=(64, 128), batch=2, rounds=1))
    assert row['error'] is None and 0 < row['difference'] <= row['tolerance']
    assert row['size'] == (64, 128) and row['images'] == 2


def test_what_computes_something_else_is_an_error_and_the_others_go_on(
        config, without_processes, monkeypatch):
    def load(path, threads):
        run = runners.run_onnxruntime(path, threads)
        return lambda images: run(images) + 0.01

    monkeypatch.setitem(runners.RUNTIMES, 'onnxruntime', load)
    wrong, right = runtimes.measure_runtimes([config], FILES, Settings(rounds=1))
    assert 'differ from eager ones by 1.0e-02: must be ' in wrong['error']
    assert wrong['seconds'] is None and right['error'] is None and right['seconds']
    assert right['ratio']['seconds'] == 1 and right['ratio_to_first_runtime'] is None
    assert wrong['error'] in runtime_lines([wrong, right])[1][2]


def test_what_cannot_be_exported_or_built_is_an_error_and_the_others_go_on(
        config, without_processes, tmp_path):
    parent = MODELS.get('OneConvolution')

    class Undecided(parent):
        """What it computes hangs on the pixels, which no file can hold."""

        def forward(self, images):
            return super().forward(-images if images.sum() > 0 else images)

    MODELS.register_module(module=Undecided, force=True)
    (tmp_path / 'undecided.py').write_text(
        f"_base_ = r'{config}'\nmodel = dict(backbone=dict(type='Undecided'))")
    (tmp_path / 'broken.py').write_text('model = dict(type="Nothing")')
    rows = runtimes.measure_runtimes(
        [str(tmp_path / 'undecided.py'), str(tmp_path / 'broken.py'), config],
        ['torch', 'openvino'], Settings(shape=(48, 80), rounds=1))
    assert [row['error'] is None for row in rows] == [True, False, False, False, True, True]
    assert rows[0]['seconds'] and 'Nothing' in rows[2]['error'] and 'Nothing' in rows[3]['error']
    assert rows[4]['ratio'] and rows[5]['ratio'] is None


def test_openvino_computes_in_float32_whatever_the_cpu_has(config, tmp_path):
    model = runtimes.build_model(config)
    torch.nn.init.normal_(model.segmentor.decode_head.conv_seg.weight)
    runtimes.write_onnx(runtimes.trace(model, (48, 80)), tmp_path / 'a.onnx')
    images = runtimes.random_images((1, 48, 80), 3)
    got = runners.run_openvino(str(tmp_path / 'a.onnx'), 1)(images.numpy())
    torch.testing.assert_close(torch.from_numpy(got), model(images).detach(), atol=1e-5, rtol=1e-5)


def test_a_missing_package_is_refused_at_the_start(monkeypatch):
    monkeypatch.setitem(sys.modules, 'openvino', None)
    assert list(runtimes.check_runtimes(['torch', 'compile', 'onnxruntime'], Settings())) == [
        'onnxruntime']
    with pytest.raises(ImportError, match='needs the package openvino.*Fix: pip install openvino'):
        runtimes.check_runtimes(FILES, Settings())


@pytest.mark.parametrize('names, options, expected', [
    (['torch', 'graphs'], {}, 'graphs with --device cpu: graphs needs a GPU'),
    (['torch', 'openvino'], dict(device='cuda'), 'openvino needs --device cpu'),
    (['torch', 'onnxruntime'], dict(amp='fp16'), 'ONNX files compute in float32'),
])
def test_what_does_not_go_together_is_refused(names, options, expected):
    with pytest.raises(ValueError, match=expected):
        runtimes.check_runtimes(names, Settings(**options))


def test_autocast_is_a_row_that_may_differ_more(configs):
    row, = runtimes.measure_runtimes(
        [configs['nrd']], ['torch'], Settings(amp='bf16', rounds=1))
    assert row['error'] is None and row['seconds']
    assert row['tolerance'] / 800 < row['difference'] <= row['tolerance']


def test_onnxruntime_runs_on_tensors_of_a_device(config, tmp_path, device):
    # On a machine without a GPU the device is the CPU: the same binding.
    model = runtimes.build_model(config, device.type)
    path = tmp_path / 'a.onnx'
    runtimes.write_onnx(runtimes.trace(runtimes.build_model(config), (48, 80)), path)
    run = runners.run_onnxruntime_on(str(path), 1, device.type)
    images = runtimes.random_images((2, 35, 61), 3).to(device)
    got = torch.from_numpy(run(images).numpy())
    torch.testing.assert_close(got, model(images).detach().cpu(), rtol=0, atol=1e-4)


def test_onnxruntime_does_not_fall_back_to_the_cpu(config, tmp_path):
    runtimes.write_onnx(runtimes.trace(runtimes.build_model(config), (48, 80)), tmp_path / 'a.onnx')
    with pytest.raises(ValueError, match="on device 'nowhere': it has"):
        runners.run_onnxruntime_on(str(tmp_path / 'a.onnx'), 1, 'nowhere')


def test_a_process_that_fails_says_why():
    with pytest.raises(RuntimeError, match='nowhere.onnx'):
        peak_bytes('onnxruntime', 'nowhere.onnx', (1, 3, 48, 80))


@pytest.mark.slow
def test_nrd_keeps_its_lead_in_exported_files():
    """NRD on a plain ResNet-50 against DeepLabV3+ on a dilated one, 512 x 1024."""
    deeplab = 'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py'
    nrd = 'nrd_r50_4xb4-84k_cityscapes-512x1024.py'
    found = runtimes.measure_runtimes(
        [deeplab, nrd], FILES, Settings(shape=(512, 1024), rounds=3))
    shares = {row['runtime']: row['ratio']['seconds'] for row in found[2:]}
    assert list(shares) == FILES and max(shares.values()) < 0.2, shares
