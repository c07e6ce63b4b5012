from __future__ import annotations

import pytest
import torch

from mmseg_nrd.models.decode_heads.nrd_weights import convert_nrd_state_dict

AUTHORS = {
    'conv_seg.weight': None,
    'conv_seg.bias': None,
    'image_pool.1.conv.weight': 'image_pool.1.conv.weight',
    'classifier.classifier.0.conv.weight': 'controller.0.conv.weight',
    'classifier.classifier.0.bn.running_var': 'controller.0.bn.running_var',
    'classifier.classifier.1.weight': 'controller.1.weight',
    'classifier.classifier.1.bias': 'controller.1.bias',
    'c1_bottleneck.1.conv.bias': 'c1_bottleneck.1.conv.bias',
    'cat_norm.weight': 'input_norm.weight',
    'cat_norm.num_batches_tracked': 'input_norm.num_batches_tracked',
}


def state(names) -> dict:
    return {name: torch.full((1,), float(number)) for number, name in enumerate(names)}


def expected(given: dict, names: dict) -> list:
    return [(ours, given[theirs]) for theirs, ours in names.items() if ours]


def test_a_head():
    given = state(AUTHORS)
    converted = convert_nrd_state_dict(given)
    assert list(converted.items()) == expected(given, AUTHORS)  # in the same order
    assert all(value is given[theirs] for value, theirs in zip(
        converted.values(), (theirs for theirs, ours in AUTHORS.items() if ours)))
    assert list(given) == list(AUTHORS)  # the caller's is left alone


def test_a_whole_model():
    names = {
        'backbone.stem.0.weight': 'backbone.stem.0.weight',
        # names of other parts that look like the head's
        'backbone.classifier.classifier.0.weight': 'backbone.classifier.classifier.0.weight',
        'cat_norm.weight': 'cat_norm.weight',
        'my_cat_norm.weight': 'my_cat_norm.weight',
        'conv_segment.weight': 'conv_segment.weight',
        **{f'decode_head.{theirs}': ours and f'decode_head.{ours}'
           for theirs, ours in AUTHORS.items()},
        'auxiliary_head.conv_seg.weight': 'auxiliary_head.conv_seg.weight',
        'auxiliary_head.cat_norm.weight': 'auxiliary_head.cat_norm.weight',
    }
    given = state(names)
    assert list(convert_nrd_state_dict(given).items()) == expected(given, names)


@pytest.mark.parametrize('prefix', ['', 'decode_head.'])
def test_converting_twice_does_no_harm(prefix):
    once = convert_nrd_state_dict(state(prefix + name for name in AUTHORS))
    assert list(convert_nrd_state_dict(once).items()) == list(once.items())


@pytest.mark.parametrize('prefix', ['', 'decode_head.'])
@pytest.mark.parametrize('pair', [
    ('cat_norm.weight', 'input_norm.weight'), ('input_norm.weight', 'cat_norm.weight'),
    ('classifier.classifier.1.bias', 'controller.1.bias')], ids=str)
def test_refuses_two_names_for_one_parameter(prefix, pair):
    keys = [prefix + key for key in pair]
    with pytest.raises(ValueError, match=f'^{keys[1]}: becomes .*once.*Fix: remove'):
        convert_nrd_state_dict(state(keys))


def test_a_whole_checkpoint_is_refused():
    with pytest.raises(ValueError, match=r"meta: holds a dict.*Fix: .*checkpoint\['state_dict'\]"):
        convert_nrd_state_dict({'meta': {}, 'state_dict': {}})
