"""Nothing that a decode head takes in a stock config of MMSegmentation is refused by ours."""
from __future__ import annotations

import copy
from collections import Counter

import mmseg
import pytest
import stock_configs
import torch
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from stock_configs import heads_of, read_levels, swapped

from mmseg_nrd.models.decode_heads.wrappable import refusal

# Others have no levels of an encoder, or predict no classes.
SEGMENTORS = ('EncoderDecoder', 'CascadeEncoderDecoder')


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


def build(config):
    return MODELS.build(copy.deepcopy(config))


def wrapped(head, **options):
    return dict(type='GuidedUpsamplingHead', head=head, **options)


def try_one(counts, failures, name, function, *args):
    """Count what comes out of it; what it raises is a failure."""
    try:
        counts[function(*args)] += 1
    except Exception as error:  # whatever a component of others raises
        failures.append(f'{name}: {type(error).__name__}: {error}')


def wrap(head):
    reason = refusal(MODELS.get(head['type']))
    index, channels = read_levels(head) if 'in_channels' in head else ([-1], [8])
    guided = wrapped(head, scale_factor=2, guidance='large_rf', large_rf_index=index[0],
                     large_rf_in_channels=channels[0])
    if reason:
        with pytest.raises(ValueError, match='cannot wrap'):
            build(guided)
        return f'not wrapped: {reason}'
    build(guided)
    return 'wrapped'


def replace(head):
    """With the first level that it reads for guidance, and all of one size."""
    head = head.get('kernel_generate_head', head)
    index, channels = read_levels(head)
    nrd = build(swapped(head, c1_in_channels=channels[0], c1_index=index[0], patch_size=1)).eval()
    levels = [torch.zeros(1, 8, 4, 4) for _ in range(max(index) + 1 or 1)]
    for place, width in zip(index, channels):
        levels[place] = torch.zeros(1, width, 4, 4)
    assert nrd(levels).shape == (1, nrd.out_channels, 4, 4)
    return 'replaced'


def test_every_head_of_681_configs_is_replaced_and_wrapped():
    heads = stock_configs.unequal(
        head for model in stock_configs.models() for head in heads_of(model)
        if model['type'] in SEGMENTORS)
    counts, failures = Counter(), []
    for head in heads:
        # On 'meta' nothing is computed but shapes; Segmenter computes the rates of its drop path.
        device = 'cpu' if head['type'] == 'SegmenterMaskTransformerHead' else 'meta'
        with torch.device(device), torch.no_grad():
            for function in (replace, wrap):
                try_one(counts, failures, f'{function.__name__} {head["type"]}', function, head)
    print(len(stock_configs.paths()), 'configs,', len(heads), 'heads:', dict(counts))
    assert not failures, '\n'.join(failures)
    assert counts['replaced'] == len(heads) > counts['wrapped'] > 0.7 * len(heads)
    if mmseg.__version__ == '1.2.2':
        assert len(stock_configs.paths()) == 681


def levels_of(encoder):
    """What a backbone, with its neck, hands out for an image of 64 x 128, without weights."""
    maps = torch.randn(1, 3, 64, 128)
    for part in encoder:
        module = build(part)
        module.eval()
        maps = module(maps)
    # DDRNet and PIDNet hand out one map at inference.
    return [maps] if isinstance(maps, torch.Tensor) else maps


def finest(levels) -> int:
    return max(range(len(levels)), key=lambda index: (levels[index].shape[2], -index))


def pass_through_nrd(head, levels):
    index = finest(levels)
    options = swapped(head, c1_index=index, c1_in_channels=levels[index].shape[1])
    place = options['in_index'] if isinstance(options['in_index'], int) else options['in_index'][0]
    options['patch_size'] = round(levels[index].shape[3] / levels[place].shape[3])
    logits = build(options).eval()(levels)
    assert logits.shape[2:] == levels[index].shape[2:] and logits.isfinite().all()
    return 'through NRDHead'


def pass_through_guided(head, levels):
    reason = refusal(MODELS.get(head['type']))
    if reason:
        return f'not wrapped: {reason}'
    try:
        logits = build(head).eval()(levels)
    except Exception as error:  # the stock head's own
        return f'the stock {head["type"]} does not run: {type(error).__name__}'
    index = finest(levels)
    guided = wrapped(
        head, guidance='fusion', large_rf_index=index, large_rf_in_channels=levels[index].shape[1],
        high_res_index=index, high_res_in_channels=levels[index].shape[1],
        scale_factor=round(levels[index].shape[3] / logits.shape[3]))
    if guided['scale_factor'] < 2:
        guided.update(guidance='large_rf', scale_factor=2, high_res_in_channels=0)
    out = build(guided).eval()(levels)
    assert out.shape[2] >= 1.5 * logits.shape[2] and out.isfinite().all()
    return 'through GuidedUpsamplingHead'


@pytest.mark.slow
def test_levels_of_every_stock_encoder_pass_through_both_heads():
    """Backbone and neck, then ours; an encoder that several models share runs once."""
    encoders, counts, failures = {}, Counter(), []
    for model in stock_configs.models():
        if model['type'] not in SEGMENTORS:
            counts[f'another segmentor: {model["type"]}'] += 1
            continue
        encoder = [part for part in (model['backbone'], model.get('neck')) if part]
        encoders.setdefault(str(encoder), (encoder, []))[1].append(heads_of(model)[0])
    for encoder, heads in encoders.values():
        name, heads = encoder[0]['type'], stock_configs.unequal(heads)
        with torch.no_grad():
            try:
                levels = levels_of(encoder)
            except Exception as error:  # the stock encoder's own
                why = f'{type(error).__name__}: {str(error)[:60]}'
                counts[f'the stock {name} does not run: {why}'] += len(heads)
                continue
            if not all(isinstance(level, torch.Tensor) for level in levels):
                counts[f'{name} hands out pairs of a map and a class token'] += len(heads)
                continue
            for head in heads:
                for function in (pass_through_nrd, pass_through_guided):
                    try_one(counts, failures, f'{function.__name__} {name} {head["type"]}',
                            function, head, levels)
    print(len(stock_configs.models()), 'models,', len(encoders), 'encoders:')
    print('\n'.join(f'{count:4} {what}' for what, count in counts.most_common()))
    assert not failures, '\n'.join(failures)
    # The rest needs packages that are not installed, or has an encoder that is none of levels.
    assert counts['through NRDHead'] > 0.8 * len(stock_configs.models())
    assert counts['through GuidedUpsamplingHead'] > 0.7 * len(stock_configs.models())
