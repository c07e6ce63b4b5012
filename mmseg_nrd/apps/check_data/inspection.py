"""Read one sample of a data set as training would, and say all that is wrong with it."""
from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from mmseg.registry import TRANSFORMS

from mmseg_nrd.apps.cli.data_checks import file_fault
from mmseg_nrd.apps.cli.pipelines import LOAD_LABELS, find_step
from mmseg_nrd.transforms.labels import label_faults

from .orientation import orientation

_LABELS = 256  # of the eight bits that MMSeg reads


@dataclass
class Finding:
    """What was found of a file, in a sentence."""
    file: str
    text: str

    def __str__(self) -> str:
        return f'{self.file}: {self.text}'


@dataclass
class Inspection:
    """What one sample holds.

    Attributes:
        size (tuple[int, int], optional): (H, W) of the image; None if it cannot be read.
        counts (np.ndarray, optional): (256,), pixels of each label; None if they cannot be read.
        errors, warnings (list[Finding]): What is wrong, and what is merely odd.
    """
    size: Optional[Tuple[int, int]] = None
    counts: Optional[np.ndarray] = None
    errors: List[Finding] = field(default_factory=list)
    warnings: List[Finding] = field(default_factory=list)


class Inspector:
    """Reads samples with the loading steps of a config's pipeline.

    Args:
        pipeline (Sequence[Mapping]): Of the data set. Steps that change what was loaded are left
            out.
        num_classes (int, optional): K; None leaves the range of labels unchecked.
        ignore_index (int): The label that no loss counts.
        where (str): What errors call the data set.
        local (bool): Whether the files are on a local disk. Defaults to True.

    Raises:
        ValueError: if the pipeline loads no image.
    """

    def __init__(self, pipeline: Sequence[Mapping[str, Any]], num_classes: Optional[int],
                 ignore_index: int, where: str, local: bool = True):
        kinds = [step['type'].split('.')[-1] for step in pipeline]
        images = [step for step, kind in zip(pipeline, kinds)
                  if kind.startswith('Load') and 'Image' in kind]
        if not images:
            raise ValueError(f"{where}.pipeline: {', '.join(kinds) or 'empty'}: must load images. "
                             "Fix: begin it with dict(type='LoadImageFromFile').")
        index = find_step(pipeline, LOAD_LABELS)
        self._load_image = TRANSFORMS.build(images[0])
        # With other flags the host's decoders leave the image as it is stored.
        self._turns_images = getattr(self._load_image, 'color_type', None) in ('color', 'grayscale')
        self._load_labels = None
        if index is not None:
            # Checked here, so that all faults are found and a faulty label still counted.
            self._load_labels = TRANSFORMS.build(
                {**pipeline[index], 'type': 'LoadCheckedAnnotations'})
        self.num_classes = num_classes
        self.ignore_index = ignore_index
        self._local = local

    @property
    def reads_labels(self) -> bool:
        """Whether the pipeline loads labels as ``LoadAnnotations`` does."""
        return self._load_labels is not None

    def __call__(self, sample: Mapping[str, Any]) -> Inspection:
        """Inspect a sample of the data set's ``data_list``."""
        found = Inspection()
        image = self._load(self._load_image, sample, 'img_path', found)
        if image is not None:
            found.size = image['img'].shape[:2]
        if self.reads_labels and 'seg_map_path' in sample:
            if image is not None and self._turns_images:
                self._inspect_orientation(sample['img_path'], found)
            labels = self._load(self._load_labels.load, sample, 'seg_map_path', found)
            if labels is not None:
                self._inspect_labels(labels['gt_seg_map'], sample['seg_map_path'], found)
        return found

    def _load(self, step, sample: Mapping[str, Any], key: str,
              found: Inspection) -> Optional[dict]:
        path = sample[key]
        fault = file_fault(path) if self._local else None
        if fault is None:
            try:
                loaded = step(copy.deepcopy(sample))
                if loaded is not None:
                    return loaded
                fault = 'cannot be read, so that another image takes its place (ignore_empty)'
            except Exception as error:  # a file that no decoder reads is what is looked for
                text = str(error)
                fault = (text.removeprefix(f'{path}: ') if text.startswith(path) else
                         f'cannot be read ({type(error).__name__}: {text}). Fix: restore the file, '
                         'or take this image out of the data set.')
        found.errors.append(Finding(path, fault))
        return None

    def _inspect_orientation(self, path: str, found: Inspection) -> None:
        tag = orientation(path) if self._local else 1
        if tag != 1:
            found.warnings.append(Finding(
                path, f'EXIF orientation {tag}: loading turns or mirrors the image, and leaves its '
                'labels as they are. Fix: unless the labels were drawn on the turned image, write '
                'the image without the tag'))

    def _inspect_labels(self, labels: np.ndarray, path: str, found: Inspection) -> None:
        found.errors += [Finding(path, fault) for fault in label_faults(
            labels, found.size, self.num_classes, self.ignore_index)]
        if labels.ndim == 2:
            found.counts = np.bincount(labels.ravel(), minlength=_LABELS)
            if (labels == self.ignore_index).all():
                found.warnings.append(Finding(path, 'all pixels are ignored: nothing is learnt '
                                              'from this image'))
