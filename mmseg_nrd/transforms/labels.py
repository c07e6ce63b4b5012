"""What may be wrong with a label image that has been read."""
from __future__ import annotations

import os
from typing import List, Optional, Tuple

import mmcv
import numpy as np
from PIL import Image, UnidentifiedImageError

# Pillow's modes of more than eight bits a number: I, I;16, I;16B, F and the like.
_WIDE_MODES = ('I', 'F')
# The 255 of sixteen bits: cut to eight, it is ignored still.
_WIDE_IGNORED = 65535


def _may_be_wide(path: str) -> bool:
    """Whether the file's head, which is all that is read, does not say eight bits or fewer."""
    try:
        with Image.open(path) as image:
            return image.mode.startswith(_WIDE_MODES)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        # Another decoder may read it.
        return True


def wide_label(path: str, backend: str = 'pillow') -> Optional[float]:
    """The smallest number in a file that MMSeg would read as another class.

    ``LoadAnnotations`` keeps the lower eight bits of a label, so that 257 becomes 1 without a
    word, as 1.9 does. 65535 becomes 255 and is let pass.

    Args:
        path (str): Of a label image. What is not on a local disk is not looked into.
        backend (str): mmcv's decoder of it. Defaults to 'pillow'.

    Returns:
        float, optional: None if there is no such number; NaN if there are only such.
    """
    if not os.path.isfile(path) or not _may_be_wide(path):
        return None
    values = mmcv.imread(path, 'unchanged', backend=backend)
    fits = (values >= 0) & (values <= 255) & (values == np.floor(values))
    wrong = values[~fits & (values != _WIDE_IGNORED)]
    return np.fmin.reduce(wrong, axis=None).item() if wrong.size else None


def label_faults(labels: np.ndarray, image_size: Optional[Tuple[int, int]] = None,
                 num_classes: Optional[int] = None, ignore_index: int = 255) -> List[str]:
    """Say what keeps labels from being trained on, each fault in a sentence with its fix.

    Args:
        labels (np.ndarray): As ``LoadAnnotations`` hands them out, uint8; (H, W) if right.
        image_size (tuple[int, int], optional): (H, W) of the image as it was loaded; None leaves
            the size unchecked.
        num_classes (int, optional): K, of a decode head; None leaves the numbers unchecked. The
            single logit of 1 tells two labels apart, 0 and 1.
        ignore_index (int): The label that no loss counts. Defaults to 255.

    Returns:
        list[str]: Empty if nothing is wrong.

    Example:
        >>> label_faults(np.full((4, 6), 19, np.uint8), (4, 6), num_classes=19)[0][:30]
        'label 19 (24 pixels, the first'
    """
    if labels.ndim != 2:
        return [f'labels of shape {labels.shape}: must be one channel of class numbers, at least '
                'two pixels high and wide. Fix: save them as a grey or a palette image.']
    faults = []
    if image_size is not None and labels.shape != tuple(image_size):
        faults.append(
            f'labels of {labels.shape[0]} x {labels.shape[1]} for an image of {image_size[0]} x '
            f'{image_size[1]} (height x width): both must have one size. Fix: render the labels '
            'at the size of the image, or look whether the two belong together.')
    if num_classes is not None:
        faults += _numbers_out_of_range(labels, max(num_classes, 2), ignore_index)
    return faults


def _numbers_out_of_range(labels: np.ndarray, num_classes: int, ignore_index: int) -> List[str]:
    # Nearly always this is all there is to do.
    wrong = labels >= num_classes
    wrong &= labels != ignore_index
    if not wrong.any():
        return []
    faults = []
    for label in np.unique(labels[wrong]):
        rows, columns = np.nonzero(labels == label)
        faults.append(
            f'label {label} ({len(rows)} pixels, the first at row {rows[0]}, column {columns[0]}): '
            f'must be 0 to {num_classes - 1}, or {ignore_index} to be ignored. Fix: renumber the '
            "labels, or set the data set's reduce_zero_label, metainfo or seg_map_suffix, or "
            'num_classes in the heads.')
    return faults
