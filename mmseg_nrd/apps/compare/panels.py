"""Blocks of panels, one block a sample, wrapped so that many configs stay readable."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import List, Sequence, Tuple

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS
from torch.nn import functional as F

IGNORED = (0, 0, 0)
Panel = Tuple[str, np.ndarray]


@dataclass(frozen=True)
class Scene:
    """A test sample.

    Attributes:
        image (np.ndarray): (H, W, 3), uint8, RGB, as large as the truth.
        truth (np.ndarray): (H, W), train ids.
    """
    image: np.ndarray
    truth: np.ndarray


def load_scenes(cfg: Config, samples: Sequence[int]) -> Tuple[List[Scene], dict]:
    """Samples of a config's test set, as its pipeline gives them, and the set's metainfo."""
    init_default_scope('mmseg')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    scenes = []
    for index in samples:
        sample = dataset[index]
        truth = sample['data_samples'].gt_sem_seg.data[0].numpy()
        # MMSeg resizes the image in the test pipeline, and leaves the truth as it is.
        image = F.interpolate(sample['inputs'][None].float(), truth.shape, mode='nearest')[0]
        scenes.append(Scene(image.byte().permute(1, 2, 0).numpy()[..., ::-1], truth))
    return scenes, dataset.metainfo


def paint(label: np.ndarray, palette: Sequence[Sequence[int]]) -> np.ndarray:
    """Colour a label map; what is outside the palette, such as 255, is black.

    Args:
        label (np.ndarray): (H, W), uint8.
        palette (Sequence): An RGB triple for each class.

    Returns:
        np.ndarray: (H, W, 3), uint8.
    """
    colours = np.full((256, 3), IGNORED, dtype=np.uint8)
    colours[:len(palette)] = palette
    return colours[label]


def distinct_looks(count: int) -> list:
    """So many pairs of a colour and a line style that can be told apart, up to forty."""
    styles = ('-', '--', ':', '-.')
    colours = colormaps['tab10'].colors
    return [(colours[index % 10], styles[index // 10 % 4]) for index in range(count)]


def balanced_columns(panels: int, most: int) -> int:
    """Columns of the fewest rows that hold so many panels, none much shorter than the rest.

    Example:
        >>> balanced_columns(4, most=5), balanced_columns(14, most=6)
        (4, 5)
    """
    return math.ceil(panels / math.ceil(panels / most))


def block_size(block: Sequence[Panel], most: int, width: float,
               aspect: float) -> Tuple[float, float]:
    """(width, height) of a block in inches, its titles included; ``aspect`` is height / width."""
    columns = balanced_columns(len(block), most)
    title = 0.18 + 0.16 * max(title.count('\n') + 1 for title, _ in block)
    return columns * width, math.ceil(len(block) / columns) * (width * aspect + title)


def draw_blocks(figure: Figure, blocks: Sequence[Sequence[Panel]], most: int) -> None:
    """Draw blocks of panels under each other, each wrapped at ``most`` columns."""
    columns = balanced_columns(len(blocks[0]), most)
    rows = math.ceil(len(blocks[0]) / columns)
    for part, block in zip(figure.subfigures(len(blocks), 1, squeeze=False)[:, 0], blocks):
        axes = part.subplots(rows, columns, squeeze=False).ravel()
        for axis in axes:
            axis.set_axis_off()
        for axis, (title, panel) in zip(axes, block):
            axis.imshow(panel, interpolation='nearest')
            axis.set_title(title, fontsize='small')
