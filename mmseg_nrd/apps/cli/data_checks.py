"""Whether a config's data are where it says, before a run begins."""
from __future__ import annotations

import copy
import os
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from mmcv.transforms import LoadImageFromFile
from mmengine.dataset import BaseDataset, ClassBalancedDataset, ConcatDataset, RepeatDataset
from mmengine.registry import DefaultScope
from mmseg.datasets import MultiImageMixDataset
from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import DATASETS

from mmseg_nrd.transforms import LoadCheckedAnnotations

from .configs import type_name, typed_parts
from .distributed import print_once

_WRAPPERS = (ClassBalancedDataset, ConcatDataset, MultiImageMixDataset, RepeatDataset)
_HINT = ('Fix: set data_root to your copy of the data set, prepare CamVid with '
         'tools/prepare_camvid.py, or render a set with tools/make_street_scenes.py.')
# As many files as an error names.
_NAMED = 5
# MMSeg's steps that pad labels, and with which label if they are not told.
_PADDING = {'Pad': 'pad_val', 'RandomRotate': 'seg_pad_val', 'RandomMosaic': 'seg_pad_val'}
_PAD_LABEL = 255


def file_fault(path: str) -> Optional[str]:
    """What is wrong with a file on a local disk, without reading it; None if nothing is."""
    if not os.path.isfile(path):
        return 'there is no such file'
    return None if os.path.getsize(path) else 'the file is empty'


def build_dataset(cfg: Mapping[str, Any], dataset: Mapping[str, Any]) -> Any:
    """Build a data set of a config as a run of it would."""
    with DefaultScope.overwrite_default_scope(cfg.get('default_scope') or 'mmseg'):
        return DATASETS.build(copy.deepcopy(dataset))


def _kind(dataset: Mapping[str, Any]) -> type:
    kind = dataset['type']
    # Configs in mmengine's newer style hold the class itself.
    kind = DATASETS.get(kind) if isinstance(kind, str) else kind
    return kind if isinstance(kind, type) else object


def _unwrapped(dataset: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if issubclass(_kind(dataset), _WRAPPERS):
        for part in dataset.get('datasets') or [dataset['dataset']]:
            yield from _unwrapped(part)
    else:
        yield dataset


def _samples_are_as_listed(kind: type) -> bool:
    return (issubclass(kind, BaseDataset) and kind.prepare_data is BaseDataset.prepare_data
            and kind.__getitem__ is BaseDataset.__getitem__)


def build_data_sets(cfg: Mapping[str, Any], split: str, remote: bool = True
                    ) -> Iterator[Optional[BaseDataset]]:
    """Build the data sets of a split, those inside of wrappers one by one.

    Those with ``backend_args``, which may take long to list, are built if ``remote``.

    Yields:
        BaseDataset, optional: One whose ``get_data_info`` names the files that its pipeline
        reads; None in place of one that is not to be built, does not derive from ``BaseDataset``
        or prepares its samples in a way of its own.

    Raises:
        FileNotFoundError: if a folder or a list of files is not there.
        ValueError: if there is no image, or the classes are a single text.
    """
    where = f'{split}_dataloader.dataset'
    for dataset in _unwrapped(cfg[f'{split}_dataloader']['dataset']):
        skipped = not remote and dataset.get('backend_args')
        if skipped or not _samples_are_as_listed(_kind(dataset)):
            yield None
            continue
        try:
            built = build_dataset(cfg, dataset)
        except (AssertionError, FileNotFoundError) as error:  # MMSeg's own say little
            root = dataset.get('data_root') or ''
            parts = [*(dataset.get('data_prefix') or {}).values(), dataset.get('ann_file')]
            places = [root, *(os.path.join(root, part) for part in parts if part)]
            missing = [path for path in places if path and not os.path.exists(path)]
            if not missing:
                raise
            raise FileNotFoundError(f'{where}: looked for {missing[0]}, which does not exist. '
                                    f'{_HINT}') from error
        except ValueError as error:
            # An empty list cannot be serialised, which numpy tells in these words.
            if 'need at least one array' not in str(error):
                raise
            looked = ', '.join(f'{key}={dataset[key]!r}' for key in (
                'data_root', 'data_prefix', 'ann_file', 'img_suffix') if key in dataset)
            raise ValueError(f'{where}: {looked}: there is no such image. {_HINT}') from error
        classes = built.metainfo.get('classes')
        if isinstance(classes, str):
            raise ValueError(
                f'{where}.metainfo.classes={classes!r}: must be a list of names, or a file that '
                'has one a line; of any other text, each letter would be a class. '
                f'Fix: classes=[{classes!r}].')
        yield built


def _local_files(built: BaseDataset) -> List[str]:
    """The files that MMSeg's own steps will read from a local disk."""
    keys = []
    for step in built.pipeline.transforms:
        if getattr(step, 'backend_args', None) or getattr(step, 'file_client_args', None):
            continue
        if type(step) is LoadImageFromFile and not step.ignore_empty:
            keys.append('img_path')
        elif type(step) in (LoadAnnotations, LoadCheckedAnnotations):
            keys.append('seg_map_path')
    samples = map(built.get_data_info, range(len(built)))
    return [sample[key] for sample in samples for key in keys
            if key in sample and '://' not in sample[key]]


def check_data(cfg: Mapping[str, Any], *splits: str) -> None:
    """Fail at once, in a sentence, when the data of a config are missing or empty.

    MMSeg itself would tell minutes or days later, from inside a sampler or a worker. Every local
    file that MMSeg's own loading steps will read must be there and not empty; what other steps
    read, and what lies in remote storage, is left to them. For 'train', a warning is printed if
    padding may end the training.

    Raises:
        FileNotFoundError: if a folder or a list of files is not there.
        ValueError: if a data set holds no image, or files that are missing or empty, or a text
            in place of its classes.
    """
    for split in splits:
        if cfg.get(f'{split}_dataloader') is None:
            continue
        for built in build_data_sets(cfg, split, remote=False):
            files = [] if built is None else _local_files(built)
            faults = [f'{path}: {fault}' for path in files if (fault := file_fault(path))]
            if faults:
                more = f'; and {len(faults) - _NAMED} more' if len(faults) > _NAMED else ''
                raise ValueError(
                    f'{split}_dataloader.dataset: {len(faults)} of {len(files)} files cannot be '
                    f"read. {'; '.join(faults[:_NAMED])}{more}. Fix: restore the files, or take "
                    'these images out of the data set; tools/check_dataset.py lists all of them.')
    warning = padding_warning(cfg) if 'train' in splits else None
    if warning is not None:
        print_once(cfg, f'warning: {warning}')


def label_heads(model: Optional[Mapping[str, Any]]) -> Dict[str, Mapping[str, Any]]:
    """The heads of a config's model that learn its labels, by their place; the last one labels.

    Of a head around another one, the inner.
    """
    found = {}
    for key in ('auxiliary_head', 'decode_head'):
        given = (model or {}).get(key) or []
        for index, head in enumerate(given if isinstance(given, (list, tuple)) else [given]):
            place = f'model.{key}' if head is given else f'model.{key}[{index}]'
            # STDC's makes labels of its own, of boundaries.
            if not isinstance(head, Mapping) or type_name(head) == 'STDCHead':
                continue
            if isinstance(head.get('head'), Mapping):
                place, head = f'{place}.head', head['head']
            found[place] = head
    return found


def learnt_labels(learner: Mapping[str, Any]) -> Tuple[Optional[int], int]:
    """How many labels the config of a head lets it learn, None if it does not say, and the one
    that it ignores."""
    number = learner.get('num_classes')
    # A single logit tells two labels apart.
    return max(number, 2) if isinstance(number, int) else None, learner.get('ignore_index', 255)


def padding_warning(cfg: Mapping[str, Any]) -> Optional[str]:
    """Warn of a head that cannot learn the label which padding gives; None if all can.

    Such a config trains until the first crop that is padded.
    """
    model = cfg.get('model') or {}
    preprocessor = model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    labels = {}
    if preprocessor.get('size') or preprocessor.get('size_divisor'):
        labels['model.data_preprocessor.seg_pad_val'] = preprocessor.get('seg_pad_val', _PAD_LABEL)
    for step in typed_parts((cfg.get('train_dataloader') or {}).get('dataset')):
        kind = type_name(step)
        if kind in _PADDING:
            given = step.get(_PADDING[kind], _PAD_LABEL)
            if kind == 'Pad':  # a number is for the image
                given = given.get('seg', _PAD_LABEL) if isinstance(given, Mapping) else _PAD_LABEL
            labels[f'{_PADDING[kind]} of {kind}'] = given
    for place, head in label_heads(model).items():
        number, ignored = learnt_labels(head)
        odd = {key: label for key, label in labels.items()
               if label != ignored and (number is None or label >= number)}
        if odd:
            padding = ', '.join(f'{key}={label}' for key, label in odd.items())
            return (f'{place}.ignore_index={ignored}, but {padding}: the first crop that is padded '
                    'has labels that the head can neither learn nor ignore, and ends the training. '
                    f'Fix: set the padding to {ignored}, or ignore_index to that of the padding.')
    return None


def list_samples(cfg: Mapping[str, Any], split: str) -> list:
    """The classes of a split's data sets, and image and labels of each sample.

    Those of data sets that cannot be listed are left out: :func:`build_data_sets`.
    """
    listed = []
    for built in build_data_sets(cfg, split):
        if built is not None:
            listed.append(tuple(built.metainfo.get('classes') or ()))
            samples = map(built.get_data_info, range(len(built)))
            listed += [tuple(os.path.abspath(sample[key]) for key in ('img_path', 'seg_map_path')
                             if key in sample) for sample in samples]
    return listed


def count_images(cfg: Mapping[str, Any], split: str) -> int:
    """How many samples the data set of a split ('train', 'val', 'test') holds."""
    return len(build_dataset(cfg, cfg[f'{split}_dataloader']['dataset']))
