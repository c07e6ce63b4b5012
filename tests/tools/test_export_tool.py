"""tools/export.py as a user runs it."""
from __future__ import annotations

import json

import cv2
import numpy as np
import onnxruntime
import pytest
import torch
from mmseg.apis import inference_model, init_model
from street_scene_configs import CONFIGS, NRD
from tracing_cases import TINY, needs_tracing

pytestmark = needs_tracing
GUN = CONFIGS / 'gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
GUM = CONFIGS.parent / 'gun' / 'gum_nrd_r50_4xb4-84k_cityscapes-512x1024.py'
UPSTREAM = 'mmseg::fcn/fcn_r18-d8_4xb2-80k_cityscapes-512x1024.py'


@pytest.mark.parametrize('config, ending', [
    pytest.param(config, ending, id=f'{name}{ending}', marks=marks)
    for name, config, ending, marks in (
        ('tiny', None, '.onnx', ()), ('nrd', NRD, '.onnx', pytest.mark.slow),
        ('nrd', NRD, '.pt2', pytest.mark.slow),
        ('gun', GUN, '.onnx', pytest.mark.slow), ('gun', GUN, '.pt2', pytest.mark.slow),
        ('gum', GUM, '.onnx', pytest.mark.slow), ('gum', GUM, '.pt2', pytest.mark.slow),
        ('upstream', UPSTREAM, '.pt2', pytest.mark.slow))])
def test_what_is_printed_and_written(tool, tmp_path, config, ending):
    out = tmp_path / f'a{ending}'
    tiny = tmp_path / 'tiny.py'
    tiny.write_text(TINY)
    printed = tool('export', config or tiny, '--out', out, '--labels', '--shape', 96, 160)
    assert [line.split(':')[0] for line in printed.splitlines() if 'difference' in line] == [
        '1 x 3 x 96 x 160', '2 x 3 x 73 x 81', '1 x 3 x 49 x 121']
    # What is done, that weights are random, what is written, three checks and the file, and of
    # the tiny one that its classes have no names: no word of the exporters.
    beside = tmp_path / f'a{ending}.json'
    assert len(printed.splitlines()) == 7 + (config is None)
    assert sorted(tmp_path.iterdir()) == [out, beside, tiny]
    about = json.loads(beside.read_text())
    assert about['output'] == 'labels' and about['channel_order'] == 'BGR'
    assert len(about['classes']) == len(about['palette']) == (3 if config is None else 19)
    if ending == '.onnx':
        output, = onnxruntime.InferenceSession(out).get_outputs()
        assert (output.name, output.type) == ('labels', 'tensor(int64)')


def test_a_file_labels_alone_as_mmseg_does(call, tmp_path):
    """From a checkpoint with names of its own to labels, by export.py and label.py."""
    (tmp_path / 'tiny.py').write_text(TINY)
    torch.manual_seed(0)
    model = init_model(str(tmp_path / 'tiny.py'), device='cpu')
    torch.nn.init.normal_(model.decode_head.conv_seg.weight)
    meta = dict(classes=('one', 'two', 'three'), palette=[[9, 0, 0], [0, 9, 0], [0, 0, 9]])
    torch.save(dict(state_dict=model.state_dict(), meta=dict(dataset_meta=meta)),
               tmp_path / 'a.pth')
    image = np.random.default_rng(1).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'image.png'), image)
    call('export', tmp_path / 'tiny.py', tmp_path / 'a.pth', '--out', tmp_path / 'a.onnx',
         '--shape', 32, 48)
    about = json.loads((tmp_path / 'a.onnx.json').read_text())
    assert about['classes'] == ['one', 'two', 'three'] and about['palette'] == meta['palette']
    call('label', tmp_path / 'a.onnx', tmp_path / 'image.png', '--out', tmp_path / 'out')
    model.cfg.test_pipeline = [dict(type='LoadImageFromNDArray'), dict(type='PackSegInputs')]
    expected = inference_model(model, image).pred_sem_seg.data[0].numpy()
    assert len(np.unique(expected)) > 1
    found = cv2.imread(str(tmp_path / 'out' / 'labels' / 'image.png'), cv2.IMREAD_UNCHANGED)
    assert (found == expected).mean() > 0.999
