"""Whether a config's data are where it says, before anything is built."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Mapping

from mmengine.dataset import BaseDataset
from mmseg.registry import DATASETS

_HINT = ('Fix: set data_root to your copy of the data set, or render one with '
         'tools/make_street_scenes.py.')


def _innermost(dataset: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The data sets inside wrappers such as ConcatDataset and RepeatDataset."""
    inner = dataset.get('datasets') or ([dataset['dataset']] if 'dataset' in dataset else [])
    if not inner:
        yield dataset
    for part in inner:
        yield from _innermost(part)


def _check_one(dataset: Mapping[str, Any], where: str) -> None:
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
    # A data set of another kind knows best itself what it holds.
    if not issubclass(DATASETS.get(dataset['type']), BaseDataset):
        return
    # Serialising an empty list of samples fails in numpy, before it can be counted.
    built = DATASETS.build({**dataset, 'pipeline': [], 'serialize_data': False})
    if len(built) == 0:
        raise ValueError(
            f'{where}: looked for images named *{built.img_suffix} under '
            f"{built.data_prefix['img_path']} and found none; a data set must hold at least one. "
            f'{_HINT}')


def check_data(cfg: Mapping[str, Any], *splits: str) -> None:
    """Fail at once, in a sentence, when the data of a config are missing or empty.

    MMSeg itself would tell minutes later, from inside a sampler or a worker. Data sets in
    remote storage (``backend_args``) are left to their backend.

    Args:
        cfg (Mapping): A config with the data loaders of MMSeg.
        splits (str): Which of them to look at: 'train', 'val', 'test'.

    Raises:
        FileNotFoundError: if a folder or an annotation list is not there.
        ValueError: if a data set holds no image.
    """
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        if loader is None:
            continue
        for dataset in _innermost(loader['dataset']):
            if not dataset.get('backend_args'):
                _check_one(dataset, f'{split}_dataloader.dataset')


def count_images(cfg: Mapping[str, Any], split: str) -> int:
    """How many samples the data set of a split ('train', 'val', 'test') holds."""
    return len(DATASETS.build({**cfg[f'{split}_dataloader']['dataset'], 'pipeline': []}))
