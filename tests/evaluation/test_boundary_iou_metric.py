from __future__ import annotations

import math
import statistics
import time
import warnings

import numpy as np
import pytest
import torch
from boundary_cases import IGNORED, build, evaluate, labels, random_labels, sample
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_cases import LAYOUTS, laid_out
from mmengine.evaluator import Evaluator
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from reference import boundary_overlap, trimap_overlap


def with_square(height, width, top, left, side):
    picture = np.zeros((height, width), int)
    picture[top:top + side, left:left + side] = 1
    return picture


def test_identical_masks_give_100():
    picture = with_square(12, 16, 3, 4, 5)
    picture[0, :5] = IGNORED
    pred = np.where(picture == IGNORED, 1, picture)
    assert evaluate((pred, picture), trimap_widths=(1, 3)) == dict(
        mBIoU=100., mTrimapIoU_1px=100., mTrimapIoU_3px=100.)


@pytest.mark.parametrize('d', [1, 2, np.int64(3)])
def test_a_square_shifted_by_d(d):
    """Regions of width d, a square of side 5d, moved by d.

    Of the square's ring, 4d(s - d) pixels with s = 5d, the two sides along the shift agree in
    2d(s - d) pixels: a third of the union. The background has the image's frame and the ring
    around the square, 4d(s + d), which agrees in 2d(s + d).
    """
    side, height, width = 5 * d, 9 * d, 12 * d
    truth = with_square(height, width, 2 * d, 2 * d, side)
    pred = with_square(height, width, 2 * d, 3 * d, side)
    frame = height * width - (height - 2 * d) * (width - 2 * d)
    background = (frame + 2 * d * (side + d)) / (frame + 6 * d * (side + d))
    expected = round(100 * (1 / 3 + background) / 2, 2)
    assert evaluate((pred, truth), dilation=d) == dict(mBIoU=expected)


def test_trimap_by_hand():
    """The contour lies at columns 2 and 3; the band of width 1 holds columns 1 to 4."""
    truth, pred = labels('0001111'), labels('0011110')
    # class 0: columns 1 of 1, 2; class 1: columns 3, 4 of 2, 3, 4. Then 0 to 5, then all.
    assert evaluate((pred, truth), trimap_widths=[1, 2, 3], dilation=9) == dict(
        mBIoU=round(100 * (2 / 4 + 3 / 5) / 2, 2),
        mTrimapIoU_1px=58.33,
        mTrimapIoU_2px=round(100 * (2 / 3 + 3 / 4) / 2, 2),
        mTrimapIoU_3px=55.)


def test_a_class_that_never_occurs_is_left_out_and_one_that_is_made_up_counts():
    truth = with_square(9, 9, 3, 3, 3)
    assert evaluate((truth, truth), num_classes=5) == dict(mBIoU=100.)
    made_up = np.where(truth == 1, 2, truth)
    # 0 is right everywhere, 1 and 2 nowhere.
    assert evaluate((made_up, truth), num_classes=5) == dict(mBIoU=33.33)


def test_all_ignored_is_nan_without_a_warning():
    truth = np.full((4, 6), IGNORED)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        result = evaluate((np.zeros_like(truth), truth), trimap_widths=(2,))
    assert set(result) == {'mBIoU', 'mTrimapIoU_2px'}
    assert all(math.isnan(value) for value in result.values())
    # One such image changes nothing.
    image = with_square(7, 8, 2, 2, 3), with_square(7, 8, 2, 3, 3)
    assert evaluate(image, (np.zeros_like(truth), truth)) == evaluate(image)


@pytest.mark.parametrize('ignore_index', [0, 2, -100])
def test_ignore_index(ignore_index):
    pred, truth = random_labels(4, 15, 20, num_classes=4)
    assert (pred == 2).any() and (truth == 2).any()
    moved = np.where(truth == IGNORED, ignore_index, np.where(truth == ignore_index, 99, truth))
    usual = np.where(truth == ignore_index, 99, truth)
    assert evaluate((pred, moved), num_classes=4, ignore_index=ignore_index, dilation=1) == \
        evaluate((pred, usual), num_classes=4, dilation=1)


def test_the_ratio_decides_unless_the_pixels_are_given():
    image = with_square(30, 40, 5, 5, 20), with_square(30, 40, 5, 7, 20)
    of = {distance: evaluate(image, dilation=distance)['mBIoU'] for distance in (1, 2, 5)}
    assert len(set(of.values())) == 3
    assert evaluate(image)['mBIoU'] == of[1]
    assert evaluate(image, dilation_ratio=0.04)['mBIoU'] == of[2]
    assert evaluate(image, dilation_ratio=0.04, dilation=5)['mBIoU'] == of[5]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2 ** 31), height=st.integers(1, 9), width=st.integers(1, 9),
       num_classes=st.integers(1, 4), distance=st.integers(1, 3))
def test_equals_the_loops(seed, height, width, num_classes, distance):
    images = [random_labels(seed, height, width, num_classes),
              random_labels(seed + 1, width, height + 2, num_classes)]
    sums = [[np.array(count(pred.tolist(), truth.tolist(), num_classes, distance, IGNORED))
             for pred, truth in images] for count in (boundary_overlap, trimap_overlap)]
    got = evaluate(*images, num_classes=num_classes, dilation=distance, trimap_widths=[distance])
    for (one, two), value in zip(sums, got.values()):
        shares = [100 * part / whole for part, whole in (one + two).tolist() if whole]
        np.testing.assert_allclose(value, np.mean(shares) if shares else math.nan, atol=0.0051)
    assert list(got) == ['mBIoU', f'mTrimapIoU_{distance}px']


@given(seed=st.integers(0, 99), height=st.integers(1, 9), width=st.integers(1, 9),
       dtypes=st.tuples(*2 * [st.sampled_from([torch.uint8, torch.int16, torch.int64,
                                               torch.float32, torch.float16,
                                               torch.bfloat16])]),
       layout=st.sampled_from(LAYOUTS), num_classes=st.sampled_from([4, 300]))
def test_dtypes_and_memory_layouts_change_nothing(seed, height, width, dtypes, layout,
                                                  num_classes):
    images = random_labels(seed, height, width, num_classes=4)
    typed = [laid_out(torch.as_tensor(image)[None, None].to(dtype), layout)[0, 0]
             for image, dtype in zip(images, dtypes)]
    np.testing.assert_equal(*(
        evaluate(pair, num_classes=num_classes, trimap_widths=[1]) for pair in (typed, images)))


@pytest.mark.parametrize('num_classes', [2, 254, 255, 256, 300])
def test_all_numbers_of_classes(num_classes):
    """Labels above 255, and classes 254 and 255 beside pixels that are no class."""
    last = num_classes - 1
    truth = np.where(with_square(9, 9, 2, 2, 4), last, 0)
    pred = np.where(with_square(9, 9, 2, 3, 4), last, 0)
    expected = evaluate((with_square(9, 9, 2, 3, 4), with_square(9, 9, 2, 2, 4)), dilation=1)
    truth[0, 0] = -100
    assert evaluate((pred, truth), num_classes=num_classes, dilation=1,
                    ignore_index=-100)['mBIoU'] != expected['mBIoU']
    truth[0, 0] = pred[0, 0] = 0
    arguments = dict(num_classes=num_classes, dilation=1, ignore_index=-100)
    assert evaluate((pred, truth), **arguments) == expected
    no_class = [np.where(each == 0, stray, each) for each, stray in zip((pred, truth), (-7, 999))]
    assert evaluate(no_class, **arguments) == dict(mBIoU=33.33)


@pytest.mark.parametrize('everything', [dict(dilation=99), dict(trimap_widths=[99])], ids=str)
def test_with_regions_that_hold_everything_it_is_mmsegs_iou(everything):
    images = [random_labels(seed, 20, 30, num_classes=5) for seed in range(3)]
    ours = evaluate(*images, num_classes=5, **everything)
    theirs = evaluate(*images, num_classes=5, kind='IoUMetric')
    assert list(ours.values())[-1] == pytest.approx(theirs['mIoU'], abs=0.011)
    assert theirs['mIoU'] > 10


@pytest.mark.parametrize('size', [(1, 1), (1, 5), (5, 1), (1, 2)], ids=str)
@pytest.mark.parametrize('channel', [(), (1,)], ids=['H-W', '1-H-W'])
def test_tiny_images_with_or_without_a_channel(size, channel):
    truth = torch.ones(*channel, *size, dtype=torch.long)
    metric = build(trimap_widths=[1])
    metric.process(None, [dict(pred_sem_seg=dict(data=truth.clone()),
                               gt_sem_seg=dict(data=truth))])
    (counts,) = metric.results
    np.testing.assert_array_equal(counts, [[[0, truth.numel()]] * 2, [[0, 0]] * 2])


def test_nothing_given_is_changed():
    pred, truth = random_labels(5, 9, 9, num_classes=3)
    given_sample = sample(pred.copy(), truth.copy())
    build(3, trimap_widths=[1]).process(None, [given_sample])
    np.testing.assert_array_equal(given_sample['pred_sem_seg']['data'][0], pred)
    np.testing.assert_array_equal(given_sample['gt_sem_seg']['data'][0], truth)


def test_a_row_for_each_class(monkeypatch):
    lines = []
    monkeypatch.setattr('mmseg_nrd.evaluation.boundary_iou_metric.print_log',
                        lambda text, logger: lines.append(text))
    pred, truth = labels('0111'), labels('0001')
    evaluate((pred, truth), dilation=4, trimap_widths=[1], num_classes=3)
    assert lines[0] == 'per class results:'
    cells = [[cell.strip() for cell in line.split('|')[1:-1]]
             for line in lines[1].splitlines() if '|' in line]
    assert cells == [['Class', 'BIoU', 'TrimapIoU_1px'], ['class 0', '33.33', '0.0'],
                     ['class 1', '33.33', '33.33'], ['class 2', 'nan', 'nan']]


def seg_data_sample(pred, truth):
    done = SegDataSample()
    done.set_data(dict(pred_sem_seg=PixelData(data=torch.as_tensor(pred)[None]),
                       gt_sem_seg=PixelData(data=torch.as_tensor(truth)[None])))
    return done


def test_beside_mmsegs_metric_in_one_evaluator():
    evaluator = Evaluator([
        dict(type='mmseg.IoUMetric', iou_metrics=['mIoU', 'mFscore']),
        dict(type='mmseg.BoundaryIoUMetric', dilation=1, trimap_widths=[2]),
        dict(type='mmseg.BoundaryIoUMetric', dilation=3, prefix='wide')])
    evaluator.dataset_meta = dict(classes=['ground', 'square'])
    images = [(with_square(14, 18, 3, 4 + shift, 6), with_square(14, 18, 3, 4, 6))
              for shift in range(3)]
    for round_number in range(2):  # nothing is left over from an evaluation before
        evaluator.process([seg_data_sample(*image) for image in images[:2]])
        evaluator.process([seg_data_sample(*images[2])])
        got = evaluator.evaluate(3)
        alone = evaluate(*images, dilation=1, trimap_widths=[2])
        wide = evaluate(*images, dilation=3)['mBIoU']
        assert set(got) == {'aAcc', 'mIoU', 'mAcc', 'mFscore', 'mPrecision', 'mRecall', 'mBIoU',
                            'mTrimapIoU_2px', 'wide/mBIoU'}, round_number
        assert {key: got[key] for key in alone} == alone and got['wide/mBIoU'] == wide
        assert len({got['mIoU'], got['mBIoU'], got['mTrimapIoU_2px'], got['wide/mBIoU']}) == 4


def test_a_result_for_each_image_as_collection_from_processes_needs_it():
    """mmengine puts the processes' results in the data set's order and drops what is too many."""
    images = [random_labels(seed, 9, 11, num_classes=3) for seed in range(3)]
    metric = build(3, dilation=1, trimap_widths=[1, 2])
    metric.process(None, [sample(*image) for image in [*images, images[0]]])
    assert [each.shape for each in metric.results] == [(3, 2, 3)] * 4
    assert metric.evaluate(3) == evaluate(
        *images, num_classes=3, dilation=1, trimap_widths=[1, 2])


@pytest.mark.parametrize('argument, values', [
    ('dilation_ratio', (0, 1.5, -0.1, math.nan, '2%', None, True)), ('dilation', (0, 1.5, True)),
    ('trimap_widths', (4, [1, 0], (2, 2), '12', [1.5])), ('ignore_index', (None, 255.))])
def test_refuses_a_bad_argument(argument, values):
    for value in values:
        with pytest.raises(ValueError, match=f'^{argument}='):
            build(**{argument: value})


def test_refuses_maps_of_different_sizes():
    with pytest.raises(ValueError, match=r'\(4, 6\) and gt_sem_seg of \(8, 12\)'):
        evaluate((np.zeros((4, 6), int), np.zeros((8, 12), int)))


@pytest.mark.parametrize('key', ['pred_sem_seg', 'gt_sem_seg'])
@pytest.mark.parametrize('data', [
    torch.zeros(19, 4, 6), torch.zeros(4), torch.zeros(1, 1, 4, 6), torch.full((1, 4, 6), 0.7),
    torch.full((1, 4, 6), math.nan)], ids=['logits', 'one-dim', 'four-dim', 'probabilities', 'nan'])
def test_refuses_what_is_no_label_map(key, data):
    wrong = {**sample(np.zeros((4, 6), int), np.zeros((4, 6), int)), key: dict(data=data)}
    with pytest.raises(ValueError, match=f'^{key} of '):
        build().process(None, [wrong])


@pytest.mark.slow
def test_at_most_three_times_the_time_of_mmsegs_metric():
    """On a frame of Cityscapes, in turns, so that other work falls on both."""
    images = [sample(*random_labels(seed, 1024, 2048, 19)) for seed in range(2)]
    metrics = [build(kind=kind, num_classes=19) for kind in ('IoUMetric', 'BoundaryIoUMetric')]
    ratios = []
    for _ in range(5):
        seconds = []
        for metric in metrics:
            begin = time.perf_counter()
            metric.process({}, images)
            seconds.append(time.perf_counter() - begin)
        ratios.append(seconds[1] / seconds[0])
    print('ratios in time', ratios)
    assert statistics.median(ratios) < 3
