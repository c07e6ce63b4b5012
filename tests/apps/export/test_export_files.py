"""What is written, and what is not: the files, and the errors of the command lines."""
from __future__ import annotations

import argparse
import importlib.util
import os
import re

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch.fx.experimental import _config as symbolic
from tracing_cases import needs_tracing

from mmseg_nrd.apps.cli import load_segmentor, read_config
from mmseg_nrd.apps.export import trace
from mmseg_nrd.apps.export.command import add_export_arguments, export_file
from mmseg_nrd.apps.export.onnx_file import read_onnx, write_onnx
from mmseg_nrd.apps.export.packages import require_onnx
from mmseg_nrd.apps.export.segmentor import ExportableSegmentor
from mmseg_nrd.apps.export.torch_file import read_program, write_program

pytestmark = needs_tracing


def arguments(config, out, *more):
    parser = argparse.ArgumentParser()
    add_export_arguments(parser, '.pt2')
    return parser.parse_args([str(config), *map(str, more), '--out', str(out)])


def run(config, out, *more, read=read_program):
    return export_file(arguments(config, out, *more), '.pt2', write_program, read)


@pytest.fixture(scope='module')
def program(config):
    return trace(ExportableSegmentor(load_segmentor(read_config(config))[0]), (48, 80))


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


@pytest.mark.parametrize('opset, message', [
    (11, 'opset 11: must be 18 or newer'), (17, 'opset 17: must be 18 or newer'),
    (99, 'opset 99: must be 18 or newer.* and [0-9]+ at most, the newest of onnx [0-9]')])
def test_an_operator_set_that_torch_cannot_write_is_refused(program, tmp_path, opset, message):
    with pytest.raises(ValueError, match=f'{message}.*Fix: --opset 20'):
        write_onnx(program, tmp_path / 'model.onnx', opset=opset)
    assert not list(tmp_path.iterdir())


def test_a_file_that_onnxruntime_cannot_load_is_a_sentence(tmp_path):
    (tmp_path / 'model.onnx').write_bytes(b'no graph')
    with pytest.raises(ValueError, match='model.onnx: onnxruntime .* cannot load it .*Fix: '):
        read_onnx(tmp_path / 'model.onnx')


def test_a_square_size_ties_nothing(config):
    program = trace(ExportableSegmentor(load_segmentor(read_config(config))[0]), (64, 64))
    assert program.module()(torch.zeros(1, 3, 33, 57, dtype=torch.uint8)).shape == (1, 3, 33, 57)


def test_a_checked_file_gets_its_name(config, tmp_path, capsys):
    out = tmp_path / 'model.pt2'
    assert run(config, out, '--labels', '--check-shapes', '2x33x57')
    assert list(tmp_path.iterdir()) == [out]
    labels = torch.export.load(out).module()(torch.zeros(3, 3, 40, 41, dtype=torch.uint8))
    assert labels.shape == (3, 40, 41) and labels.dtype == torch.int64
    printed = capsys.readouterr().out
    assert 'the weights are random' in printed
    assert '2 x 3 x 33 x 57: maximum difference 0.0e+00' in printed
    assert re.search(r'model\.pt2: \d\.\d MB$', printed.strip())


def test_a_file_that_differs_is_not_left_and_the_old_one_stays(config, tmp_path, capsys):
    out = tmp_path / 'model.pt2'
    out.write_bytes(b'old')

    def read(path):
        exact = read_program(path)
        return lambda images: exact(images) + 2e-3 * (len(images) == 2)

    assert not run(config, out, read=read)
    assert list(tmp_path.iterdir()) == [out] and out.read_bytes() == b'old'
    lines = capsys.readouterr().out.splitlines()
    assert [line.endswith(': FAILED') for line in lines[-4:-1]] == [False, True, False]
    assert lines[-1].startswith(f'{out}: not written. Fix: ')
    # A tiny model's logits are far from 1, so that this is still more than 1e-4 of them.
    assert not run(config, out, '--tolerance', '1', read=read)
    assert out.read_bytes() == b'old'


def test_large_logits_may_be_given_a_larger_tolerance(config, tmp_path):
    state = load_segmentor(read_config(config))[0].state_dict()
    state['decode_head.conv_seg.bias'] += torch.tensor([0., 500., 0.])
    torch.save(state, tmp_path / 'weights.pth')

    def read(path):
        exact = read_program(path)
        return lambda images: exact(images) + 5e-3

    def export(*options):
        return run(config, tmp_path / 'a.pt2', tmp_path / 'weights.pth', *options, read=read)

    assert not export() and not export('--tolerance', '4e-3')
    assert export('--tolerance', '6e-3')


@pytest.mark.parametrize('text', ['0', '-1', 'nan'])
def test_a_tolerance_is_positive(config, text, capsys):
    with pytest.raises(SystemExit):
        arguments(config, 'a.pt2', f'--tolerance={text}')
    assert f'{text}: must be above 0. Fix: 0.001' in capsys.readouterr().err


def test_a_sliding_window_is_pointed_out(config, tmp_path, capsys):
    run(config, tmp_path / 'a.pt2', '--check-shapes', '1x33x57', '--cfg-options',
        'model.test_cfg.mode=slide', 'model.test_cfg.crop_size=(48,80)')
    assert "test_cfg.mode='slide': the file computes one window" in capsys.readouterr().out


def test_the_checkpoint_is_what_is_exported(config, tmp_path):
    state = load_segmentor(read_config(config))[0].state_dict()
    state['decode_head.conv_seg.bias'] += torch.tensor([0., 50., 0.])
    torch.save({'state_dict': state}, tmp_path / 'weights.pth')
    assert run(config, tmp_path / 'a.pt2', tmp_path / 'weights.pth', '--labels')
    labels = read_program(tmp_path / 'a.pt2')(torch.zeros(1, 3, 48, 80, dtype=torch.uint8))
    assert (labels == 1).all()


def test_a_checkpoint_of_another_config_is_refused(config, tmp_path):
    state = {f'decode_head.other.{index}': torch.zeros(1) for index in range(9)}
    torch.save(state, tmp_path / 'weights.pth')
    with pytest.raises(ValueError, match=r'weights.pth: 18 parameters do not fit the config.*\n'
                                         r'  unknown: decode_head.other.0(\n.*)*and 8 more\n'
                                         'Fix: choose the config'):
        run(config, tmp_path / 'a.pt2', tmp_path / 'weights.pth')


def test_a_file_of_anything_else_is_refused(config, tmp_path):
    torch.save({'epoch': 3}, tmp_path / 'weights.pth')
    with pytest.raises(ValueError, match='  unknown: epoch\n  missing: '):
        run(config, tmp_path / 'a.pt2', tmp_path / 'weights.pth')


def test_a_config_without_a_model_is_refused(tmp_path):
    (tmp_path / 'config.py').write_text('x = 1')
    with pytest.raises(ValueError, match=r'config\.py: has no model'):
        run(tmp_path / 'config.py', tmp_path / 'a.pt2')


@pytest.mark.parametrize('out, options, error, message', [
    ('file/a.pt2', [], ValueError, r'^the folder of --out file: cannot be made .*\(File exists\)'),
    ('a.onnx', [], ValueError, r'a.onnx: must end in .pt2. Fix: --out a.pt2'),
    ('a.pt2', ['--shape', 0, 64], ValueError, '1 images of 0 x 64: must be at least one'),
    ('a.pt2', ['--check-shapes', '0x8x64'], ValueError, '0 images of 8 x 64: must be'),
    ('folder.pt2', [], IsADirectoryError, 'folder.pt2: is a folder. Fix: name a file in it'),
    ('a.pt2', ['gone.pth'], FileNotFoundError, "checkpoint 'gone.pth': no such file. Fix: ")])
def test_wrong_arguments_are_sentences(config, tmp_path, monkeypatch, capsys, out, options,
                                       error, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'folder.pt2').mkdir()
    (tmp_path / 'file').touch()
    with pytest.raises(error, match=message):
        run(config, out, *options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['file', 'folder.pt2']
    # Nothing was built for it, so nothing is said of random weights.
    assert not capsys.readouterr().out


@pytest.mark.parametrize('folder', ['new/er', '.'])
def test_the_folder_is_made(config, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    assert run(config, f'{folder}/a.pt2', '--check-shapes', '1x33x57')
    assert [path.name for path in (tmp_path / folder).iterdir()] == ['a.pt2']


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs a device that is always full')
def test_a_full_disk_leaves_no_file(config, tmp_path):
    # Where torch itself writes to the file, this ends the process.
    (tmp_path / 'unfinished-a.pt2').symlink_to('/dev/full')
    with pytest.raises(OSError):
        run(config, tmp_path / 'a.pt2', '--check-shapes', '1x33x57')
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('text', ['64x64', '1x64x-3', 'axbxc', '1x2x3x4'])
def test_a_check_shape_has_three_numbers(config, text, capsys):
    with pytest.raises(SystemExit):
        arguments(config, 'a.pt2', f'--check-shapes={text}')
    assert f'{text!r}: must be images x height x width' in capsys.readouterr().err


def test_a_model_that_cannot_be_run_says_why(segmentor):
    model = ExportableSegmentor(segmentor())

    def forward(features):
        raise ValueError('two maps: must be one. Fix: drop one.')

    model.segmentor.decode_head.forward = forward
    with pytest.raises(ValueError, match='^the model cannot be run: two maps: must .* drop one.$'):
        trace(model, (48, 80))


def test_a_model_that_looks_at_pixels_cannot_be_traced(segmentor):
    model = ExportableSegmentor(segmentor())
    head = model.segmentor.decode_head
    forward = head.forward
    head.forward = lambda features: forward(features) * (2 if features[0].sum() > 0 else 1)
    with pytest.raises(ValueError, match='cannot be traced for images of any size .*Fix: trace'):
        trace(model, (48, 80))


def test_too_old_a_torch_is_named(segmentor, monkeypatch):
    monkeypatch.delattr(symbolic, 'backed_size_oblivious')
    with pytest.raises(ImportError, match=f'torch {re.escape(torch.__version__)}: too old .*Fix: '):
        trace(ExportableSegmentor(segmentor()), (48, 80))


def test_a_missing_package_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec',
                        lambda name: None if name == 'onnxruntime' else find(name))
    with pytest.raises(ImportError, match='onnxruntime, not .* pip install onnxruntime$'):
        require_onnx()
