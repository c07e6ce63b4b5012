"""Regions of a label map near its boundaries, and how far two label maps agree there.

Shapes: H, W: image height and width in pixels; K: number of classes.

Convention: ``labels`` is an (H, W) array of uint8 or int16 whose values 0 to K - 1 are classes,
and K is everything that is no class; ``ignored`` is an (H, W) array of bool, the pixels to leave
out. A square of distance d has its middle pixel and d more to each side: one filter with it is
the 3 x 3 square d times.
"""
from __future__ import annotations

import cv2
import numpy as np


def _square(distance: int) -> np.ndarray:
    # Whole, so that OpenCV filters rows and columns one after the other.
    return np.ones((2 * distance + 1, 2 * distance + 1), np.uint8)


def boundary_distance(height: int, width: int, ratio: float) -> int:
    """How far a boundary region reaches into its class, in pixels.

    Args:
        height (int): H of the image.
        width (int): W of the image.
        ratio (float): Share of the image's diagonal.

    Returns:
        int: the nearest integer, and at least 1.
    """
    return max(1, round(ratio * float(np.hypot(height, width))))


def boundary_region(labels: np.ndarray, ignored: np.ndarray, distance: int) -> np.ndarray:
    """Where a pixel lies in the boundary region of its own label.

    The region of Boundary IoU (Cheng et al., CVPR 2021) for every class at once: a class less its
    erosion by a 3 x 3 square, ``distance`` times. No class goes on outside of the image, so the
    image's border makes a boundary; every class goes on in ignored pixels, which make none.

    Args:
        labels (np.ndarray): (H, W), see the module's convention.
        ignored (np.ndarray): (H, W), bool.
        distance (int): In pixels, at least 1.

    Returns:
        np.ndarray: (H, W), bool, False where ignored.
    """
    height, width = labels.shape
    region = np.ones(labels.shape, bool)
    # Elsewhere the square reaches over the border.
    middle = slice(distance, height - distance), slice(distance, width - distance)
    if region[middle].size:
        # The erosion of a class holds a pixel exactly if the square around it has no other
        # label, that is, if the lowest and the highest of the labels that count are the same.
        # So two filters serve all classes.
        ends = np.iinfo(labels.dtype)
        lowest = cv2.erode(np.where(ignored, ends.max, labels), _square(distance))
        highest = cv2.dilate(np.where(ignored, ends.min, labels), _square(distance))
        np.not_equal(lowest[middle], highest[middle], out=region[middle])
    return region & ~ignored


def label_contour(labels: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """Pixels with a 4-neighbour of another label, neither of the two ignored.

    Args:
        labels (np.ndarray): (H, W), see the module's convention.
        ignored (np.ndarray): (H, W), bool.

    Returns:
        np.ndarray: (H, W), bool.
    """
    contour = np.zeros(labels.shape, bool)
    # Down the rows, and, transposed, along them.
    for label, left_out, edge in ((labels, ignored, contour), (labels.T, ignored.T, contour.T)):
        changes = (label[1:] != label[:-1]) & ~(left_out[1:] | left_out[:-1])
        edge[1:] |= changes
        edge[:-1] |= changes
    return contour


def trimap_band(contour: np.ndarray, ignored: np.ndarray, width: int) -> np.ndarray:
    """Pixels at most ``width`` pixels from one that touches a contour, those included.

    So ``width + 1`` pixels to each side of a contour.

    Args:
        contour (np.ndarray): (H, W), bool, from :func:`label_contour`.
        ignored (np.ndarray): (H, W), bool.
        width (int): In pixels: dilations by a 3 x 3 square, at least 1.

    Returns:
        np.ndarray: (H, W), bool, False where ignored.
    """
    # Beyond the image there is nothing to reach.
    square = _square(min(width, max(contour.shape)))
    return cv2.dilate(contour.view(np.uint8), square).view(bool) & ~ignored


def overlap(pred: np.ndarray, truth: np.ndarray, pred_region: np.ndarray,
            truth_region: np.ndarray, num_classes: int) -> np.ndarray:
    """Count, class by class, where two label maps agree, each within a region of its own.

    Args:
        pred (np.ndarray): (H, W), labels, see the module's convention.
        truth (np.ndarray): (H, W), labels.
        pred_region (np.ndarray): (H, W), bool: the pixels of ``pred`` that count.
        truth_region (np.ndarray): (H, W), bool: the pixels of ``truth`` that count.
        num_classes (int): K.

    Returns:
        np.ndarray: (2, K), int64: the pixels of the intersection and of the union.
    """
    def count(labels: np.ndarray, region: np.ndarray) -> np.ndarray:
        return np.bincount(labels[region], minlength=num_classes)[:num_classes]

    intersection = count(truth, pred_region & truth_region & (pred == truth))
    union = count(pred, pred_region) + count(truth, truth_region) - intersection
    return np.stack([intersection, union])
