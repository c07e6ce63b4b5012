"""The hook that lets guidance sample logits that are right."""
from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.registry import HOOKS, DefaultScope
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from reference import class_shares

import mmseg_nrd  # noqa: F401  (registers the hook)
from mmseg_nrd.hooks.true_logits import true_logits

CLASSES = 3


@pytest.mark.parametrize('labels,size', [((4, 6), (2, 3)), ((5, 7), (2, 3)), ((1, 1), (1, 1)),
                                         ((9, 4), (4, 4))])
def test_true_logits_are_the_shares_of_the_classes(labels, size):
    labels = torch.randint(0, CLASSES + 1, (2, *labels), generator=torch.manual_seed(0))
    labels[labels == CLASSES] = 255
    expected = [class_shares(label.tolist(), CLASSES, size) for label in labels]
    torch.testing.assert_close(true_logits(labels, CLASSES, size).exp() - 0.01,
                               torch.tensor(expected), atol=1e-6, rtol=1e-5)


def segmentor(**head):
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(
            type='EncoderDecoder', test_cfg=ConfigDict(mode='whole'), decode_head=head,
            backbone=dict(type='DRN', depth=22, base_channels=2, out_indices=(2, ))))


FCN = dict(type='FCNHead', in_channels=4, in_index=0, channels=4, num_convs=0,
           concat_input=False, num_classes=CLASSES, dropout_ratio=0)


def watched(model):
    HOOKS.build(dict(type='TrueLogitsHook')).before_run(SimpleNamespace(model=model))
    return model


@pytest.fixture
def model():
    return watched(segmentor(type='GuidedUpsamplingHead', guidance=None, scale_factor=2, head=FCN))


def sample(labels):
    return SegDataSample(gt_sem_seg=PixelData(data=labels[None]),
                         metainfo=dict.fromkeys(('img_shape', 'ori_shape', 'pad_shape'),
                                                tuple(labels.shape)))


def test_a_map_of_blocks_is_upsampled_without_fault_and_trains_nothing(model):
    labels = torch.randint(0, CLASSES, (4, 6)).repeat_interleave(8, 0).repeat_interleave(8, 1)
    images, samples = torch.randn(1, 3, *labels.shape), [sample(labels)]
    model.eval()
    with torch.no_grad():
        prediction = model(images, samples, mode='predict')[0].pred_sem_seg.data[0]
    # Bilinear upsampling moves the boundaries of 8 x 8 blocks by less than two pixels.
    assert (prediction == labels)[2::8, 2::8].all() and (prediction == labels)[5::8, 5::8].all()
    losses = model.train()(images, samples, mode='loss')
    losses['decode.loss_ce'].backward()
    assert losses['decode.loss_ce'] < 0.5
    assert all(parameter.grad is None or not parameter.grad.any()
               for parameter in model.parameters())


def test_a_second_run_of_the_runner_does_not_do_it_twice():
    hook = HOOKS.build(dict(type='TrueLogitsHook'))
    model = segmentor(type='GuidedUpsamplingHead', guidance=None, scale_factor=2, head=FCN)
    for _ in range(2):
        hook.before_run(SimpleNamespace(model=model))
        assert len(model._forward_pre_hooks) == len(model.decode_head.head._forward_hooks) == 1


def test_each_batch_is_answered_by_its_own_truth(model):
    images = torch.randn(1, 3, 16, 16)
    model.eval()
    for label in (2, 0):
        labels = torch.full((16, 16), label)
        with torch.no_grad():
            prediction = model(images, [sample(labels)], mode='predict')[0].pred_sem_seg.data[0]
        assert torch.equal(prediction, labels)


def test_images_without_truth_are_refused(model):
    with pytest.raises(ValueError, match='gt_sem_seg'):
        model(torch.randn(1, 3, 16, 16), [SegDataSample(metainfo=dict(img_shape=(16, 16)))],
              mode='predict')


def test_a_head_that_wraps_no_other_is_refused():
    with pytest.raises(ValueError, match='FCNHead'):
        watched(segmentor(**FCN))
