"""The configs that come with the installed mmsegmentation: their models and decode heads."""
from __future__ import annotations

import copy
import functools
import inspect
import json
from pathlib import Path
from typing import List
from unittest import mock

import mmseg
from mmengine.config import Config
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS

from mmseg_nrd.models import NRDHead

FOLDER = Path(mmseg.__file__).parent / '.mim' / 'configs'


def paths() -> List[Path]:
    return sorted(path for path in FOLDER.rglob('*.py') if '_base_' not in path.parts)


def unequal(configs) -> List[dict]:
    """Each of them once."""
    return list({json.dumps(config, sort_keys=True, default=str): config
                 for config in configs}.values())


@functools.cache
def models() -> List[dict]:
    """The distinct models of all configs, without importing what some of them need.

    Bases are read once, not once for each config, which would take three times as long.
    """
    read, known = Config._file2dict, {}

    def read_once(filename, *args, **kwargs):
        if filename not in known:
            known[filename] = read(filename, *args, **kwargs)
        return copy.deepcopy(known[filename])

    with mock.patch.object(Config, '_file2dict', staticmethod(read_once)):
        return unequal(Config.fromfile(path, import_custom_modules=False).model.to_dict()
                       for path in paths())


def heads_of(model: dict) -> List[dict]:
    heads = model['decode_head']
    return heads if isinstance(heads, list) else [heads]


def arguments(kind: type) -> set:
    """Names that a class takes, those that it hands to its bases included."""
    names = set()
    for base in kind.__mro__:
        if '__init__' in vars(base) and base.__module__.startswith(('mmseg.', 'mmseg_nrd.')):
            names |= set(inspect.signature(base.__init__).parameters)
    return names - {'self', 'kwargs'}


def read_levels(head: dict):
    """Which levels a stock head reads, and their channels, as two lists."""
    channels = head['in_channels']
    channels = channels if isinstance(channels, (list, tuple)) else [channels]
    index = head.get('in_index', -1 if len(channels) == 1 else range(len(channels)))
    return list(index) if not isinstance(index, int) else [index], list(channels)


def swapped(head: dict, **guidance) -> dict:
    """A stock head's config with its ``type`` exchanged for NRDHead and the rest left.

    What NRDHead has no argument for goes, as ``_delete_=True`` and writing it again does. Of
    several levels that are not joined to one it keeps the last.
    """
    # K-Net refines what this one predicts.
    head = head.get('kernel_generate_head', head)
    kind = MODELS.get(head['type'])
    shared = arguments(NRDHead) & arguments(kind)
    options = {name: value for name, value in head.items() if name in shared}
    if not issubclass(kind, BaseDecodeHead):
        options = dict(num_classes=head['num_classes'])
    if options.get('input_transform') != 'resize_concat':
        index, channels = read_levels(head)
        options.update(in_index=index[-1], in_channels=channels[-1], input_transform=None)
    options.setdefault('channels', 256)
    return {**options, 'type': 'NRDHead', **guidance}
