"""Walk the data sets of a config and add up what they hold."""
from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Set, Tuple

import numpy as np
from mmengine.dataset import BaseDataset

from mmseg_nrd.apps.cli.data_checks import build_data_sets, label_heads, learnt_labels
from mmseg_nrd.transforms import LoadCheckedAnnotations

from .inspection import NUM_LABELS, Finding, Inspection, Inspector


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
        unjudged (set[str]): Why labels were not looked at.
        errors, warnings (list[Finding]): Everything that was found, in the order of the data.
    """
    split: str
    classes: List[str] = field(default_factory=list)
    ignore_index: int = 255
    images: int = 0
    inspected: int = 0
    labelled: int = 0
    sizes: Counter = field(default_factory=Counter)
    pixels: np.ndarray = field(default_factory=lambda: np.zeros(NUM_LABELS, np.int64))
    images_with: np.ndarray = field(default_factory=lambda: np.zeros(NUM_LABELS, np.int64))
    unjudged: Set[str] = field(default_factory=set)
    errors: List[Finding] = field(default_factory=list)
    warnings: List[Finding] = field(default_factory=list)

    def add(self, found: Inspection) -> None:
        """Count one sample."""
        self.inspected += 1
        self.errors += found.errors
        self.warnings += found.warnings
        if found.size is not None:
            self.sizes[tuple(found.size)] += 1
        if found.unjudged:
            self.unjudged.add(found.unjudged)
        if found.counts is not None:
            self.labelled += 1
            self.pixels += found.counts
            self.images_with += found.counts > 0

    @property
    def ignored_share(self) -> Optional[float]:
        """Of the pixels that have a label; None without labels."""
        total = self.pixels.sum()
        ignored = self.pixels[self.ignore_index] if 0 <= self.ignore_index < NUM_LABELS else 0
        return float(ignored / total) if total else None


def survey_data(cfg: Mapping[str, Any], split: str, workers: int = 1,
                limit: Optional[int] = None,
                track: Callable[[Iterable, int], Iterable] = lambda samples, count: samples
                ) -> Survey:
    """Read all images and labels of a split, and find all that training would stumble over.

    Data sets and loading steps are those that the config builds, so labels are counted after
    ``reduce_zero_label`` and the mapping to the classes of ``metainfo``. What trains on MMSeg is no
    error; what is wrong with every file is told once.

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
        FileNotFoundError: if a folder or a list of files is not there.
        ValueError: if ``workers`` is not positive, the config has no such data loader, a data set
            holds no image, or a text stands in place of its classes.
    """
    if workers < 1:
        raise ValueError(f'workers={workers}: must be at least 1. Fix: 1 reads one by one.')
    if cfg.get(f'{split}_dataloader') is None:
        raise ValueError(f'{split}_dataloader: the config has none. Fix: choose other splits.')
    where = f'{split}_dataloader.dataset'
    survey = Survey(split)
    built = list(build_data_sets(cfg, split))
    data_sets = [each for each in built if each is not None]
    if len(data_sets) < len(built):
        survey.warnings.append(Finding(
            where, 'was not looked at: only data sets that derive from BaseDataset, and leave the '
            'preparing of samples to it, say what their files are'))
    heads, steps = _learners(cfg.get('model'), data_sets, where)
    known = _name_classes(survey, data_sets, {**heads, **steps}, where)
    ignored = {255, *(label for _, label in {**heads, **steps}.values())}
    if any(place.startswith('model.decode_head') for place in heads):
        survey.ignore_index = list(heads.values())[-1][1]
    survey.images = sum(map(len, data_sets))
    jobs = [(Inspector(each, known, sorted(ignored)), range(len(each))[:limit])
            for each in data_sets]
    # Threads, since decoders run side by side in them; forked, OpenCV waits for threads of the
    # process before that are not there.
    pool = ThreadPoolExecutor(workers)
    try:
        inspected = (found for inspect, samples in jobs for found in pool.map(inspect, samples))
        for found in track(inspected, sum(len(samples) for _, samples in jobs)):
            survey.add(found)
    finally:
        # Interrupted, it would otherwise read what is left first.
        pool.shutdown(cancel_futures=True)
    survey.errors = _once(survey.errors, survey.inspected, where)
    # Validation takes no loss.
    _compare(survey, {**heads, **steps} if split == 'train' else steps, known, ignored)
    _look_for_what_is_absent(survey, where)
    return survey


def _learners(model: Optional[Mapping[str, Any]], data_sets: List[BaseDataset], where: str
              ) -> Tuple[Dict[str, tuple], Dict[str, tuple]]:
    """What heads learn and ignore, and what steps of pipelines let pass, by their places."""
    heads = {place: learnt_labels(head) for place, head in label_heads(model).items()}
    steps = {f'{where}.pipeline, LoadCheckedAnnotations': learnt_labels(vars(step))
             for each in data_sets for step in each.pipeline.transforms
             if isinstance(step, LoadCheckedAnnotations)}
    return heads, steps


def _name_classes(survey: Survey, data_sets: List[BaseDataset], learners: Dict[str, tuple],
                  where: str) -> int:
    """Set the survey's classes; returns how many labels the data sets or a learner know."""
    learnt = max((number or 0 for number, _ in learners.values()), default=0)
    # Some data sets leave naming their classes to the config.
    named = [list(each.metainfo.get('classes') or map(str, range(learnt))) for each in data_sets]
    survey.classes = max(named, key=len, default=[])
    if any(classes != named[0] for classes in named):
        survey.warnings.append(Finding(where, 'its parts have different classes'))
    return max(learnt, len(survey.classes))


def _once(findings: List[Finding], inspected: int, where: str) -> List[Finding]:
    """Findings, with one of the config in place of the same one of every file."""
    # What differs from file to file stands in brackets.
    kinds = [re.sub(r'\([^)]*\)', '', each.text) for each in findings]
    counts = Counter(kinds)
    told = {}
    for number, (each, kind) in enumerate(zip(findings, kinds)):
        if counts[kind] < max(inspected, 2):
            told[number] = each
        elif kind not in told:
            told[kind] = Finding(where, f'all {inspected} files, such as {each}')
    return list(told.values())


def _compare(survey: Survey, learners: Dict[str, tuple], known: int, ignored: Set[int]) -> None:
    """Tell of labels that are right for the data set, or for some heads, and not for others."""
    right = [label for label in np.flatnonzero(survey.pixels) if label < known or label in ignored]
    count = max(len(survey.classes), 2)
    for place, (number, ignore_index) in learners.items():
        if number is None:
            continue
        wrong = [str(label) for label in right if label >= number and label != ignore_index]
        if wrong:
            survey.errors.append(Finding(
                place, f"the labels have {', '.join(wrong)}, of which num_classes={number} and "
                f'ignore_index={ignore_index} know nothing. Fix: give all heads and steps the '
                'num_classes and the ignore_index of the data.'))
        elif number != count:
            survey.warnings.append(Finding(
                place, f'learns {number} classes, the data set has {len(survey.classes)}'))


def _look_for_what_is_absent(survey: Survey, where: str) -> None:
    if not survey.sizes and survey.inspected and not survey.errors:
        survey.warnings.append(Finding(where, 'images were not looked at: the pipeline loads none'))
    for reason in sorted(survey.unjudged):
        survey.warnings.append(Finding(where, f'labels were not looked at: {reason}'))
    if not survey.labelled:
        if not survey.errors and not survey.unjudged:
            survey.warnings.append(Finding(
                where, 'labels were not looked at: the pipeline loads none'))
        return
    for number, name in enumerate(survey.classes):
        if not survey.images_with[number]:
            survey.warnings.append(Finding(
                f'class {number} ({name})', 'is in no label that was read: it cannot be learnt '
                'from them, and its IoU is no number'))
