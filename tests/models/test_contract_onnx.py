"""Every head, at the end of a segmentor, as an ONNX file for images of any size."""
from __future__ import annotations

from collections import Counter

import onnx
import pytest
import torch
from contract import HEADS, each
from contract_checks import assert_near

from mmseg_nrd.export import ExportableSegmentor, check, read_onnx, trace, write_onnx

SHAPES = ((1, 97, 131), (2, 161, 65), (3, 64, 224))


def exported(row, path, labels=False, opset=20, **changes):
    model = ExportableSegmentor(row.segmentor(**changes), labels)
    write_onnx(trace(model, (97, 131)), path, opset=opset)
    return model, read_onnx(path)


@torch.no_grad()
@each(HEADS, others_slow=True)
def test_an_onnx_file_equals_the_model(row, tmp_path):
    model, run = exported(row, tmp_path / 'model.onnx')
    for batch, height, width in SHAPES:
        images = torch.randint(256, (batch, 3, height, width), dtype=torch.uint8)
        assert_near(run(images), model(images))
    operators = Counter(node.op_type for node in onnx.load(tmp_path / 'model.onnx').graph.node)
    assert operators['GridSample'] == (row.config['type'] == 'GuidedUpsamplingHead')
    # Nothing but the standard's own operators.
    assert not onnx.load(tmp_path / 'model.onnx').functions


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
