"""What mmengine finds in a config late, without naming the key, or not at all."""
from __future__ import annotations

import importlib.util
import os
from typing import Any, Mapping, Sequence

from .evaluator_checks import check_evaluator
from .refusals import refuse, refuse_without

# What mmengine wants all of, or nothing.
_TOGETHER = {'train': ('train_dataloader', 'train_cfg', 'optim_wrapper'),
             'val': ('val_dataloader', 'val_cfg', 'val_evaluator'),
             'test': ('test_dataloader', 'test_cfg', 'test_evaluator')}
_WINDOWED = ('EncoderDecoder', 'CascadeEncoderDecoder')


def _is_int(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _part(holder: Mapping[str, Any], key: str, where: str = '') -> Mapping[str, Any]:
    """The dict under a key that must be there."""
    refuse_without(key, holder, where)
    if not isinstance(holder[key], Mapping):
        refuse(f'{where}.{key}' if where else key, holder[key], 'a dict',
               'look at the configs that come with MMSeg')
    return holder[key]


def _check_type(config: Mapping[str, Any], where: str) -> None:
    refuse_without('type', config, where)
    if not isinstance(config['type'], (str, type)):
        refuse(f'{where}.type', config['type'], 'a name or a class', 'look for a misspelling')


def _check_hooks(hooks: Any) -> None:
    if not isinstance(hooks, Mapping):
        refuse('default_hooks', hooks, 'a dict', 'look at the configs that come with MMSeg')
    for name, hook in hooks.items():
        if isinstance(hook, (str, int, float, list)):
            refuse(f'default_hooks.{name}', hook, 'a dict or None', f"{name}=dict(type='...')")


def _check_dataset(dataset: Mapping[str, Any], where: str) -> None:
    _check_type(dataset, where)
    prefix = dataset.get('data_prefix') or {}
    if not isinstance(prefix, Mapping):
        refuse(f'{where}.data_prefix', prefix, 'a dict', "dict(img_path='...')")
    for key, path in {'data_root': dataset.get('data_root'), **{
            f'data_prefix.{key}': path for key, path in prefix.items()}}.items():
        if not isinstance(path, (str, os.PathLike, type(None))):
            refuse(f'{where}.{key}', path, 'a folder', 'give its path')
    if 'dataset' in dataset:
        _check_dataset(_part(dataset, 'dataset', where), f'{where}.dataset')
    for key in ('datasets', 'pipeline'):
        parts = dataset.get(key)
        if parts is None:
            continue
        if not isinstance(parts, (list, tuple)):
            refuse(f'{where}.{key}', parts, 'a list of dicts', 'put it in brackets')
        for index, part in enumerate(parts):
            place = f'{where}.{key}[{index}]'
            if key == 'datasets' or not callable(part):
                if not isinstance(part, Mapping):
                    refuse(place, part, 'a dict', "write dict(type='...')")
                (_check_dataset if key == 'datasets' else _check_type)(part, place)


def _check_train_cfg(train_cfg: Mapping[str, Any]) -> None:
    if 'type' not in train_cfg and 'by_epoch' not in train_cfg:
        _check_type(train_cfg, 'train_cfg')
    for key in ('max_iters', 'max_epochs', 'val_interval', 'val_begin'):
        value = train_cfg.get(key, 1)
        if not _is_int(value, 0 if key == 'val_begin' else 1):
            refuse(f'train_cfg.{key}', value, 'a positive integer', 'give a number of iterations, '
                   'or of epochs where the loop counts them')


def _check_optim_wrapper(wrapper: Mapping[str, Any]) -> None:
    if 'constructor' not in wrapper and all(
            isinstance(value, (str, int, float, Mapping, type(None)))
            for value in wrapper.values()):
        _check_type(_part(wrapper, 'optimizer', 'optim_wrapper'), 'optim_wrapper.optimizer')


def _check_test_cfg(model: Mapping[str, Any]) -> None:
    kind = model['type']
    if getattr(kind, '__name__', str(kind)).split('.')[-1] not in _WINDOWED:
        return
    test_cfg = model.get('test_cfg')
    if not isinstance(test_cfg, Mapping):
        refuse('model.test_cfg', test_cfg, 'a dict', "test_cfg=dict(mode='whole')")
    mode = test_cfg.get('mode')
    if mode not in ('whole', 'slide'):
        refuse('model.test_cfg.mode', mode, "'whole' or 'slide'", "mode='whole'")
    for key in ('crop_size', 'stride') if mode == 'slide' else ():
        size = test_cfg.get(key)
        if not (isinstance(size, Sequence) and len(size) == 2
                and all(_is_int(side, 1) for side in size)):
            refuse(f'model.test_cfg.{key}', size, "two positive integers with mode='slide'",
                   f'{key}=(512, 512), or another height and width')


def _check_visualizer(visualizer: Any) -> None:
    """Refuse TensorBoard where it is not installed: mmengine says so once it has made folders."""
    backends = visualizer.get('vis_backends') if isinstance(visualizer, Mapping) else None
    for index, backend in enumerate(backends or ()):
        kind = backend.get('type') if isinstance(backend, Mapping) else None
        name = getattr(kind, '__name__', str(kind)).split('.')[-1]
        if name == 'TensorboardVisBackend' and importlib.util.find_spec('tensorboard') is None:
            refuse(f'visualizer.vis_backends[{index}].type', name, 'a backend whose packages are '
                   'installed, and tensorboard is not', 'pip install tensorboard')


def check_has(cfg: Mapping[str, Any], place: str) -> None:
    """Refuse a config without a dict at a dotted place, with a ``ValueError``."""
    where, holder = '', cfg
    for key in place.split('.'):
        where, holder = f'{where}.{key}'.strip('.'), _part(holder, key, where)


def check_datasets(cfg: Mapping[str, Any], split: str) -> None:
    """Refuse data sets of a split ('train', 'val', 'test') and steps without a type.

    Raises:
        ValueError: with the key's place, its value, the rule and the fix.
    """
    where = f'{split}_dataloader'
    _check_dataset(_part(_part(cfg, where), 'dataset', where), f'{where}.dataset')


def check_config(cfg: Mapping[str, Any], *splits: str) -> None:
    """Refuse a config in which something is amiss that a run would only meet later.

    mmengine validates with what it was given when the first validation is due, and tells of a
    data loader without a data set by a bare ``KeyError``. What it refuses in words, when it
    builds, is left to it.

    Args:
        cfg (Mapping): A whole config.
        splits (str): What it is to be used for: 'train', 'val', 'test'. Validation may be
            missing.

    Raises:
        ValueError: with the key's place, its value, the rule and the fix.
    """
    _check_type(_part(cfg, 'model'), 'model')
    _check_hooks(cfg.get('default_hooks') or {})
    _check_visualizer(cfg.get('visualizer'))
    for split, keys in _TOGETHER.items():
        absent = [key for key in keys if cfg.get(key) is None]
        if 0 < len(absent) < 3 or len(absent) == 3 and split in splits and split != 'val':
            raise ValueError(
                f"{', '.join(absent)}: must be given, as {', '.join(keys)} belong together. The "
                f"config has {', '.join(cfg)}. Fix: add it, or look for a misspelling.")
        if absent or split not in splits:
            continue
        check_datasets(cfg, split)
        loader = _part(cfg, keys[0])
        _part(loader, 'sampler', keys[0])
        for key, least in (('batch_size', 1), ('num_workers', 0)):
            if not _is_int(loader.get(key, 1), least):
                refuse(f'{keys[0]}.{key}', loader[key], f'an integer of at least {least}',
                       f'{key}=2')
        loop = _part(cfg, keys[1])
        if split == 'train':
            _check_train_cfg(loop)
            _check_optim_wrapper(_part(cfg, keys[2]))
            continue
        if not isinstance(loop.get('fp16', False), bool):
            refuse(f'{keys[1]}.fp16', loop['fp16'], 'True or False', 'leave it out')
        check_evaluator(cfg[keys[2]], keys[2])
        _check_test_cfg(cfg['model'])
