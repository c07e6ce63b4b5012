"""Where MMSeg's stock dataset configs look for files, and which numbers they expect in labels.

Class numbers are looked up by name in ``METAINFO`` of MMSeg's dataset classes. Where a data set
lacks one of our classes, the nearest of its own stands in; two of ours share one only if nothing
else comes near. Pascal Context has no poles: there they are background, as in the real data set,
which the 59-class variant ignores.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .classes import CLASS_NAMES, IGNORE


@dataclass(frozen=True)
class Layout:
    """One kind of tree; paths are relative to the ``data_root`` of the stock config."""

    dataset: str  # name in mmseg.registry.DATASETS
    paths: Callable[[str, int], tuple[str, str]]  # split and number to image and label path
    list_path: str = ''  # a text file with one name a line, with {split} to fill in; or none
    renamed: Mapping[str, str] = field(default_factory=dict)  # our class names to theirs
    zero_is_ignored: bool = False  # labels are stored plus one, and zero is ignored


def _cityscapes_paths(split: str, number: int) -> tuple[str, str]:
    scene = f'{split}/rendered/rendered_{number:06d}_000019'
    return f'leftImg8bit/{scene}_leftImg8bit.png', f'gtFine/{scene}_gtFine_labelTrainIds.png'


def _ade20k_paths(split: str, number: int) -> tuple[str, str]:
    folder = {'train': 'training', 'val': 'validation'}[split]
    scene = f'{folder}/ADE_{split}_{number + 1:08d}'
    return f'images/{scene}.jpg', f'annotations/{scene}.png'


def _pascal_context_paths(split: str, number: int) -> tuple[str, str]:
    scene = f'{split}_{number:06d}'
    return f'JPEGImages/{scene}.jpg', f'SegmentationClassContext/{scene}.png'


LAYOUTS: dict[str, Layout] = {
    'cityscapes': Layout('CityscapesDataset', _cityscapes_paths),
    'ade20k': Layout(
        'ADE20KDataset',
        _ade20k_paths,
        renamed={'traffic sign': 'signboard', 'vegetation': 'tree', 'terrain': 'grass',
                 'rider': 'person', 'train': 'van', 'motorcycle': 'minibike'},
        zero_is_ignored=True),
    'pascal_context': Layout(
        'PascalContextDataset',
        _pascal_context_paths,
        list_path='ImageSets/SegmentationContext/{split}.txt',
        renamed={'pole': 'background', 'traffic light': 'light', 'traffic sign': 'sign',
                 'vegetation': 'tree', 'terrain': 'grass', 'rider': 'person',
                 'motorcycle': 'motorbike'}),
}


def get_layout(name: str) -> Layout:
    """The layout of that name, or ValueError."""
    if name not in LAYOUTS:
        raise ValueError(f'layout={name!r}: must be one of {", ".join(LAYOUTS)}; '
                         "for example layout='cityscapes'")
    return LAYOUTS[name]


def label_table(name: str) -> np.ndarray:
    """Table (256,) uint8 from our label ids to the values that a layout's files hold.

    Raises:
        ValueError: If there is no layout of that name.

    Example:
        >>> label_table('cityscapes')[[0, 18, 255]].tolist()
        [0, 18, 255]
    """
    # Here, not above: the renderer serves without MMSeg.
    import mmseg.datasets  # noqa: F401  (registers the dataset classes)
    from mmseg.registry import DATASETS

    layout = get_layout(name)
    theirs = DATASETS.get(f'mmseg.{layout.dataset}').METAINFO['classes']
    table = np.full(256, 0 if layout.zero_is_ignored else IGNORE, np.uint8)
    for number, ours in enumerate(CLASS_NAMES):
        table[number] = theirs.index(layout.renamed.get(ours, ours)) + layout.zero_is_ignored
    return table
