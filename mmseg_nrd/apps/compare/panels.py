"""Blocks of panels, one block a sample, wrapped so that many configs stay readable."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np
import torch
from matplotlib.figure import Figure
from mmengine.config import Config
from torch.nn import functional as F

from mmseg_nrd.apps.cli.data_checks import build_dataset, label_heads, learnt_labels

IGNORED = (0, 0, 0)
Panel = Tuple[str, np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A test sample: image (H, W, 3), uint8, RGB, as large as its truth (H, W), in train ids.

    What is ignored is 255 in it, whatever it is in the data set.
    """
    image: np.ndarray
    truth: np.ndarray


def visible(image: torch.Tensor) -> np.ndarray:
    """An image (C, H, W), float32, of a pipeline as one (H, W, 3), uint8, RGB to look at.

    Three channels are BGR, else in the order of the loader: of more than three the first three are
    shown, of fewer the first in grey. Values that are no bytes are scaled from lowest to highest.
    """
    channels = {1: [0, 0, 0], 2: [0, 0, 0], 3: [2, 1, 0]}.get(len(image), [0, 1, 2])
    image = image[channels].permute(1, 2, 0).numpy()
    if image.min() < 0 or image.max() > 255 or (image % 1).any():
        image = (image - image.min()) * (255 / (np.ptp(image) or 1))
    return image.astype(np.uint8)


def load_scenes(cfg: Config, samples: Sequence[int]) -> Tuple[List[Scene], dict]:
    """Samples of a config's test set, as its pipeline gives them, and the set's metainfo."""
    dataset = build_dataset(cfg, cfg.test_dataloader.dataset)
    # The last head is the one that labels.
    _, ignored = learnt_labels([{}, *label_heads(cfg.model).values()][-1])
    scenes = []
    for index in samples:
        sample = dataset[index]
        truth = sample['data_samples'].gt_sem_seg.data[0].numpy()
        truth = np.where(truth == ignored, 255, truth)
        # MMSeg resizes the image in the test pipeline, and leaves the truth as it is.
        image = F.interpolate(sample['inputs'][None].float(), truth.shape, mode='nearest')[0]
        scenes.append(Scene(visible(image), truth))
    return scenes, dataset.metainfo


def paint(label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Colour a uint8 label map (H, W) in RGB; what is outside the palette, such as 255, is black.
    """
    colours = np.full((256, 3), IGNORED, dtype=np.uint8)
    colours[:len(palette)] = palette
    return colours[label]


def block_size(block: Sequence[Panel], most: int, width: float,
               aspect: float) -> Tuple[float, float]:
    """(width, height) of a block in inches, its titles included; ``aspect`` is height / width."""
    columns = min(len(block), most)
    title = 0.18 + 0.16 * max(title.count('\n') + 1 for title, _ in block)
    return columns * width, math.ceil(len(block) / columns) * (width * aspect + title)


def draw_blocks(figure: Figure, blocks: Sequence[Sequence[Panel]], most: int) -> None:
    """Draw blocks of panels under each other, each wrapped at ``most`` columns."""
    columns = min(len(blocks[0]), most)
    rows = math.ceil(len(blocks[0]) / columns)
    for part, block in zip(figure.subfigures(len(blocks), 1, squeeze=False)[:, 0], blocks):
        axes = part.subplots(rows, columns, squeeze=False).ravel()
        for axis in axes:
            axis.set_axis_off()
        for axis, (title, panel) in zip(axes, block):
            axis.imshow(panel, interpolation='nearest')
            axis.set_title(title, fontsize='small')
