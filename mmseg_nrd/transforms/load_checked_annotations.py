"""MMSeg's labels, looked at before they are trained on."""
from __future__ import annotations

import math
from typing import Optional

from mmseg.datasets.transforms import LoadAnnotations
from mmseg.registry import TRANSFORMS

from mmseg_nrd.checks import check_positive_int

from .labels import label_faults, wide_label


@TRANSFORMS.register_module()
class LoadCheckedAnnotations(LoadAnnotations):
    """MMSeg's ``LoadAnnotations``, which names the file of labels that cannot be trained on.

    Without it, a label without a class ends a training on a GPU in a device-side assert, and
    labels of another size than their image may be cropped and trained on beside it. The labels
    that it loads are the same. Takes the place of ``LoadAnnotations``, behind
    ``LoadImageFromFile``.

    Args:
        num_classes (int, optional): Of the decode head. Labels must be below, or 0 and 1 for a
            single logit (1); None leaves them unchecked.
        ignore_index (int): The one other label there may be. Defaults to 255.
        reduce_zero_label (bool, optional): See ``LoadAnnotations``.
        backend_args (dict, optional): See ``LoadAnnotations``.
        imdecode_backend (str): See ``LoadAnnotations``. Defaults to 'pillow'.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it cannot be decoded, is not of the image's size, has several channels, or
            labels out of range.
    """

    def __init__(self, num_classes: Optional[int] = None, ignore_index: int = 255,
                 reduce_zero_label: Optional[bool] = None, backend_args: Optional[dict] = None,
                 imdecode_backend: str = 'pillow'):
        if num_classes is not None:
            check_positive_int('num_classes', num_classes)
        super().__init__(reduce_zero_label=reduce_zero_label, backend_args=backend_args,
                         imdecode_backend=imdecode_backend)
        self.num_classes = num_classes
        self.ignore_index = ignore_index

    def load(self, results: dict) -> dict:
        """What ``LoadAnnotations`` does, with the file's name in every error."""
        path = results['seg_map_path']
        try:
            results = super().transform(results)
        except (FileNotFoundError, PermissionError, KeyError, AssertionError):
            raise  # no fault of what the file holds; MMSeg asserts that options agree
        except Exception as error:  # every decoder has its own, and none knows the file
            raise ValueError(f'{path}: cannot be read as labels ({type(error).__name__}: {error}). '
                             'Fix: write the file anew, as a PNG.') from error
        wide = wide_label(path, self.imdecode_backend)
        if wide is not None:
            would = f', and MMSeg would read it as {int(wide) % 256}' if math.isfinite(wide) else ''
            raise ValueError(f'{path}: label {wide}: must be a whole number of 0 to 255{would}. '
                             'Fix: renumber the labels, and save them with eight bits.')
        return results

    def transform(self, results: dict) -> dict:
        """Load and check ``results['gt_seg_map']``."""
        results = self.load(results)
        faults = label_faults(results['gt_seg_map'], results.get('ori_shape'), self.num_classes,
                              self.ignore_index)
        if faults:
            raise ValueError(f"{results['seg_map_path']} (image {results.get('img_path')}): "
                             f'{faults[0]} All such files: tools/check_dataset.py')
        return results

    def __repr__(self) -> str:
        return (f'{type(self).__name__}(num_classes={self.num_classes}, '
                f'ignore_index={self.ignore_index}, reduce_zero_label={self.reduce_zero_label}, '
                f"imdecode_backend='{self.imdecode_backend}', backend_args={self.backend_args})")
