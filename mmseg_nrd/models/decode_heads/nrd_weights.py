"""From the NRD authors' parameter names to ours."""
from __future__ import annotations

from collections import OrderedDict
from typing import Mapping

from torch import Tensor

_HEAD = 'decode_head.'
_RENAMED = {'classifier.classifier.': 'controller.', 'cat_norm.': 'input_norm.'}


def _convert_key(key: str) -> str:
    for theirs, ours in _RENAMED.items():
        if key.startswith(theirs):
            return ours + key[len(theirs):]
    return key


def convert_nrd_state_dict(state_dict: Mapping[str, Tensor]) -> OrderedDict[str, Tensor]:
    """Rename the parameters of the authors' NRD head to those of ``NRDHead``.

    A state dict with ``decode_head.`` keys is taken for a whole model's: its other keys pass
    unchanged. Any other is taken for a head's own. The head's unused ``conv_seg`` is dropped;
    names that are ours already stay, so converting twice does no harm.

    Args:
        state_dict (Mapping[str, Tensor]): Parameters under the authors' names.

    Returns:
        OrderedDict[str, Tensor]: the same tensors under our names, in the same order.

    Raises:
        ValueError: if a value is no tensor, as in a whole checkpoint, or two names become one.

    Example:
        >>> list(convert_nrd_state_dict({'cat_norm.weight': torch.ones(18)}))
        ['input_norm.weight']
    """
    for key, value in state_dict.items():
        if not isinstance(value, Tensor):
            raise ValueError(
                f'{key}: holds a {type(value).__name__}; each value must be a tensor. '
                "Fix: of a whole checkpoint, pass checkpoint['state_dict'].")
    prefix = _HEAD if any(key.startswith(_HEAD) for key in state_dict) else ''
    converted: OrderedDict[str, Tensor] = OrderedDict()
    for key, value in state_dict.items():
        if not key.startswith(prefix):
            new_key = key
        elif key[len(prefix):].startswith('conv_seg.'):
            continue
        else:
            new_key = prefix + _convert_key(key[len(prefix):])
        if new_key in converted:
            raise ValueError(
                f'{key}: becomes {new_key}, which the state dict holds already; each parameter '
                "may occur once. Fix: remove either the authors' or our name from it.")
        converted[new_key] = value
    return converted
