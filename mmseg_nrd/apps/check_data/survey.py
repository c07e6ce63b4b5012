"""Walk the data sets of a config and add up what they hold."""
from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Optional, Tuple

import numpy as np

from mmseg_nrd.apps.cli.data_checks import list_samples, lists_its_files
from mmseg_nrd.apps.cli.pipelines import head_faults, innermost, label_heads, label_range

from .inspection import Finding, Inspection, Inspector

_LABELS = 256


@dataclass
class Survey:
    """What the data of a split hold.

    Attributes:
        split (str): 'train', 'val' or 'test'.
        classes (list[str]): Names, by number.
        ignore_index (int): The label that no loss counts.
        images (int): Samples in the data sets, repetitions not counted.
        inspected (int): Samples that were looked at.
        labelled (int): Samples whose labels could be read.
        sizes (Counter): Images by (H, W).
        pixels (np.ndarray): (256,), of each label.
        images_with (np.ndarray): (256,), images in which a label is.
        errors, warnings (list[Finding]): Everything that was found, in the order of the data.
    """
    split: str
    classes: List[str] = field(default_factory=list)
    ignore_index: int = 255
    images: int = 0
    inspected: int = 0
    labelled: int = 0
    sizes: Counter = field(default_factory=Counter)
    pixels: np.ndarray = field(default_factory=lambda: np.zeros(_LABELS, np.int64))
    images_with: np.ndarray = field(default_factory=lambda: np.zeros(_LABELS, np.int64))
    errors: List[Finding] = field(default_factory=list)
    warnings: List[Finding] = field(default_factory=list)

    def add(self, found: Inspection) -> None:
        """Count one sample."""
        self.inspected += 1
        self.errors += found.errors
        self.warnings += found.warnings
        if found.size is not None:
            self.sizes[tuple(found.size)] += 1
        if found.counts is not None:
            self.labelled += 1
            self.pixels += found.counts
            self.images_with += found.counts > 0

    @property
    def ignored_share(self) -> Optional[float]:
        """Of the pixels that have a label; None without labels."""
        total = self.pixels.sum()
        ignored = self.pixels[self.ignore_index] if 0 <= self.ignore_index < _LABELS else 0
        return float(ignored / total) if total else None


def survey_data(cfg: Mapping[str, Any], split: str, workers: int = 1,
                limit: Optional[int] = None,
                track: Callable[[Iterable, int], Iterable] = lambda samples, count: samples
                ) -> Survey:
    """Read all images and labels of a split, and find all that training would stumble over.

    Data sets and loading steps are those that the config builds, so labels are counted after
    ``reduce_zero_label`` and the mapping to the classes of ``metainfo``.

    Args:
        cfg (Mapping): A config with the data loaders of MMSeg; a model may be missing.
        split (str): 'train', 'val' or 'test'.
        workers (int): Threads that read. Defaults to 1.
        limit (int, optional): Look at so many samples of each data set only, the first ones.
        track (Callable): Wraps the samples' inspections, given how many there will be, to show
            how far they are.

    Returns:
        Survey: with everything found.

    Raises:
        FileNotFoundError: if a folder or an annotation list is not there.
        ValueError: if ``workers`` is not positive, the config has no such data loader, or a data
            set holds no image or is of a kind that cannot be listed.
    """
    if workers < 1:
        raise ValueError(f'workers={workers}: must be at least 1. Fix: 1 reads one by one.')
    loader = cfg.get(f'{split}_dataloader')
    if loader is None:
        raise ValueError(f'{split}_dataloader: the config has none. Fix: choose other splits.')
    model = cfg.get('model')
    num_classes, ignore_index = label_range(model)
    survey = Survey(split, ignore_index=ignore_index)
    jobs = [_plan(dataset, survey, num_classes, limit)
            for dataset in innermost(loader['dataset'])]
    _compare_with_heads(survey, model)
    total = sum(len(samples) for _, samples in jobs)
    with _pool(workers) as pool:
        for found in track(_inspect(jobs, pool), total):
            survey.add(found)
    _look_for_absent_classes(survey)
    return survey


def _plan(dataset: Mapping[str, Any], survey: Survey, num_classes: Optional[int],
          limit: Optional[int]) -> Tuple[Inspector, list]:
    where = f'{survey.split}_dataloader.dataset'
    if not lists_its_files(dataset, where):
        raise ValueError(f"{where}.type={dataset['type']!r}: must derive from mmengine's "
                         'BaseDataset, which can list its files. Fix: check another split.')
    built = list_samples(dataset, where)
    # Some data sets leave naming their classes to the config.
    classes = list(built.metainfo.get('classes') or map(str, range(num_classes or 0)))
    inspector = Inspector(dataset.get('pipeline') or (), len(classes) or None,
                          survey.ignore_index, where, local=not dataset.get('backend_args'))
    if not survey.images:
        survey.classes = classes
    elif classes != survey.classes:
        survey.errors.append(Finding(
            where, f"its parts have different classes: {', '.join(survey.classes)}; and "
            f"{', '.join(classes)}. Fix: give all the same metainfo."))
    if not inspector.reads_labels or 'seg_map_path' not in built.data_list[0]:
        survey.warnings.append(Finding(
            where, 'labels were not looked at: the pipeline has no LoadAnnotations, or the data '
            'set no seg_map_path'))
    survey.images += len(built)
    return inspector, built.data_list[:limit]


def _compare_with_heads(survey: Survey, model: Optional[Mapping[str, Any]]) -> None:
    count = len(survey.classes)
    other = {place: head['num_classes'] for place, head in label_heads(model)
             if head.get('num_classes') not in (None, count)}
    if other:
        heads = ', '.join(f'{place} {number}' for place, number in other.items())
        survey.errors.append(Finding(
            f'{survey.split}_dataloader.dataset', f'the data set has {count} classes, {heads}: all '
            f'must have as many. Fix: set num_classes={count} in every head, or the metainfo of '
            'the data set.'))
    survey.errors += [Finding('the config', fault) for fault in head_faults(model)
                      if 'ignore_index' in fault]


def _inspect(jobs: list, pool: ThreadPoolExecutor) -> Iterator[Inspection]:
    for inspector, samples in jobs:
        yield from pool.map(inspector, samples)


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    # Threads, since decoders run side by side in them; forked, OpenCV waits for threads of the
    # process before that are not there.
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        # Interrupted, it would otherwise read what is left first.
        pool.shutdown(cancel_futures=True)


def _look_for_absent_classes(survey: Survey) -> None:
    if not survey.labelled:
        return
    for number, name in enumerate(survey.classes):
        if not survey.images_with[number]:
            survey.warnings.append(Finding(
                f'class {number} ({name})', 'is in no label that was read: it cannot be learnt '
                'from them, and its IoU is no number'))
