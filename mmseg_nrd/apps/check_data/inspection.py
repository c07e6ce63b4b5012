"""Read one sample of a data set as training would, and say all that is wrong with it."""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import List, Optional, Sequence, Tuple

import numpy as np
from mmengine.dataset import BaseDataset
from mmseg.datasets.transforms import LoadAnnotations
from PIL import Image, UnidentifiedImageError

from mmseg_nrd.apps.cli.data_checks import file_fault
from mmseg_nrd.transforms import LoadCheckedAnnotations
from mmseg_nrd.transforms.labels import label_faults

NUM_LABELS = 256  # of the eight bits that MMSeg reads
_ORIENTATION = 0x0112  # EXIF's tag
_HOSTS = ('mmcv', 'mmengine', 'mmseg', 'mmseg_nrd')


@dataclass
class Finding:
    """What was found of a file, in a sentence."""
    file: str
    text: str

    def __str__(self) -> str:
        return f'{self.file}: {self.text}'


@dataclass
class Inspection:
    """What one sample holds: what is wrong with it, and what is merely odd, too."""
    size: Optional[Tuple[int, int]] = None  # (H, W) of the image
    counts: Optional[np.ndarray] = None  # (256,), pixels of each label
    unjudged: str = ''  # why the labels were not looked at
    errors: List[Finding] = field(default_factory=list)
    warnings: List[Finding] = field(default_factory=list)


def _is_of_the_host(step: object) -> bool:
    """Whether a step of a pipeline is one of MMSeg's, mmcv's or ours."""
    return type(step).__module__.split('.')[0] in _HOSTS


def _loads(step: object) -> bool:
    # Of a step of somebody's own nothing is known.
    return type(step).__name__.startswith('Load') or not _is_of_the_host(step)


def _checked(step: object) -> object:
    """MMSeg's own loading of labels by our subclass, which tells numbers of too many bits."""
    if type(step) is not LoadAnnotations:
        return step
    return LoadCheckedAnnotations(
        reduce_zero_label=step.reduce_zero_label, backend_args=step.backend_args,
        imdecode_backend=step.imdecode_backend)


class Inspector:
    """Reads samples of a data set with the steps of its pipeline that load.

    Labels must be below ``num_classes``, if that is not 0, or among the ``ignored``.
    """

    def __init__(self, dataset: BaseDataset, num_classes: int, ignored: Sequence[int]):
        self._dataset = dataset
        self._steps = [_checked(step) for step in dataset.pipeline.transforms]
        self._end = 1 + max((index for index, step in enumerate(self._steps) if _loads(step)),
                            default=-1)
        # What these steps refuse ends the training.
        self._refuses_sizes = any(isinstance(step, LoadCheckedAnnotations)
                                  for step in dataset.pipeline.transforms)
        self._num_classes = num_classes
        self._ignored = list(ignored)

    def __call__(self, index: int) -> Inspection:
        """Inspect a sample of the data set."""
        found = Inspection()
        results = self._dataset.get_data_info(index)
        turns = False
        for number, step in enumerate(self._steps[:self._end]):
            labels = 'img' in results or isinstance(step, LoadAnnotations)
            path = str(results.get('seg_map_path' if labels else 'img_path', f'sample {index}'))
            had = 'img' in results, 'gt_seg_map' in results
            try:
                results = (step.load if isinstance(step, LoadCheckedAnnotations) else step)(results)
            except Exception as error:  # what cannot be loaded is what is looked for
                found.errors.append(Finding(path, _told(step, path, error)))
                return found
            if results is None:
                found.warnings.append(Finding(
                    path, 'cannot be read: another sample takes its place'))
                return found
            if 'img' in results and not had[0]:
                # Volumes have their planes in front.
                found.size = tuple(results.get('ori_shape', results['img'].shape[:2]))[-2:]
                turns = getattr(step, 'color_type', None) in ('color', 'grayscale')
            if 'gt_seg_map' in results and not had[1]:
                self._inspect_labels(number, results['gt_seg_map'], path, found)
            if 'img' in results and 'gt_seg_map' in results:
                if turns:
                    _inspect_orientation(str(results.get('img_path')), found)
                break
        return found

    def _inspect_labels(self, number: int, labels: np.ndarray, path: str,
                        found: Inspection) -> None:
        own = [type(step).__name__ for step in self._steps[number + 1:]
               if not _is_of_the_host(step)]
        plain = isinstance(self._steps[number], LoadCheckedAnnotations)
        if own:
            found.unjudged = f"{', '.join(own)} may change them"
        elif not plain and not _are_small_numbers(labels):
            found.unjudged = f'they are of {labels.dtype} and of shape {labels.shape}'
        else:
            known = np.isin(labels, self._ignored)
            faults = label_faults(np.where(known, 255, labels), found.size if plain else None,
                                  self._num_classes or None)
            if known.all():
                found.warnings.append(Finding(path, 'all pixels are ignored: nothing is learnt '
                                              'from this image'))
            if labels.ndim == 2:
                found.counts = np.bincount(labels.ravel(), minlength=NUM_LABELS)
                if plain and self._are_resized(number, labels.shape, found.size):
                    found.warnings.append(Finding(path, faults.pop(0)))
            found.errors += [Finding(path, fault) for fault in faults]

    def _are_resized(self, number: int, size: tuple, image_size: Optional[tuple]) -> bool:
        """Whether labels of another size than the image, but of its shape, come to fit it."""
        if image_size in (None, size) or self._refuses_sizes:
            return False
        resized = any('Resize' in type(step).__name__ for step in self._steps[number + 1:])
        difference = size[0] * image_size[1] - size[1] * image_size[0]
        return resized and abs(difference) <= sum(image_size) / 2


def _are_small_numbers(labels: np.ndarray) -> bool:
    return (labels.ndim == 2 and labels.size > 0 and np.issubdtype(labels.dtype, np.integer)
            and labels.min() >= 0 and labels.max() < NUM_LABELS)


def _told(step: object, path: str, error: Exception) -> str:
    fault = file_fault(path)
    # What is no file may be a name that the step finds elsewhere.
    if fault is not None and (os.path.isfile(path) or isinstance(error, FileNotFoundError)):
        return fault
    text = str(error)
    if text.startswith(f'{path}: '):
        return text.removeprefix(f'{path}: ')
    return f'cannot be read ({type(step).__name__}: {type(error).__name__}: {text})'


def orientation(path: str) -> int:
    """The EXIF orientation of an image file, 1 to 8; 1, as it is stored, if it names none.

    Only the head of the file is read.
    """
    try:
        with Image.open(path) as image:
            # Pillow would decode a whole PNG to look for the tag behind the pixels.
            if image.format == 'PNG' and 'exif' not in image.info:
                return 1
            return image.getexif().get(_ORIENTATION, 1)
    except (UnidentifiedImageError, Image.DecompressionBombError):
        return 1


def _inspect_orientation(path: str, found: Inspection) -> None:
    tag = orientation(path) if os.path.isfile(path) else 1
    if tag != 1:
        found.warnings.append(Finding(
            path, f'EXIF orientation {tag}: loading turns or mirrors the image, and leaves its '
            'labels as they are. Fix: unless the labels were drawn on the turned image, write '
            'the image without the tag'))
