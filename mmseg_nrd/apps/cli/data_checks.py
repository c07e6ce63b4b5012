"""Whether a config's data are where it says, before anything is built."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping, Optional

from mmengine.dataset import BaseDataset
from mmseg.datasets import BaseSegDataset
from mmseg.registry import DATASETS

from .pipelines import LOAD_LABELS, find_step, innermost

_HINT = ('Fix: set data_root to your copy of the data set, or render one with '
         'tools/make_street_scenes.py.')
# As many files as an error names.
_NAMED = 5


def file_fault(path: str) -> Optional[str]:
    """What is wrong with a file on a local disk, without reading it; None if nothing is."""
    if not os.path.isfile(path):
        return 'there is no such file'
    return None if os.path.getsize(path) else 'the file is empty'


def lists_its_files(dataset: Mapping[str, Any], where: str) -> bool:
    """Whether a data set of a config derives from ``BaseDataset``; ValueError if unknown."""
    kind = DATASETS.get(dataset['type'])
    if kind is None:
        raise ValueError(f"{where}.type={dataset['type']!r}: no data set of this name is "
                         'registered. Fix: look for a misspelling, or import its module with '
                         'custom_imports.')
    return issubclass(kind, BaseDataset)


def list_samples(dataset: Mapping[str, Any], where: str) -> BaseDataset:
    """Build a data set of a config without its pipeline, once its folders are known to be there.

    Args:
        dataset (Mapping): One without a wrapper, of a kind that derives from ``BaseDataset``.
        where (str): What errors call it.

    Returns:
        BaseDataset: Its ``data_list`` says which files each sample has.

    Raises:
        FileNotFoundError: if a folder or an annotation list is not there.
        ValueError: if it holds no image.
    """
    _check_folders(dataset, where)
    # Serialising an empty list of samples fails in numpy, before it can be counted.
    built = DATASETS.build({**dataset, 'pipeline': [], 'serialize_data': False})
    if len(built) == 0:
        raise ValueError(
            f'{where}: looked for images named *{built.img_suffix} under '
            f"{built.data_prefix['img_path']} and found none; a data set must hold at least one. "
            f'{_HINT}')
    return built


def _check_folders(dataset: Mapping[str, Any], where: str) -> None:
    # What lies in remote storage is left to its backend.
    if dataset.get('backend_args'):
        return
    root = dataset.get('data_root') or ''
    wanted = {f'data_prefix.{key}': Path(root, path)
              for key, path in (dataset.get('data_prefix') or {}).items() if path}
    if dataset.get('ann_file'):
        wanted['ann_file'] = Path(root, dataset['ann_file'])
    if root:
        wanted = {'data_root': Path(root), **wanted}
    for name, path in wanted.items():
        if not path.exists():
            raise FileNotFoundError(
                f'{where}.{name}: looked for {path} ({path.resolve()}), which does not exist. '
                f'{_HINT}')


def _check_files(built: BaseDataset, keys: list, where: str) -> None:
    files = [sample[key] for sample in built.data_list for key in keys if key in sample]
    faults = [f'{path}: {fault}' for path in files if (fault := file_fault(path)) is not None]
    if faults:
        more = f'; and {len(faults) - _NAMED} more' if len(faults) > _NAMED else ''
        raise ValueError(
            f"{where}: {len(faults)} of {len(files)} files cannot be read. "
            f"{'; '.join(faults[:_NAMED])}{more}. Fix: restore the files, or take these images "
            'out of the data set; tools/check_dataset.py lists all of them.')


def _check_keys(dataset: Mapping[str, Any], keys: list, where: str) -> None:
    prefix = dataset.get('data_prefix')
    absent = [f'data_prefix.{key}' for key in keys if prefix and key not in prefix]
    if 'pipeline' not in dataset:
        absent.append('pipeline')
    if absent and issubclass(DATASETS.get(dataset['type']), BaseSegDataset):
        raise ValueError(
            f"{where}: {', '.join(absent)} must be given; it has {', '.join(dataset)}, and in "
            f"data_prefix {', '.join(prefix or ['nothing'])}. Fix: add it, or look for a "
            'misspelling.')


def check_data(cfg: Mapping[str, Any], *splits: str) -> None:
    """Fail at once, in a sentence, when the data of a config are missing or empty.

    MMSeg itself would tell minutes or days later, from inside a sampler or a worker. Every file
    that a data set lists must be there and not empty. Data sets in remote storage
    (``backend_args``) are left to their backend.

    Args:
        cfg (Mapping): A config with the data loaders of MMSeg.
        splits (str): Which of them to look at: 'train', 'val', 'test'.

    Raises:
        FileNotFoundError: if a folder or an annotation list is not there.
        ValueError: if a data set holds no image, or files that are missing or empty.
    """
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        if loader is None:
            continue
        where = f'{split}_dataloader.dataset'
        for dataset in innermost(loader['dataset']):
            if dataset.get('backend_args'):
                continue
            # A data set of another kind knows best itself what it holds.
            if not lists_its_files(dataset, where):
                _check_folders(dataset, where)
                continue
            # A test set may name labels that nobody reads.
            labelled = find_step(dataset.get('pipeline'), LOAD_LABELS) is not None
            keys = ['img_path', 'seg_map_path'] if labelled else ['img_path']
            _check_folders(dataset, where)
            _check_keys(dataset, keys, where)
            _check_files(list_samples(dataset, where), keys, where)


def count_images(cfg: Mapping[str, Any], split: str) -> int:
    """How many samples the data set of a split ('train', 'val', 'test') holds."""
    return len(DATASETS.build({**cfg[f'{split}_dataloader']['dataset'], 'pipeline': []}))
