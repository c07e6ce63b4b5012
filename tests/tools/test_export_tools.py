"""tools/export_onnx.py and tools/export_torch.py as a user runs them."""
from __future__ import annotations

import onnxruntime
import pytest
from street_scene_configs import CONFIGS, NRD
from tracing_cases import needs_tracing

pytestmark = needs_tracing
GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
GUM = CONFIGS.parent / 'gun' / 'gum_nrd_r50_4xb4-84k_cityscapes-512x1024.py'
SMALL = ('--shape', 96, 160)


@pytest.mark.parametrize('config', [
    pytest.param(NRD, id='nrd'), pytest.param(GUN, id='gun', marks=pytest.mark.slow),
    pytest.param(GUM, id='gum', marks=pytest.mark.slow)])
def test_onnx(tool, tmp_path, config):
    printed = tool('export_onnx', config, '--out', tmp_path / 'a.onnx', '--labels', *SMALL)
    assert [line.split(':')[0] for line in printed.splitlines() if 'of logits up to' in line] == [
        '1 x 3 x 96 x 160', '2 x 3 x 73 x 81', '1 x 3 x 49 x 121']
    assert 'Traceback' not in printed and 'Warning' not in printed
    output, = onnxruntime.InferenceSession(tmp_path / 'a.onnx').get_outputs()
    assert (output.name, output.type) == ('labels', 'tensor(int64)')


@pytest.mark.slow
@pytest.mark.parametrize('config', [NRD, GUN, GUM], ids=['nrd', 'gun', 'gum'])
def test_torch(tool, tmp_path, config):
    printed = tool('export_torch', config, '--out', tmp_path / 'a.pt2', *SMALL)
    assert printed.count('maximum difference 0.0e+00') == 3
    assert 'Traceback' not in printed and 'Warning' not in printed


def test_a_wrong_opset_is_a_sentence(tool, tmp_path):
    printed = tool('export_onnx', NRD, '--out', tmp_path / 'a.onnx', '--opset', 11, status=1)
    assert printed.strip().splitlines()[-1].startswith('error: opset 11: must be 18 or newer')
    assert 'Traceback' not in printed
