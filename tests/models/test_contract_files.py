"""Every head and encoder, in a segmentor, as files for images of any size."""
from __future__ import annotations

from collections import Counter
from dataclasses import replace

import onnx
import pytest
import torch
from contract import COMPONENTS, HEADS, TRACEABLE, Head, each
from contract_checks import assert_near, randomise
from mmseg.registry import MODELS
from tracing_cases import needs_tracing

from mmseg_nrd.apps.export import check, trace
from mmseg_nrd.apps.export.onnx_file import read_onnx, write_onnx
from mmseg_nrd.apps.export.segmentor import ExportableSegmentor
from mmseg_nrd.apps.export.trace import read_program, write_program

pytestmark = needs_tracing
FUSION = HEADS['GuidedUpsamplingHead-fusion']
ROWS = {**TRACEABLE, 'guidance-at-odd-sizes': replace(
    FUSION, config=dict(FUSION.config, scale_factor=4), strides=(4, 8, 16, 32, 1))}
TINY = ((1, 1, 1), (2, 3, 70))
SHAPES = ((1, 97, 131), (2, 161, 65), (3, 64, 224))


def whole(row, **changes):
    """A head behind the smallest encoder, or an encoder before the smallest head."""
    if isinstance(row, Head):
        return row.segmentor(**changes)
    # All levels at once, so that an error in the size of any shows.
    return randomise(MODELS.build(dict(
        type='EncoderDecoder', backbone=row.config, test_cfg=dict(mode='whole'),
        data_preprocessor=MODELS.build(dict(
            type='SegDataPreProcessor', mean=[127.5] * 3, std=[30.] * 3)),
        decode_head=dict(
            type='FCNHead', in_channels=row.widths, in_index=tuple(range(len(row.widths))),
            input_transform='resize_concat', channels=sum(row.widths), num_convs=0,
            concat_input=False, num_classes=3, align_corners=False))))


def exported(row, path, labels=False, opset=20, **changes):
    model = ExportableSegmentor(whole(row, **changes), labels)
    write_onnx(trace(model, (97, 131)), path, opset=opset)
    return model, read_onnx(path)


@torch.no_grad()
@pytest.mark.slow  # tests/apps/export has files for the fast tests
@each({**COMPONENTS, **ROWS})
def test_an_onnx_file_equals_the_model(row, tmp_path):
    model, run = exported(row, tmp_path / 'model.onnx')
    for batch, height, width in (*SHAPES, *TINY):
        images = torch.randint(256, (batch, 3, height, width), dtype=torch.uint8)
        assert_near(run(images), model(images))
    operators = Counter(node.op_type for node in onnx.load(tmp_path / 'model.onnx').graph.node)
    assert operators['GridSample'] == (row.config['type'] == 'GuidedUpsamplingHead')
    # Nothing but the standard's own operators.
    assert not onnx.load(tmp_path / 'model.onnx').functions


@torch.no_grad()
@each(ROWS, fast=['NRDHead'])
def test_a_saved_program_equals_the_model(row, tmp_path):
    model = ExportableSegmentor(whole(row))
    write_program(trace(model, (97, 131)), tmp_path / 'model.pt2')
    run = read_program(tmp_path / 'model.pt2')
    for batch, height, width in (*SHAPES, *TINY):
        images = torch.randint(256, (batch, 3, height, width), dtype=torch.uint8)
        assert_near(run(images), model(images))


@pytest.mark.slow
@pytest.mark.parametrize('options', [
    dict(labels=True), dict(opset=18), dict(align_corners=True)], ids=str)
@each({name: row for name, row in HEADS.items() if name != 'NRDHead-finer'})
def test_an_onnx_file_with_options_equals_the_model(row, options, tmp_path):
    model, run = exported(row, tmp_path / 'model.onnx', **options)
    for _, difference, scale in check(model, run, SHAPES):
        assert difference <= 1e-4 * scale


@pytest.mark.slow
def test_nearest_sampling(tmp_path):
    row = HEADS['GuidedUpsamplingHead']
    segmentor = row.segmentor()
    segmentor.decode_head.mode = 'nearest'
    model = ExportableSegmentor(segmentor)
    write_onnx(trace(model, (97, 131)), tmp_path / 'model.onnx')
    run = read_onnx(tmp_path / 'model.onnx')
    images = torch.randint(256, (2, 3, 161, 65), dtype=torch.uint8)
    with torch.no_grad():
        far = (run(images) - model(images)).abs().amax(dim=1) > 1e-4
    # A place on the border between two pixels may fall to either side.
    assert far.float().mean() < 0.01
