"""Which labels the heads of a config learn."""
from __future__ import annotations

import pytest

from mmseg_nrd.apps.cli.pipelines import head_faults, label_range


@pytest.mark.parametrize('model, expected', [
    (None, (None, 255)), (dict(backbone=1), (None, 255)),
    (dict(decode_head=dict(num_classes=19, ignore_index=0)), (19, 0)),
    (dict(decode_head=[dict(num_classes=2), dict(num_classes=5)]), (5, 255)),
    (dict(decode_head=dict(type='GuidedUpsamplingHead', head=dict(num_classes=8))), (8, 255))])
def test_the_range_is_that_of_the_decode_head(model, expected):
    assert label_range(model) == expected


def heads(auxiliary, decode=None) -> dict:
    return dict(decode_head=decode or dict(num_classes=7, ignore_index=250),
                auxiliary_head=auxiliary)


@pytest.mark.parametrize('model', [
    None, dict(), dict(decode_head=dict(type='Mine')), heads(None),
    heads(dict(num_classes=7, ignore_index=250)), heads(dict(ignore_index=250)),
    # What is no head, or no number, is refused where it is built.
    dict(decode_head=7), heads(dict(num_classes='7', ignore_index=250)),
    # It could learn labels that there are not; check_dataset.py tells.
    heads(dict(num_classes=9, ignore_index=250)),
    # STDC's learns boundaries, whose two labels it makes itself.
    heads([dict(type='STDCHead', num_classes=2)]),
    heads(dict(num_classes=5), decode=dict(type='IterativeDecodeHead'))])
def test_heads_that_can_learn_the_labels(model):
    assert head_faults(model) == []


@pytest.mark.parametrize('model, says', [
    (heads(dict(num_classes=3, ignore_index=250)), 'model.auxiliary_head.num_classes=3: must be'),
    (heads([dict(num_classes=7, ignore_index=250), dict(num_classes=7)]),
     'model.auxiliary_head[1].ignore_index=255: must be'),
    (heads(None, [dict(num_classes=2), dict(num_classes=5)]), 'model.decode_head[0].num_classes=2'),
    (heads(dict(type='GuidedUpsamplingHead', head=dict(num_classes=3, ignore_index=250))),
     'model.auxiliary_head.head.num_classes=3: must be')])
def test_a_head_that_cannot_learn_the_labels_is_told_before_training(model, says):
    fault, = head_faults(model)
    assert fault.startswith(says) and 'Fix: ' in fault
