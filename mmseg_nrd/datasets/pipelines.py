"""How a config loads labels, and how it checks them in training."""
from __future__ import annotations

from typing import Any, Iterator, Mapping, Optional, Sequence, Tuple

from mmengine.config import Config

_PLAIN = ('LoadAnnotations', 'mmseg.LoadAnnotations')
_CHECKED = 'LoadCheckedAnnotations'
# Steps that read labels as MMSeg's data sets have them.
LOAD_LABELS = (*_PLAIN, _CHECKED, f'mmseg.{_CHECKED}')


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


def label_range(model: Optional[Mapping[str, Any]]) -> Tuple[Optional[int], int]:
    """Which labels a config's model can be trained on.

    Args:
        model (Mapping, optional): Of the config. Several decode heads are told by the last one,
            a head around another one by that.

    Returns:
        tuple: ``num_classes``, None if it is not said, and ``ignore_index``.
    """
    head = (model or {}).get('decode_head') or {}
    if isinstance(head, (list, tuple)):
        head = head[-1]
    head = head.get('head', head)
    return head.get('num_classes'), head.get('ignore_index', 255)


def load_checked_annotations(cfg: Config, *splits: str) -> None:
    """Let the pipelines of a config check the labels that they load.

    Each ``LoadAnnotations`` becomes a ``LoadCheckedAnnotations`` with the range of the decode
    head. The steps inside ``TestTimeAug`` stay as they are.

    Args:
        cfg (Config): Changed in place. Where a step is replaced, ``custom_imports`` names this
            package, so that the config which a run saves can be read again.
        splits (str): Whose data loaders to change: 'train', 'val', 'test'.
    """
    num_classes, ignore_index = label_range(cfg.get('model'))
    changed = False
    for split in splits:
        loader = cfg.get(f'{split}_dataloader')
        for dataset in innermost(loader['dataset']) if loader is not None else ():
            index = find_step(dataset.get('pipeline'), _PLAIN)
            if index is not None:
                dataset['pipeline'][index].update(
                    type=_CHECKED, num_classes=num_classes, ignore_index=ignore_index)
                changed = True
    if changed:
        _import_this_package(cfg)


def _import_this_package(cfg: Config) -> None:
    custom = cfg.get('custom_imports') or dict(imports=[], allow_failed_imports=False)
    names = [custom['imports']] if isinstance(custom['imports'], str) else custom['imports']
    if 'mmseg_nrd' not in names:
        cfg.custom_imports = {**custom, 'imports': [*names, 'mmseg_nrd']}
