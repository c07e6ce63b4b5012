from __future__ import annotations

import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmseg.registry import METRICS

from mmseg_nrd.apps.compare.metric import choose_metric


@METRICS.register_module()
class SharesOfImages(BaseMetric):
    """Numbers of every kind, and what is no single number."""

    def process(self, data_batch, data_samples):
        self.results.extend(data_samples)

    def compute_metrics(self, results):
        return dict(count=len(results), share=torch.tensor(0.5), names=['a'], each=torch.ones(2))


IOU = dict(type='IoUMetric', iou_metrics=['mIoU'])
DICE = dict(type='IoUMetric', iou_metrics=['mDice'])


@pytest.mark.parametrize('evaluator, wanted, chosen', [
    (IOU, None, 'mIoU'),
    (IOU, 'mAcc', 'mAcc'),
    (DICE, 'mDice', 'mDice'),
    (dict(prefix='val', **IOU), None, 'val/mIoU'),
    ([IOU, dict(type='SharesOfImages')], None, 'mIoU'),
    (dict(metrics=[dict(type='SharesOfImages')]), 'share', 'share'),
])
def test_the_score_is_what_is_wanted_or_miou(evaluator, wanted, chosen, toy):
    cfg = toy()
    cfg.test_evaluator = evaluator
    assert choose_metric(dict(toy=cfg), wanted) == chosen


@pytest.mark.parametrize('evaluator, wanted, there', [
    (DICE, None, ('aAcc', 'mDice', 'mAcc')),
    (IOU, 'mDice', ('aAcc', 'mIoU', 'mAcc')),
    (dict(type='SharesOfImages'), 'names', ('count', 'share')),
])
def test_a_score_that_is_not_there_is_refused_with_those_that_are(evaluator, wanted, there, toy):
    cfg = toy()
    cfg.test_evaluator = evaluator
    with pytest.raises(ValueError, match=f'--metric={wanted}') as refused:
        choose_metric(dict(toy=cfg), wanted)
    assert str(list(there)) in str(refused.value)


def test_only_a_score_of_every_config_will_do(toy):
    dice = toy()
    dice.test_evaluator = DICE
    with pytest.raises(ValueError, match=r"\['aAcc', 'mAcc'\]"):
        choose_metric(dict(iou=toy(), dice=dice))
