"""Every decode head in a whole model: whole, sliding and augmented inference."""
from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from contract import HEADS, each, each_way_of_corners
from mmseg.models import SegTTAModel
from mmseg.registry import TRANSFORMS
from nrd_cases import samples

SIZES = [(64, 96), (33, 65), (1, 1)]


def resized(model, images, size, align_corners=False):
    """The logits of ``images`` at ``size``, by hand."""
    return F.interpolate(model(images), size, mode='bilinear', align_corners=align_corners)


def scores(model, logits):
    """What MMSeg hands out as ``seg_logits``: of a single channel it is the sigmoid."""
    return logits if model.out_channels > 1 else logits.sigmoid()


def classes(row, result):
    """The largest of the scores (C, H, W), or whether the only one is over the threshold."""
    threshold = row.options.get('threshold')
    return result.argmax(dim=0) if threshold is None else (result > threshold).squeeze(0)


def contrasted(logits):
    """Logits over which every class wins somewhere; those of an untrained head are all alike."""
    return 3 * F.instance_norm(logits)


def assert_classes(sample, expected):
    torch.testing.assert_close(
        sample.pred_sem_seg.data.squeeze(0), expected, check_dtype=False, rtol=0, atol=0)


@torch.no_grad()
@each_way_of_corners(HEADS)
@pytest.mark.parametrize('size', SIZES, ids=str)
def test_whole_image(row, size, align_corners, device):
    model = row.segmentor(align_corners=align_corners).to(device).eval()
    images = torch.randn(2, 3, *size, device=device)
    expected = resized(model, images, size, align_corners)
    for result, logits in zip(model.predict(images, samples(size, device=device)), expected):
        torch.testing.assert_close(result.seg_logits.data, scores(model, logits))
        assert_classes(result, classes(row, result.seg_logits.data))


@torch.no_grad()
@each(HEADS)
def test_sliding_windows(row, device):
    model = row.segmentor(dict(mode='slide', crop_size=(32, 40), stride=(20, 24)))
    model.to(device).eval()
    size, images = (50, 75), torch.randn(2, 3, 50, 75, device=device)
    total, count = torch.zeros(2, model.out_channels, *size, device=device), torch.zeros(size)
    for top in (0, 18):
        for left in (0, 24, 35):
            window = (slice(top, top + 32), slice(left, left + 40))
            total[..., window[0], window[1]] += resized(
                model, images[..., window[0], window[1]], (32, 40))
            count[window] += 1
    for result, logits in zip(model.predict(images), total / count.to(device)):
        torch.testing.assert_close(result.seg_logits.data, scores(model, logits))


@torch.no_grad()
@each(HEADS)
def test_test_time_augmentation(row, device, monkeypatch):
    """The mean over scales and flips, each predicted alone."""
    model = row.segmentor().to(device).eval()
    forward = model.decode_head.forward
    monkeypatch.setattr(model.decode_head, 'forward', lambda levels: contrasted(forward(levels)))
    image = torch.randint(0, 256, (37, 70, 3), dtype=torch.uint8).numpy()
    augment = TRANSFORMS.build(dict(type='mmcv.TestTimeAug', transforms=[
        [dict(type='Resize', scale_factor=scale, keep_ratio=True) for scale in (0.5, 1., 1.75)],
        [dict(type='RandomFlip', prob=float(flip), direction='horizontal') for flip in (0, 1)],
        [dict(type='mmseg.PackSegInputs')]]))
    given = dict(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2], img_path='')
    augmented = augment(given)
    assert len(augmented['inputs']) == 6
    batch = {key: [[value] for value in values] for key, values in augmented.items()}
    [merged] = SegTTAModel(module=model).test_step(batch)

    total = 0
    for inputs, sample in zip(augmented['inputs'], augmented['data_samples']):
        pixels = model.data_preprocessor(dict(inputs=[inputs], data_samples=[sample]))['inputs']
        logits = resized(model, pixels, inputs.shape[1:])
        logits = logits.flip(-1) if sample.flip else logits
        logits = F.interpolate(logits, image.shape[:2], mode='bilinear', align_corners=False)[0]
        # MMSeg 1.2 takes the sigmoid of a single channel twice.
        total += logits.softmax(0) if model.out_channels > 1 else logits.sigmoid().sigmoid()
    expected = classes(row, total / 6)
    assert len(expected.unique()) == row.options['num_classes']
    assert_classes(merged, expected)
