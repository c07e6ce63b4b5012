"""Boundary IoU and trimap IoU as a metric of MMSegmentation."""
from __future__ import annotations

import math
from numbers import Real
from typing import Dict, List, Optional, Sequence

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import MMLogger, print_log
from mmseg.registry import METRICS
from prettytable import PrettyTable

from mmseg_nrd.checks import check_positive_int, is_int

from .boundaries import boundary_distance, boundary_region, label_contour, overlap, trimap_band


def _check_arguments(dilation_ratio, dilation, trimap_widths, ignore_index) -> None:
    if (isinstance(dilation_ratio, bool) or not isinstance(dilation_ratio, Real)
            or not 0 < dilation_ratio <= 1):
        raise ValueError(f'dilation_ratio={dilation_ratio!r}: must be a number above 0 and at '
                         'most 1. Fix: 0.02 is usual.')
    if dilation is not None:
        check_positive_int('dilation', dilation)
    if (not isinstance(trimap_widths, (list, tuple))
            or not all(is_int(width) and width > 0 for width in trimap_widths)
            or len(set(trimap_widths)) != len(trimap_widths)):
        raise ValueError(f'trimap_widths={trimap_widths!r}: must be a list of different integers '
                         'of at least 1. Fix: for example (1, 2, 4).')
    if not is_int(ignore_index):
        raise ValueError(f'ignore_index={ignore_index!r}: must be an integer. Fix: 255 is usual.')


def _label_map(sample: dict, key: str) -> torch.Tensor:
    """The (H, W) tensor of a data sample, whatever its type and device."""
    data = sample[key]['data']
    if data.dim() not in (2, 3) or data.shape[:-2].numel() != 1:
        raise ValueError(f'{key} of shape {tuple(data.shape)}: must be (1, H, W) or (H, W). Fix: '
                         'give one label map an image, not logits or colours.')
    # The predictions of a head with a single logit are labels, but float.
    if data.is_floating_point() and not torch.equal(data, data.round()):
        raise ValueError(f'{key} of {data.dtype} holds values between the integers: must be '
                         'labels. Fix: give the labels, not probabilities.')
    return data.reshape(data.shape[-2:]).long()


def _compact(labels: torch.Tensor, num_classes: int) -> np.ndarray:
    """Labels as :mod:`.boundaries` wants them: small, and num_classes for what is no class."""
    no_class = (labels < 0) | (labels >= num_classes)
    dtype = torch.uint8 if num_classes <= 255 else torch.int16
    return labels.masked_fill(no_class, num_classes).to(dtype).cpu().numpy()


@METRICS.register_module()
class BoundaryIoUMetric(BaseMetric):
    """IoU of the classes' boundary regions, and IoU in a band around the true contours.

    Boundary IoU (Cheng et al., *Boundary IoU: Improving Object-Centric Image Segmentation
    Evaluation*, CVPR 2021) carried over from masks to labels: of each class only the pixels at
    most d from its outline count, in prediction and truth. The image's border is an outline and
    an ignored region is none (:func:`.boundaries.boundary_region`). Trimap IoU is the ordinary
    one, over the pixels at most w from those that touch a contour of the truth
    (:func:`.boundaries.trimap_band`).

    As in ``IoUMetric``, beside which it may stand in one list: pixels that the truth ignores count
    nowhere, intersections and unions are summed over the data set, figures are per cent, rounded
    to two digits, a mean is over the classes with a union, and a label that is no class (all such
    are one here) has no row. Without any class left, a mean is nan.

    Convention: distances are pixels of the truth at its original size, along rows and columns
    (a 3 x 3 square, so a diagonal step is one, too).

    Required Keys in each data sample:

    - pred_sem_seg.data (Tensor): (1, H, W), labels of any dtype, on any device
    - gt_sem_seg.data (Tensor): the same shape

    Returned keys: ``mBIoU``, and for each of the widths ``mTrimapIoU_{w}px``. mmengine's
    ``CheckpointHook`` needs ``rule='greater'`` beside one of them as ``save_best``.

    Args:
        dilation_ratio (float): d as a share of the image's diagonal, rounded, at least one pixel.
            Defaults to 0.02, as the paper has it for COCO and LVIS; the authors' evaluation of
            Cityscapes' larger images takes 0.005.
        dilation (int, optional): d in pixels, for every image, instead of the ratio. Defaults to
            None.
        trimap_widths (Sequence[int]): The widths w of the bands, to each side. Defaults to ().
        ignore_index (int): The truth's label of ignored pixels. Defaults to 255.
        collect_device (str): 'cpu' or 'gpu', where results of several processes are collected.
            Defaults to 'cpu'.
        prefix (str, optional): Goes before the keys, with a slash. Defaults to None.

    Raises:
        ValueError: if an argument is out of range, or prediction and truth are no label maps of
            the same size.

    Example:
        >>> val_evaluator = [dict(type='IoUMetric', iou_metrics=['mIoU']),
        ...                  dict(type='BoundaryIoUMetric', trimap_widths=(1, 4))]
    """

    def __init__(self,
                 dilation_ratio: float = 0.02,
                 dilation: Optional[int] = None,
                 trimap_widths: Sequence[int] = (),
                 ignore_index: int = 255,
                 collect_device: str = 'cpu',
                 prefix: Optional[str] = None) -> None:
        _check_arguments(dilation_ratio, dilation, trimap_widths, ignore_index)
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.dilation_ratio = dilation_ratio
        self.dilation = dilation
        self.trimap_widths = tuple(trimap_widths)
        self.ignore_index = ignore_index

    def process(self, data_batch: dict, data_samples: Sequence[dict]) -> None:
        """Append for each sample an array (1 + widths, 2, K): intersections and unions."""
        num_classes = len(self.dataset_meta['classes'])
        for sample in data_samples:
            pred, truth = (_label_map(sample, key) for key in ('pred_sem_seg', 'gt_sem_seg'))
            if pred.shape != truth.shape:
                raise ValueError(
                    f'pred_sem_seg of {tuple(pred.shape)} and gt_sem_seg of {tuple(truth.shape)} '
                    'pixels: must have the same size. Fix: load the annotations after Resize in '
                    'the test pipeline, so that they keep the size that predictions go back to.')
            ignored = (truth == self.ignore_index).cpu().numpy()
            self.results.append(self._overlaps(
                _compact(pred, num_classes), _compact(truth, num_classes), ignored, num_classes))

    def _overlaps(self, pred: np.ndarray, truth: np.ndarray, ignored: np.ndarray,
                  num_classes: int) -> np.ndarray:
        distance = self.dilation or boundary_distance(*truth.shape, self.dilation_ratio)
        regions = [[boundary_region(labels, ignored, distance) for labels in (pred, truth)]]
        if self.trimap_widths:
            contour = label_contour(truth, ignored)
            regions += [[trimap_band(contour, ignored, width)] * 2
                        for width in self.trimap_widths]
        return np.stack([overlap(pred, truth, *pair, num_classes) for pair in regions])

    def compute_metrics(self, results: List[np.ndarray]) -> Dict[str, float]:
        """Sum the images' counts, print a row for each class and return the means in per cent."""
        names = ['BIoU', *(f'TrimapIoU_{width}px' for width in self.trimap_widths)]
        table = PrettyTable()
        table.add_column('Class', list(self.dataset_meta['classes']))
        metrics = {}
        for name, (intersection, union) in zip(names, sum(results)):
            occurs = union > 0
            iou = np.full(len(union), math.nan)
            iou[occurs] = 100 * intersection[occurs] / union[occurs]
            table.add_column(name, np.round(iou, 2))
            metrics[f'm{name}'] = round(float(iou[occurs].mean()), 2) if occurs.any() else math.nan
        logger = MMLogger.get_current_instance()
        print_log('per class results:', logger)
        print_log('\n' + table.get_string(), logger=logger)
        return metrics
