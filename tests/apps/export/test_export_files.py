"""What is written, and what is not: the files, and the errors of the command line."""
from __future__ import annotations

import argparse
import importlib.util
import json
import re

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from mmseg.datasets import BaseSegDataset
from torch import nn
from torch.fx.experimental import _config as symbolic
from tracing_cases import needs_tracing

from mmseg_nrd.apps.cli import load_segmentor, read_config
from mmseg_nrd.apps.export import ExportableSegmentor, command, read_program, trace, write_onnx
from mmseg_nrd.apps.export.about import describe
from mmseg_nrd.apps.export.onnx_file import require_onnx

resource = pytest.importorskip('resource')
pytestmark = needs_tracing
QUICK = ('--check-shapes', '1x33x57')


def arguments(config, out, *more):
    parser = argparse.ArgumentParser()
    command.add_export_arguments(parser)
    return parser.parse_args([str(config), *map(str, more), '--out', str(out)])


def run(config, out, *more):
    command.export_file(arguments(config, out, *more))


def model_of(config):
    return load_segmentor(read_config(config))[0]


@pytest.fixture(scope='module')
def program(config):
    return trace(ExportableSegmentor(model_of(config)), (48, 80))


@pytest.fixture
def off_by(monkeypatch):
    """Read files as if their logits were off by so much, those of two images at a time."""

    def change(difference):
        def read(path):
            exact = read_program(path)
            return lambda images: exact(images) + difference * (len(images) == 2)

        monkeypatch.setattr(command, 'read_program', read)

    return change


def test_an_onnx_file_says_what_goes_in_and_out(program, tmp_path):
    write_onnx(program, tmp_path / 'model.onnx')
    proto = onnx.load(tmp_path / 'model.onnx')
    assert [(entry.domain, entry.version) for entry in proto.opset_import] == [('', 20)]
    session = onnxruntime.InferenceSession(tmp_path / 'model.onnx')
    (images,), (logits,) = session.get_inputs(), session.get_outputs()
    assert (images.name, images.type) == ('images', 'tensor(uint8)')
    assert images.shape == ['batch', 3, 'height', 'width']
    assert (logits.name, logits.type) == ('logits', 'tensor(float)')
    assert logits.shape == ['batch', 3, 'height', 'width']
    got, = session.run(None, {'images': np.zeros((4, 3, 25, 41), np.uint8)})
    assert got.shape == (4, 3, 25, 41)


def test_an_older_operator_set_on_request(program, tmp_path):
    write_onnx(program, tmp_path / 'model.onnx', opset=18)
    assert onnx.load(tmp_path / 'model.onnx').opset_import[0].version == 18


def test_half_precision_halves_the_weights_and_little_else(config, tmp_path):
    model = model_of(config)
    model.decode_head.conv_seg = nn.Sequential(nn.Conv2d(4, 256, 1), nn.Conv2d(256, 3, 9))
    program = trace(ExportableSegmentor(model), (48, 80))
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 33, 57), dtype=np.uint8)
    files = [tmp_path / name for name in ('whole.onnx', 'half.onnx')]
    for file, fp16 in zip(files, (False, True)):
        write_onnx(program, file, fp16=fp16)
    assert files[1].stat().st_size < 0.6 * files[0].stat().st_size
    whole, half = (onnxruntime.InferenceSession(file).run(None, {'images': images})[0]
                   for file in files)
    assert half.dtype == np.float32
    assert 0 < np.abs(half - whole).max() < 1e-2 * np.abs(whole).max()


def test_half_precision_is_checked_and_refused_where_it_cannot_be(config, tmp_path, capsys):
    with pytest.raises(ValueError, match='--fp16'):
        run(config, tmp_path / 'a.pt2', '--fp16')
    run(config, tmp_path / 'a.onnx', *QUICK, '--fp16')
    assert 'difference' in capsys.readouterr().out
    with pytest.raises(ValueError, match='differs'):
        run(config, tmp_path / 'b.onnx', *QUICK, '--fp16', '--tolerance', '1e-9')
    state = model_of(config).state_dict()
    state['decode_head.conv_seg.bias'][0] = 1e5
    torch.save({'state_dict': state}, tmp_path / 'weights.pth')
    with pytest.raises(ValueError, match='1e.05; must be 65504'):
        run(config, tmp_path / 'b.onnx', tmp_path / 'weights.pth', *QUICK, '--fp16')
    assert not (tmp_path / 'a.pt2').exists() and not (tmp_path / 'b.onnx').exists()


def test_padding_is_part_of_the_file(config, tmp_path, capsys):
    for ending in ('onnx', 'pt2'):
        run(config, tmp_path / f'a.{ending}', '--check-shapes', '2x33x57', '--cfg-options',
            'model.data_preprocessor.test_cfg.size_divisor=32')
    assert capsys.readouterr().out.count('difference') == 2


@pytest.mark.parametrize('changes, expected', [
    ({}, dict(channel_order='BGR', output='logits')),
    ({'model.data_preprocessor.bgr_to_rgb': False, 'model.data_preprocessor.rgb_to_bgr': True},
     dict(channel_order='RGB')),
    ({'model.decode_head.out_channels': 1, 'model.decode_head.num_classes': 2,
      'model.decode_head.threshold': 0.75,
      'model.decode_head.loss_decode': dict(type='CrossEntropyLoss', use_sigmoid=True)},
     dict(threshold=pytest.approx(np.log(3)), classes=['0', '1'])),
    ({'test_dataloader': None}, dict(classes=['0', '1', '2'])),
    ({'test_dataloader': dict(dataset=dict(type=BaseSegDataset, metainfo=dict(
        classes=('a', 'b', 'c'), palette=[[1, 2, 3]] * 3)))},
     dict(classes=['a', 'b', 'c'], palette=[[1, 2, 3]] * 3))])
def test_what_is_said_of_a_file(config, changes, expected):
    cfg = read_config(config)
    cfg.merge_from_dict(changes)
    about = describe(ExportableSegmentor(load_segmentor(cfg)[0]), cfg, {})
    assert {key: about[key] for key in expected} == expected
    assert about['mean'] == pytest.approx([123.675, 116.28, 103.53])
    assert ('threshold' in about) == ('threshold' in expected)


@pytest.mark.parametrize('opset', [11, 17, 99])
def test_an_operator_set_that_torch_cannot_write_is_refused(program, tmp_path, opset):
    with pytest.raises(ValueError, match=f'opset {opset}: must be 18 or newer'):
        write_onnx(program, tmp_path / 'model.onnx', opset=opset)
    assert not list(tmp_path.iterdir())


def test_a_square_size_ties_nothing(config):
    program = trace(ExportableSegmentor(model_of(config)), (64, 64))
    assert program.module()(torch.zeros(1, 3, 33, 57, dtype=torch.uint8)).shape == (1, 3, 33, 57)


def test_a_checked_file_gets_its_name_in_a_new_folder(config, tmp_path, capsys):
    out = tmp_path / 'new' / 'er' / 'model.pt2'
    run(config, out, '--labels', '--check-shapes', '2x33x57')
    assert sorted(out.parent.iterdir()) == [out, out.with_name('model.pt2.json')]
    labels = torch.export.load(out).module()(torch.zeros(3, 3, 40, 41, dtype=torch.uint8))
    assert labels.shape == (3, 40, 41) and labels.dtype == torch.int64
    printed = capsys.readouterr().out
    assert 'the weights are random' in printed
    assert '2 x 3 x 33 x 57: maximum difference 0.0e+00' in printed
    assert re.search(r'model\.pt2: \d\.\d MB', printed)


@pytest.mark.parametrize('channels', [1, 6])
def test_images_of_other_than_three_channels(config, tmp_path, channels):
    out, settings = tmp_path / 'model.pt2', [
        f'model.data_preprocessor.{key}={[50 + index for index in range(channels)]}'.replace(
            ' ', '') for key in ('mean', 'std')]
    run(config, out, *QUICK, '--cfg-options', *settings, f'model.backbone.channels={channels}')
    images = torch.zeros(2, channels, 40, 41, dtype=torch.uint8)
    assert torch.export.load(out).module()(images).shape == (2, 3, 40, 41)


def test_a_file_that_differs_is_not_left_and_the_old_one_stays(config, tmp_path, capsys, off_by):
    out = tmp_path / 'model.pt2'
    out.write_bytes(b'old')
    off_by(2e-3)
    with pytest.raises(ValueError, match='differs from the model'):
        run(config, out)
    assert list(tmp_path.iterdir()) == [out] and out.read_bytes() == b'old'
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith(': FAILED') for line in lines[-3:]] == [False, True, False]
    # A tiny model's logits are far from 1, so that this is still more than 1e-4 of them.
    with pytest.raises(ValueError, match='differs from the model'):
        run(config, out, '--tolerance', '1')


def test_the_checkpoint_is_what_is_exported_within_a_larger_tolerance(config, tmp_path, off_by):
    state = model_of(config).state_dict()
    state['decode_head.conv_seg.bias'] += torch.tensor([0., 500., 0.])
    torch.save({'state_dict': state}, tmp_path / 'weights.pth')
    out, options = tmp_path / 'a.pt2', ('--check-shapes', '2x48x80', '--tolerance')
    off_by(5e-3)
    with pytest.raises(ValueError, match='differs from the model'):
        run(config, out, tmp_path / 'weights.pth', *options, '4e-3')
    run(config, out, tmp_path / 'weights.pth', *options, '6e-3')
    logits = read_program(out)(torch.zeros(1, 3, 48, 80, dtype=torch.uint8))
    assert (logits.argmax(1) == 1).all()


@pytest.mark.parametrize('option', [
    '--tolerance 0', '--tolerance nan', '--shape 0 64', '--check-shapes 64x64',
    '--check-shapes 1x64x-3', '--check-shapes 0x8x64', '--check-shapes axbxc'])
def test_numbers_are_above_nothing(config, option, capsys):
    with pytest.raises(SystemExit):
        arguments(config, 'a.pt2', *option.split())
    said = capsys.readouterr().err
    assert f'argument {option.split()[0]}: ' in said and 'must be' in said


def test_a_sliding_window_is_pointed_out(config, tmp_path, capsys):
    run(config, tmp_path / 'a.pt2', *QUICK, '--cfg-options', 'model.test_cfg.mode=slide',
        'model.test_cfg.crop_size=(48,80)')
    assert "test_cfg.mode='slide': the file computes one window" in capsys.readouterr().out


def test_adaptive_pooling_takes_a_file_of_one_size(config, tmp_path, capsys):
    (tmp_path / 'psp.py').write_text(f"""
_base_ = r'{config}'
model = dict(decode_head=dict(
    _delete_=True, type='PSPHead', pool_scales=(1, 2, 3), in_channels=4, in_index=0, channels=4,
    num_classes=3, norm_cfg=dict(type='BN')))""")
    with pytest.raises(ValueError, match='the file cannot run .* Fix: .*--fixed'):
        run(tmp_path / 'psp.py', tmp_path / 'a.onnx', '--shape', 48, 80)
    assert not (tmp_path / 'a.onnx').exists()
    capsys.readouterr()
    for out in (tmp_path / 'a.onnx', tmp_path / 'a.pt2'):
        run(tmp_path / 'psp.py', out, '--shape', 48, 80, '--fixed')
        assert capsys.readouterr().out.count('1 x 3 x 48 x 80: ') == 1
    images, = onnxruntime.InferenceSession(tmp_path / 'a.onnx').get_inputs()
    assert images.shape == [1, 3, 48, 80]
    assert json.loads((tmp_path / 'a.onnx.json').read_text())['size'] == [48, 80]


@pytest.mark.parametrize('out, options, message', [
    ('file/a.pt2', [], 'the folder of --out file: cannot be made'),
    ('a.pth', [], 'a.pth: must end in .onnx or .pt2'),
    ('a.pt2', ['--opset', 20], '--opset 20: is for ONNX'),
    ('folder.pt2', [], 'folder.pt2: is a folder'),
    ('a.pt2', ['--fixed', '--check-shapes', '1x8x8'], '--check-shapes with --fixed'),
    ('a.pt2', ['--cfg-options', 'model.data_preprocessor.test_cfg.size=(9,9)'], 'pads')])
def test_wrong_arguments_are_named_before_anything_is_written(
        config, tmp_path, monkeypatch, capsys, out, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'folder.pt2').mkdir()
    (tmp_path / 'file').touch()
    with pytest.raises((OSError, ValueError), match=re.escape(message)):
        run(config, out, *options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['file', 'folder.pt2']
    # Nothing was built for it, so nothing is said of random weights.
    assert not capsys.readouterr().out


def test_a_full_disk_leaves_no_file(config, tmp_path):
    # Where torch itself writes to the file, this ends the process.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError):
            run(config, tmp_path / 'a.pt2', *QUICK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_too_old_a_torch_is_named(segmentor, monkeypatch):
    monkeypatch.delattr(symbolic, 'backed_size_oblivious')
    with pytest.raises(ImportError, match=f'torch {re.escape(torch.__version__)}: too old'):
        trace(ExportableSegmentor(segmentor()), (48, 80))


def test_a_missing_package_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec',
                        lambda name: None if name == 'onnxruntime' else find(name))
    with pytest.raises(ImportError, match='pip install onnxruntime$'):
        require_onnx()
