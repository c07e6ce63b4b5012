"""Which steps of a config load labels, and which heads learn them."""
from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

# MMSeg's heads that make labels of their own: STDC's, of boundaries.
_OTHER_LABELS = ('STDCHead', 'mmseg.STDCHead')
# Steps that read labels as MMSeg's data sets have them.
LOAD_LABELS = tuple(scope + name for scope in ('', 'mmseg.')
                    for name in ('LoadAnnotations', 'LoadCheckedAnnotations'))


def innermost(dataset: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The data sets inside wrappers such as ConcatDataset and RepeatDataset."""
    inner = dataset.get('datasets') or ([dataset['dataset']] if 'dataset' in dataset else [])
    if not inner:
        yield dataset
    for part in inner:
        yield from innermost(part)


def find_step(pipeline: Optional[Sequence[Mapping[str, Any]]],
              types: Sequence[str]) -> Optional[int]:
    """Index of the first step of a pipeline that is one of ``types``; None if there is none."""
    for index, step in enumerate(pipeline or ()):
        if step['type'] in types:
            return index
    return None


def label_heads(model: Optional[Mapping[str, Any]]) -> List[Tuple[str, Mapping[str, Any]]]:
    """The heads of a config's model that learn its labels, by their place; the last one labels.

    Of a head around another one, the inner.
    """
    found = []
    for key in ('auxiliary_head', 'decode_head'):
        given = (model or {}).get(key) or []
        for index, head in enumerate(given if isinstance(given, (list, tuple)) else [given]):
            place = f'model.{key}' if head is given else f'model.{key}[{index}]'
            if isinstance(head, Mapping) and head.get('type') not in _OTHER_LABELS:
                found.append((f'{place}.head', head['head']) if 'head' in head else (place, head))
    return found


def label_range(model: Optional[Mapping[str, Any]]) -> Tuple[Optional[int], int]:
    """Which labels a config's model can be trained on.

    Args:
        model (Mapping, optional): Of the config. Several decode heads are told by the last one,
            a head around another one by that.

    Returns:
        tuple: ``num_classes``, None if it is not said, and ``ignore_index``.
    """
    heads = label_heads(model)
    head = heads[-1][1] if heads and heads[-1][0].startswith('model.decode_head') else {}
    return head.get('num_classes'), head.get('ignore_index', 255)


def head_faults(model: Optional[Mapping[str, Any]]) -> List[str]:
    """What keeps other heads from learning the labels of the decode head, each in a sentence."""
    num_classes, ignore_index = label_range(model)
    faults = []
    for place, head in label_heads(model):
        own, ignored = head.get('num_classes'), head.get('ignore_index', 255)
        if isinstance(own, int) and isinstance(num_classes, int) and own < num_classes:
            faults.append(f'{place}.num_classes={own!r}: must be that of the decode head, as all '
                          f'learn from the same labels. Fix: {num_classes}.')
        if ignored != ignore_index:
            faults.append(f'{place}.ignore_index={ignored!r}: must be that of the decode head, as '
                          f'all learn from the same labels. Fix: {ignore_index}.')
    return faults
