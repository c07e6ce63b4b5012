"""AlexNet's PCA jitter of the light's colour."""
from __future__ import annotations

import math
from numbers import Real

import mmcv
import numpy as np
from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

# Principal components of ImageNet's colours, as fb.resnet.torch published them and everybody
# uses them: eigenvalues for values of 0 to 1; unit vectors in the columns, rows red, green, blue.
EIGENVALUES = np.array([0.2175, 0.0188, 0.0045])
EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009],
                         [-0.5808, -0.0045, -0.8140],
                         [-0.5836, -0.6948, 0.4203]])


@TRANSFORMS.register_module()
class RandomLighting(BaseTransform):
    """Add a random colour, the same to every pixel, along ImageNet's principal components.

    Section 4.1 of AlexNet (Krizhevsky, Sutskever, Hinton, NeurIPS 2012); the operation is mmcv's
    ``adjust_lighting``. That GUN (Mazzini, BMVC 2018) studied lighting jitter is the paper's;
    its strength of 0.1 is our reconstruction.

    Convention: channels are blue, green, red, as MMSeg loads them, so it belongs before the data
    preprocessor; values are 0 to 255, also where they are floats, and stay in that range.
    Integers are rounded to the nearest. The randomness is numpy's global one.

    Required Keys:

    - img (np.ndarray): (H, W, 3), uint8 or floating.

    Modified Keys:

    - img, of the same shape and dtype

    Args:
        scale (float): Standard deviation of the coefficient of each component. Defaults to 0.1.

    Raises:
        ValueError: if ``scale`` is no finite number of at least 0, or the image is none as above.

    Example:
        >>> jitter = RandomLighting(scale=0.1)
        >>> jitter(dict(img=np.full((4, 6, 3), 128, np.uint8)))['img'].shape
        (4, 6, 3)
    """

    def __init__(self, scale: float = 0.1):
        if (isinstance(scale, bool) or not isinstance(scale, Real)
                or not 0 <= scale < math.inf):
            raise ValueError(
                f'scale={scale!r}: must be a finite number of at least 0. Fix: 0.1 is usual.')
        self.scale = float(scale)

    def transform(self, results: dict) -> dict:
        """Change the light of ``results['img']``."""
        image = results['img']
        if image.ndim != 3 or image.shape[2] != 3 or not (
                image.dtype == np.uint8 or np.issubdtype(image.dtype, np.floating)):
            raise ValueError(
                f'img of shape {image.shape} and {image.dtype}: must be (H, W, 3), uint8 or '
                'floating. Fix: put RandomLighting where the image is still as it was loaded.')
        # mmcv would turn the image to RGB and leave it so; the vectors turn to BGR instead.
        jittered = mmcv.adjust_lighting(
            image, EIGENVALUES * 255, EIGENVECTORS[::-1], alphastd=self.scale, to_rgb=False)
        if image.dtype == np.uint8:
            jittered = np.rint(jittered)
        results['img'] = np.clip(jittered, 0, 255).astype(image.dtype)
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(scale={self.scale})'
