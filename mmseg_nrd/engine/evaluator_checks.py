"""Options of MMSeg's ``IoUMetric``, which takes all and reads them when it evaluates."""
from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Iterator, Mapping, Tuple

from mmengine.registry import METRICS

from .refusals import refuse, refuse_without

SCORES = ('mIoU', 'mDice', 'mFscore')


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _are_scores(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return (isinstance(names, (list, tuple)) and bool(names)
            and all(name in SCORES for name in names))


# By option: whether a value will do, the rule and the fix.
_RULES: Dict[str, Tuple[Callable[[Any], bool], str, str]] = {
    'iou_metrics': (_are_scores, f'a list of {", ".join(SCORES)}', "iou_metrics=['mIoU']"),
    'ignore_index': (lambda value: isinstance(value, int) and not isinstance(value, bool),
                     'an integer', '255 is usual'),
    'nan_to_num': (lambda value: value is None or _is_number(value), 'None or a number',
                   'leave it out'),
    'beta': (lambda value: _is_number(value) and value > 0, 'a number above 0', 'leave it out'),
    'collect_device': (lambda value: value in ('cpu', 'gpu'), "'cpu' or 'gpu'",
                       "'cpu' works everywhere"),
    'output_dir': (lambda value: value is None or isinstance(value, str), 'None or a folder',
                   'leave it out'),
    'format_only': (lambda value: isinstance(value, bool), 'True or False', 'leave it out'),
    'prefix': (lambda value: value is None or isinstance(value, str), 'None or a text',
               'leave it out'),
}


def _metrics(evaluator: Any, where: str) -> Iterator[Tuple[str, Mapping[str, Any]]]:
    """Every metric of an evaluator that is a config, with its place."""
    if isinstance(evaluator, Mapping):
        if 'metrics' in evaluator:
            yield from _metrics(evaluator['metrics'], f'{where}.metrics')
        else:
            refuse_without('type', evaluator, where)
            yield where, evaluator
    elif isinstance(evaluator, (list, tuple)):
        for index, part in enumerate(evaluator):
            yield from _metrics(part, f'{where}[{index}]')
    elif isinstance(evaluator, (str, int, float)):
        refuse(where, evaluator, 'a dict or a list of them',
               f"{where.split('[')[0]}=dict(type='IoUMetric', iou_metrics=['mIoU'])")


def check_evaluator(evaluator: Any, where: str) -> None:
    """Refuse options of ``IoUMetric`` that it has not, or that will fail after a validation.

    Args:
        evaluator (Any): Of a config: a metric, a list of them, or a dict with ``metrics``. What
            is built already is left alone, and so are other metrics.
        where (str): What errors call it.

    Raises:
        ValueError: with the key's place, its value, the rule and the fix.
    """
    for place, metric in _metrics(evaluator, where):
        iou_metric = METRICS.get('mmseg.IoUMetric')
        if metric['type'] not in ('IoUMetric', 'mmseg.IoUMetric', iou_metric):
            continue
        known = {'type', '_scope_', *inspect.signature(iou_metric).parameters} - {'kwargs'}
        for key, value in metric.items():
            if key not in known:
                raise ValueError(f'{place}.{key}={value!r}: IoUMetric has no such option, it has '
                                 f"{', '.join(sorted(known))}. Fix: look for a misspelling.")
            fits, rule, fix = _RULES.get(key, (lambda value: True, '', ''))
            if not fits(value):
                refuse(f'{place}.{key}', value, rule, fix)
