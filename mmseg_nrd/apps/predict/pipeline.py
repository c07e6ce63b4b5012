"""A config's test pipeline as it serves images without a data set."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterable, List, Tuple, Union

import cv2
import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import TRANSFORMS

from mmseg_nrd.apps.cli.configs import type_name

# They read a truth that is not there.
_ANNOTATIONS = ('LoadAnnotations', 'LoadCheckedAnnotations', 'LoadDepthAnnotation')


class UnreadableImageError(Exception):
    """An image that its loader cannot read; the message says which and why."""


class _Flip:
    """A flip that torch takes where a side is one pixel long.

    numpy calls such an array contiguous, so that MMSeg hands it on as it is, with the negative
    stride that torch refuses.
    """

    def __init__(self, config: dict):
        self._flip = TRANSFORMS.build(config)

    def __call__(self, results: dict) -> dict:
        results = self._flip(results)
        image = results['img']
        if image.flags.c_contiguous and min(image.strides) < 0:
            results['img'] = image.copy()
        return results


def _kept(transforms: Iterable[dict], own_size: bool) -> List[Union[dict, Callable]]:
    kept = []
    for transform in transforms:
        name = type_name(transform)
        resizes = name in ('Resize', 'ResizeShortestEdge') and transform.get('scale') is not None
        if name in _ANNOTATIONS or (own_size and resizes):
            continue
        if name == 'TestTimeAug':
            branches = [_kept(branch, own_size) for branch in transform['transforms']]
            # An empty branch would leave no combination at all.
            transform = {**transform, 'transforms': [branch for branch in branches if branch]}
        kept.append(_Flip(dict(transform)) if name == 'RandomFlip' else dict(transform))
    return kept


def split_pipeline(cfg: Config, tta: bool, own_size: bool) -> Tuple[Callable, Callable]:
    """The loader of a config's test pipeline and what follows it, annotations left out.

    With ``own_size``, each resize to a ``scale`` is left out; one by a ``scale_factor`` stays.

    Raises:
        ValueError: if the config has no such pipeline, or it does not begin with a loader.
    """
    pipeline = cfg.get('tta_pipeline') if tta else (
        cfg.get('test_dataloader') or {}).get('dataset', {}).get('pipeline')
    if not pipeline or not type_name(pipeline[0]).startswith('Load'):
        raise ValueError(
            f"{'tta_pipeline' if tta else 'test_dataloader.dataset.pipeline'}: must be a list that "
            'begins with what loads an image. Fix: use a config with such a pipeline, as '
            'mmseg::_base_/datasets/cityscapes.py has.')
    return TRANSFORMS.build(dict(pipeline[0])), Compose(_kept(pipeline[1:], own_size))


def read_image(loader: Callable, path: Path) -> np.ndarray:
    """An image as a pipeline's loader reads it.

    Raises:
        UnreadableImageError: if it cannot be read.
    """
    try:
        results = loader(dict(img_path=str(path)))
        if results is not None:
            return results['img']
        reason = 'the loader gives nothing'
    except OSError as error:
        reason = error.strerror or str(error)
    # What MMSeg's loader raises for bytes that OpenCV does not know.
    except (AssertionError, cv2.error) as error:
        reason = 'the file is empty' if path.stat().st_size == 0 else (
            'no image, damaged, or of a format that this loader does not know '
            f'({str(error).strip()})')
    raise UnreadableImageError(f'{path}: {reason}')
