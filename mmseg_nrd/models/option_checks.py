"""What the options must be that components share with MMSeg's own, which looks at few of them.

A wrong type would pass there, or die far away from the config, in a sentence without the key.
"""
from __future__ import annotations

import math
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence

from mmseg.registry import MODELS
from torch import Tensor


class Rule(NamedTuple):
    """What holds of a good value, the same in words, and what to do about a bad one."""
    holds: Callable[[Any], bool]
    must_be: str
    fix: str


def _is_int(value: Any, minimum: float = -math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_config(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get('type'), (str, type))


def _is_layer(value: Any) -> bool:
    if value is None:
        return True
    return _is_config(value) and (
        isinstance(value['type'], type) or MODELS.get(value['type']) is not None)


def _one_or_several(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (bool(value) and all(map(holds, value))
                          if isinstance(value, (list, tuple)) else holds(value))


def _layer(example: str) -> Rule:
    return Rule(_is_layer, 'None or a config whose type is registered',
                f"correct it, for example dict(type='{example}')")


POSITIVE = Rule(lambda value: _is_int(value, 1), 'an integer of at least 1', 'give one')
BOOL = Rule(lambda value: isinstance(value, bool), 'True or False', 'give one, without quotes')
INDEX = Rule(_is_int, 'an integer, the place of a level among those of the encoder',
             '0 for the first level, -1 for the last')
SIZES = Rule(lambda value: isinstance(value, (list, tuple)) and all(
    _is_int(one, 1) for one in value), 'a list of integers of at least 1', 'give one')
RULES = {
    **dict.fromkeys(['channels', 'num_classes', 'depth', 'base_channels', 'stem_channels',
                     'num_stages'], POSITIVE),
    **dict.fromkeys(['align_corners', 'concat_input', 'norm_eval', 'with_cp', 'share_weights',
                     'separate_norm', 'use_sigmoid', 'use_mask', 'avg_non_ignore',
                     'deep_stem', 'avg_down'], BOOL),
    **dict.fromkeys(['large_rf_index', 'high_res_index'], INDEX),
    **dict.fromkeys(['strides', 'dilations'], SIZES),
    'in_channels': POSITIVE._replace(
        holds=_one_or_several(POSITIVE.holds), must_be='an integer of at least 1, or a list'),
    'in_index': INDEX._replace(holds=_one_or_several(_is_int)),
    'out_channels': POSITIVE._replace(
        holds=lambda value: value is None or _is_int(value, 1),
        must_be='None or an integer of at least 1', fix='leave it out for num_classes'),
    'num_convs': Rule(lambda value: _is_int(value, 0), 'an integer of at least 0', 'give one'),
    'frozen_stages': Rule(lambda value: _is_int(value, -1), 'an integer of at least -1',
                          '-1 freezes none'),
    'conv_cfg': _layer('Conv2d'),
    'norm_cfg': _layer('BN'),
    'act_cfg': _layer('ReLU'),
    'input_transform': Rule(lambda value: value in (None, 'resize_concat', 'multiple_select'),
                            "None, 'resize_concat' or 'multiple_select'",
                            'None for a head that reads one level'),
    'ignore_index': Rule(lambda value: value is None or _is_int(value), 'an integer, or None',
                         '255 is usual'),
    'threshold': Rule(lambda value: value is None or _is_number(value), 'None or a number',
                      'leave it out, or give one from 0 to 1 with out_channels=1'),
    'dropout_ratio': Rule(lambda value: _is_number(value) and 0 <= value < 1,
                          'a number from 0 to below 1', '0 for none'),
    'sampler': Rule(lambda value: value is None or _is_config(value), 'None or a config',
                    "None, or dict(type='OHEMPixelSampler')"),
    'loss_decode': Rule(_one_or_several(_is_config), 'the config of a loss, or a list of them',
                        "dict(type='CrossEntropyLoss')"),
    'loss_weight': Rule(_is_number, 'a number', '1.0 is usual'),
    'init_cfg': Rule(lambda value: value in (None, []) or _one_or_several(_is_config)(value),
                     'None, a config or a list of them',
                     "leave it out, or dict(type='Pretrained', checkpoint='...')"),
    'style': Rule(lambda value: value in ('pytorch', 'caffe'), "'pytorch' or 'caffe'",
                  "'pytorch' unless weights need the other"),
}


def check_options(options: Mapping[str, Any], prefix: str = '') -> None:
    """Refuse values that cannot be meant; options that have no rule here pass.

    Args:
        options (Mapping[str, Any]): Values by name.
        prefix (str): Goes before the names in messages, such as 'head.'.

    Raises:
        ValueError: with the option's name, the value got, the rule and the fix.
    """
    for name, value in options.items():
        rule = RULES.get(name)
        if rule is not None and not rule.holds(value):
            raise ValueError(
                f'{prefix}{name}={value!r}: must be {rule.must_be}. Fix: {rule.fix}.')


def check_head_options(options: Mapping[str, Any], prefix: str = '') -> None:
    """As :func:`check_options`, of any decode head of MMSeg, with its losses.

    Raises:
        ValueError: with the option's name, the value got, the rule and the fix.
    """
    check_options(options, prefix)
    losses = options.get('loss_decode', [])
    for index, loss in enumerate(losses if isinstance(losses, (list, tuple)) else [losses]):
        place = f'[{index}]' if isinstance(losses, (list, tuple)) else ''
        check_options(loss, f'{prefix}loss_decode{place}.')


def check_inputs(in_channels, in_index, input_transform: Optional[str]) -> None:
    """Refuse a choice of levels that does not fit ``input_transform``.

    Raises:
        ValueError: with the values got, the rule and the fix.
    """
    several = [isinstance(value, (list, tuple)) for value in (in_channels, in_index)]
    fits = all(several) and len(in_channels) == len(in_index) if input_transform \
        else not any(several)
    if not fits:
        raise ValueError(
            f'in_channels={in_channels!r}, in_index={in_index!r}, input_transform='
            f'{input_transform!r}: must be integers without a transform, and lists of the same '
            "length with one. Fix: name one level, or set input_transform='resize_concat'.")


def check_level(inputs: Sequence[Tensor], index: int, channels: int,
                index_name: str = 'in_index', channels_name: str = 'in_channels') -> None:
    """Refuse inputs whose level ``index`` is not there or has not so many channels.

    Raises:
        ValueError: with the option's name, the value got, the rule and the fix.
    """
    if not -len(inputs) <= index < len(inputs):
        raise ValueError(
            f'{index_name}={index}: there are {len(inputs)} levels. Fix: choose one of 0 to '
            f"{len(inputs) - 1}, or have the encoder hand out more in its out_indices.")
    if inputs[index].shape[1] != channels:
        raise ValueError(
            f'{channels_name}={channels}: level {index_name}={index} has '
            f'{inputs[index].shape[1]} channels. Fix: correct one of the two.')
