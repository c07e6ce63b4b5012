"""The comparison of a file with its model finds what is wrong, and only that."""
from __future__ import annotations

import math

import pytest

from mmseg_nrd.apps.export import check
from mmseg_nrd.apps.export.check import shapes_around, tolerance
from mmseg_nrd.apps.export.segmentor import ExportableSegmentor

SHAPES = [(1, 48, 80), (2, 33, 57)]
ONE_CHANNEL = {'model.decode_head.out_channels': 1, 'model.decode_head.num_classes': 2,
               'model.decode_head.threshold': 0.6,
               'model.decode_head.loss_decode': dict(type='CrossEntropyLoss', use_sigmoid=True)}


def differences(model, run):
    return [difference for _, difference, _ in check(model, run, SHAPES)]


@pytest.mark.parametrize('changes', [{}, ONE_CHANNEL], ids=['classes', 'one-channel'])
@pytest.mark.parametrize('labels', [False, True])
def test_a_model_equals_itself(segmentor, labels, changes):
    model = ExportableSegmentor(segmentor(**changes), labels)
    assert differences(model, model) == [0, 0]


def test_the_largest_difference_of_a_single_logit_counts(segmentor):
    model = ExportableSegmentor(segmentor())

    def run(images):
        logits = model(images)
        logits[-1, 1, -1, -2] -= 0.5
        return logits

    assert differences(model, run) == pytest.approx([0.5, 0.5], abs=1e-5)
    shape, _, scale = next(check(model, run, SHAPES))
    assert shape == SHAPES[0] and scale > 0.1


@pytest.mark.parametrize('changes', [{}, ONE_CHANNEL], ids=['classes', 'one-channel'])
def test_a_wrong_label_counts_by_its_logit(segmentor, changes):
    """By how far that is below the highest, or, of one channel, from the threshold."""
    model = ExportableSegmentor(segmentor(**changes), labels=True)
    gaps = []

    def run(images):
        labels, scores = model(images), model.logits(images)[-1, :, 7, 5]
        if changes:
            labels[-1, 7, 5] = 1 - labels[-1, 7, 5]
            gaps.append(abs(scores.item() - math.log(0.6 / 0.4)))
        else:
            labels[-1, 7, 5] = scores.argmin()
            gaps.append((scores.max() - scores.min()).item())
        return labels

    assert differences(model, run) == pytest.approx(gaps, rel=1e-4) and min(gaps) > 1e-3


def test_nan_is_no_agreement(segmentor):
    model = ExportableSegmentor(segmentor())
    assert not any(difference <= 1e3 for difference in differences(
        model, lambda images: model(images) / 0 * 0))


@pytest.mark.parametrize('labels, wrong', [
    (False, lambda out: out[..., 1:]), (False, lambda out: out.double()),
    (True, lambda out: out[:, None]), (True, lambda out: out.int())])
def test_another_shape_or_dtype_is_refused(segmentor, labels, wrong):
    model = ExportableSegmentor(segmentor(), labels)
    with pytest.raises(ValueError, match='the file yields .*: must be .* Fix: '):
        differences(model, lambda images: wrong(model(images)))


@pytest.mark.parametrize('size', [(512, 1024), (64, 64), (97, 33)])
def test_the_sizes_that_are_tried_differ_in_kind(size):
    shapes = shapes_around(size)
    assert shapes[0] == (1, *size) and len(set(shapes)) == 3
    assert {batch for batch, _, _ in shapes} == {1, 2}
    for _, height, width in shapes[1:]:
        assert height % 2 and width % 2 and height != width
        assert height <= size[0] + 1 and width <= size[1] + 1


def test_small_logits_need_a_small_difference():
    assert [tolerance(scale) for scale in (0.1, 5, 10, 1000)] == pytest.approx(
        [1e-5, 5e-4, 1e-3, 1e-3])
    assert [tolerance(scale, most=0.01) for scale in (0.1, 50, 1000)] == pytest.approx(
        [1e-5, 5e-3, 1e-2])
