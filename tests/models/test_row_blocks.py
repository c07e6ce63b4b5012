"""Labels in blocks of rows against MMSeg's own path, which holds all logits at once."""
from __future__ import annotations

import pytest
import torch
from contract_checks import randomise
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

BACKBONE = dict(
    type='ResNetV1c', depth=18, base_channels=8, stem_channels=8, num_stages=4,
    out_indices=(0, 1, 2, 3), norm_cfg=dict(type='BN'))
HEAD = dict(
    type='NRDHead', in_channels=64, in_index=3, channels=8, num_classes=3, c1_in_channels=8,
    c1_channels=6, norm_cfg=dict(type='BN'), align_corners=False)


def segmentor(type_, rows=None, **changes):
    test_cfg = dict(mode='whole') if rows is None else dict(mode='whole', rows=rows)
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(dict(
            type=type_, backbone=BACKBONE, decode_head={**HEAD, **changes},
            test_cfg=ConfigDict(test_cfg))).eval()


def pair(rows, **changes):
    """The same model twice: MMSeg's path and ours."""
    plain = randomise(segmentor('EncoderDecoder', **changes))
    # Weights that depend on the place, or the whole image gets one label.
    torch.nn.init.normal_(plain.decode_head.controller[1].weight)
    torch.nn.init.zeros_(plain.decode_head.controller[1].bias)
    blocks = segmentor('RowBlockEncoderDecoder', rows, **changes)
    blocks.load_state_dict(plain.state_dict())
    return plain, blocks


def samples(metas):
    return [SegDataSample(metainfo=meta) for meta in metas]


def assert_same_labels(plain, blocks, image, metas):
    expected = plain.predict(image, samples(metas) if metas else None)
    got = blocks.predict(image, samples(metas) if metas else None)
    assert len(got) == len(expected) == len(image)
    for ours, theirs in zip(got, expected):
        labels, reference = ours.pred_sem_seg.data, theirs.pred_sem_seg.data
        assert labels.shape == reference.shape and labels.dtype == reference.dtype
        assert len(reference.unique()) > 1
        logits = theirs.seg_logits.data
        if len(logits) == 1:
            close_call = (logits[0] - plain.decode_head.threshold).abs() < 1e-5
        else:
            best = logits.topk(2, dim=0).values
            close_call = best[0] - best[1] < 1e-4 * logits.abs().max()
        assert ((labels == reference)[0] | close_call).all()
        assert close_call.float().mean() < 0.05


@torch.no_grad()
@pytest.mark.parametrize('rows', [1, 7, 40, 1000])
@pytest.mark.parametrize('size', [(96, 64), (65, 130), (33, 65), (1, 1)], ids=str)
def test_labels_equal_those_of_the_plain_path(size, rows, device):
    plain, blocks = (model.to(device) for model in pair(rows))
    if size == (1, 1):
        expected, got = (model.predict(torch.ones(1, 3, 1, 1, device=device))[0].pred_sem_seg
                         for model in (plain, blocks))
        assert torch.equal(got.data, expected.data)
    else:
        assert_same_labels(plain, blocks, torch.randn(2, 3, *size, device=device), None)


@torch.no_grad()
@pytest.mark.parametrize('changes', [
    dict(align_corners=True), dict(scale_factor=2), dict(scale_factor=4), dict(c1_in_channels=0),
    dict(scale_factor=3, c1_in_channels=0), dict(c1_index=1, c1_in_channels=16, patch_size=4),
    dict(norm_cfg=None), dict(num_classes=2, out_channels=1, threshold=0.4),
], ids=str)
def test_with_any_head(changes):
    plain, blocks = pair(11, **changes)
    assert_same_labels(plain, blocks, torch.randn(1, 3, 150, 171), None)


@torch.no_grad()
@pytest.mark.parametrize('meta', [
    dict(ori_shape=(70, 45), pad_shape=(96, 64), padding_size=[0, 19, 0, 26]),
    dict(ori_shape=(40, 90), img_shape=(75, 52), pad_shape=(96, 64), padding_size=[3, 9, 5, 16]),
    # As slide inference leaves it; sizes win over padding.
    dict(img_shape=torch.Size((96, 64)), pad_shape=(128, 128), ori_shape=(70, 50)),
    dict(ori_shape=(200, 120), img_padding_size=[1, 2, 3, 4]),
    dict(ori_shape=(50, 33), flip=True, flip_direction='horizontal'),
    dict(ori_shape=(50, 33), flip=True, flip_direction='vertical'),
], ids=str)
@pytest.mark.parametrize('align_corners', [False, True])
def test_padding_flips_and_original_sizes(meta, align_corners):
    plain, blocks = pair(16, align_corners=align_corners)
    meta = {'img_shape': (96, 64), **meta}
    assert_same_labels(plain, blocks, torch.randn(2, 3, 96, 64), [meta, meta])


@torch.no_grad()
def test_images_of_different_original_sizes():
    plain, blocks = pair(16)
    metas = [dict(img_shape=(64, 64), ori_shape=shape) for shape in ((64, 64), (99, 31))]
    assert_same_labels(plain, blocks, torch.randn(2, 3, 64, 64), metas)


@torch.no_grad()
def test_a_block_is_all_that_is_held(monkeypatch):
    _, blocks = pair(32, num_classes=40)
    decode, decoded = blocks.decode_head.decode, []
    monkeypatch.setattr(
        blocks.decode_head, 'decode',
        lambda *args: decoded.append(decode(*args)) or decoded[-1])
    blocks.predict(torch.randn(1, 3, 320, 64))
    assert len(decoded) == 10
    # 32 rows of labels are 8 of logits: one row of places, and one above and below it.
    assert max(logits.shape[2] for logits in decoded) <= 3 * 8


@pytest.mark.parametrize('changes, message', [
    (dict(test_cfg=dict(mode='slide')), r"test_cfg\.mode='slide'.*whole image.*Fix"),
    (dict(test_cfg=dict(mode='whole', rows=0)), r'test_cfg\.rows=0.*at least 1.*Fix'),
    (dict(decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels=8, num_classes=3)),
     r'decode_head\.type=FCNHead.*NRDHead.*Fix'),
    (dict(decode_head=dict(HEAD, norm_cfg=dict(type='GN', num_groups=2))),
     r'GroupNorm looks at the whole map.*Fix'),
    (dict(decode_head=dict(HEAD, norm_cfg=dict(type='BN', track_running_stats=False))),
     r'BatchNorm2d looks at the whole map.*Fix'),
], ids=['mode', 'rows', 'head', 'norm', 'statistics'])
def test_refuses_what_it_cannot_do(changes, message):
    cfg = dict(type='RowBlockEncoderDecoder', backbone=BACKBONE, decode_head=HEAD,
               test_cfg=dict(mode='whole'))
    with DefaultScope.overwrite_default_scope('mmseg'), pytest.raises(ValueError, match=message):
        MODELS.build({**cfg, **changes})


@torch.no_grad()
@pytest.mark.parametrize('metas, message', [
    ([dict(flip=True, flip_direction='diagonal')] * 2, r"flip_direction='diagonal'.*Fix"),
    ([dict(flip=True)] * 2, r'flip_direction=None.*Fix'),
    ([dict()], r'1 data samples for 2 images.*Fix'),
    ([dict()] * 3, r'3 data samples for 2 images.*Fix'),
], ids=['diagonal', 'no direction', 'too few', 'too many'])
def test_refuses_meta_information_that_does_not_fit(metas, message):
    _, blocks = pair(16)
    metas = [dict(img_shape=(64, 64), ori_shape=(64, 64), **meta) for meta in metas]
    with pytest.raises(ValueError, match=message):
        blocks.predict(torch.randn(2, 3, 64, 64), samples(metas))


@torch.no_grad()
def test_refuses_to_predict_while_training():
    _, blocks = pair(16)
    with pytest.raises(ValueError, match=r'training mode.*Fix: model\.eval\(\)'):
        blocks.train()
        blocks.predict(torch.randn(1, 3, 64, 64))
