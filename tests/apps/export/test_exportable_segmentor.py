"""The exported function of pixels is what MMSeg does with images on their way to labels."""
from __future__ import annotations

import pytest
import torch
from mmseg.structures import SegDataSample

from mmseg_nrd.apps.export.segmentor import ExportableSegmentor

SIZES = [(1, 48, 80), (2, 33, 57), (3, 41, 40)]
CHANGES = {
    'bgr': {},
    'rgb': {'data_preprocessor.bgr_to_rgb': False},
    'unnormalised': {'data_preprocessor.mean': None, 'data_preprocessor.std': None},
    'one-channel': {'decode_head.out_channels': 1, 'decode_head.num_classes': 2,
                    'decode_head.threshold': 0.6,
                    'decode_head.loss_decode': dict(type='CrossEntropyLoss', use_sigmoid=True)},
    'align-corners': {'decode_head.align_corners': True},
    'padded': {'data_preprocessor.test_cfg': dict(size_divisor=32),
               'data_preprocessor.pad_val': 7},
    # MMSeg swaps the colours of three channels only.
    'six-channel-images': {'backbone.channels': 6, 'data_preprocessor.mean': [*range(90, 96)],
                           'data_preprocessor.std': [*range(50, 56)]},
}


@torch.no_grad()
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('changes', CHANGES.values(), ids=CHANGES)
def test_equals_the_test_step_of_mmseg(segmentor, changes, size):
    model = segmentor(**{f'model.{key}': value for key, value in changes.items()})
    channels, shape = model.backbone.conv.in_channels, size[1:]
    images = torch.randint(256, (size[0], channels, *shape), dtype=torch.uint8)
    samples = [SegDataSample(metainfo=dict(ori_shape=shape, img_shape=shape)) for _ in images]
    expected = model.test_step(dict(inputs=list(images), data_samples=samples))
    # MMSeg overwrites one channel's logits by its probabilities.
    logits = ExportableSegmentor(model)(images)
    scores = logits.sigmoid() if logits.shape[1] == 1 else logits
    labels = ExportableSegmentor(model, labels=True)(images)
    assert logits.dtype == torch.float32 and labels.dtype == torch.int64
    for score, label, sample in zip(scores, labels, expected):
        torch.testing.assert_close(score, sample.seg_logits.data)
        assert torch.equal(label, sample.pred_sem_seg.data[0].long())
    assert labels.unique().numel() > 1


def test_evaluates(segmentor):
    assert not any(module.training for module in ExportableSegmentor(segmentor().train()).modules())


@pytest.mark.parametrize('changes, message', [
    ({'.test_cfg': dict(size=(64, 96))}, 'size.*pads images to one size.*Fix: '),
    ({'': dict(_delete_=True, type='BaseDataPreprocessor')}, 'BaseDataPreprocessor.*Fix: ')])
def test_preprocessing_that_is_not_known_is_refused(segmentor, changes, message):
    model = segmentor(**{f'model.data_preprocessor{key}': each for key, each in changes.items()})
    with pytest.raises(ValueError, match=message):
        ExportableSegmentor(model)


def test_what_is_no_segmentor_is_refused():
    with pytest.raises(ValueError, match='Linear: must be an EncoderDecoder'):
        ExportableSegmentor(torch.nn.Linear(1, 1))
