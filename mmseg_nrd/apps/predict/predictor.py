"""Labels of images of any size."""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Iterator, List, Optional, Sequence, Tuple

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmseg.registry import DATASETS, MODELS
from torch import nn

from mmseg_nrd.apps.cli import check_tta, load_segmentor

from .pipeline import read_image, split_pipeline
from .tiles import Span, check_tiles, default_overlap, tile_spans


class Predictor:
    """A segmentor that labels images through its config's own test pipeline.

    With ``tile`` an image is labelled in tiles. MMSeg's sliding windows (``test_cfg.mode='slide'``)
    bound the memory of the network, but sum up logits of the whole image, and pad those of each
    window to its size: 19 classes of 16384 x 16384 pixels are 20 GB, twice. Here a pixel takes its
    label from the one tile in which it lies deepest, so only labels are kept, a byte a pixel.
    Where the network sees no further than half the overlap, they are those of the whole image.

    Tiles are labelled at the image's own resolution, since a ``Resize`` of the test pipeline to a
    fixed size would blow each tile up to it; without tiles it is done as the config says.

    Args:
        cfg (Config): With ``model`` and ``test_dataloader``.
        checkpoint (str): Path or URL. All of the model's weights must be in it.
        device (str, optional): Where to. Defaults to None, the machine's device.
        tta (bool): Whether to use the config's test-time augmentation. Defaults to False.
        tile (tuple[int, int], optional): Height and width of a tile in pixels, multiples of 32.
            Defaults to None: images are labelled whole.
        overlap (int, optional): Pixels that neighbouring tiles share, a multiple of 32. Defaults
            to None, a quarter of the tile's shorter side.

    Raises:
        FileNotFoundError: if there is no such checkpoint.
        ValueError: if an argument is out of range, or the parts do not fit each other.

    Example:
        >>> predictor = Predictor(Config.fromfile(config), checkpoint, tile=(512, 1024))
        >>> labels = predictor.label(predictor.read('street.png'))    # (H, W), uint8
    """

    def __init__(self, cfg: Config, checkpoint: str, device: Optional[str] = None,
                 tta: bool = False, tile: Optional[Tuple[int, int]] = None,
                 overlap: Optional[int] = None):
        self._tile = None
        if tile is not None:
            overlap = default_overlap(*tile) if overlap is None else overlap
            check_tiles(*tile, overlap)
            self._tile = (*tile, overlap)
        elif overlap is not None:
            raise ValueError(f'overlap of {overlap} without tiles. Fix: set the size of a tile.')
        if tta:
            check_tta(cfg)
        init_default_scope(cfg.get('default_scope', 'mmseg'))
        self._loader, self._transforms = split_pipeline(cfg, tta, own_size=tile is not None)
        self._model, saved = load_segmentor(cfg, checkpoint, device)
        self.classes, self.palette = classes_and_palette(cfg, saved, self._model)
        if len(self.classes) > 256:
            raise ValueError(
                f'{len(self.classes)} classes: must be 256 at most, as label images hold a byte a '
                'pixel. Fix: mmseg.apis.inference_model gives labels of any number.')
        if tta:
            self._model = MODELS.build({**cfg.tta_model, 'module': self._model})

    def read(self, path: Path) -> np.ndarray:
        """An image (H, W, 3), BGR, or another that the test pipeline's loader reads.

        Raises:
            UnreadableImageError: if it cannot be read.
        """
        return read_image(self._loader, Path(path))

    def label(self, image: np.ndarray,
              done: Optional[Callable[[int, int], None]] = None) -> np.ndarray:
        """Label an image.

        Args:
            image (np.ndarray): (H, W) or (H, W, C), as :meth:`read` gives it. It is left alone.
            done (Callable, optional): Called after each tile with how many are done, and of how
                many. Defaults to None.

        Returns:
            np.ndarray: (H, W), uint8, class numbers.
        """
        labels = np.empty(image.shape[:2], np.uint8)
        tiles = list(self._tiles(*labels.shape))
        for number, (rows, columns) in enumerate(tiles, 1):
            found = self._label_tile(image[rows.start:rows.stop, columns.start:columns.stop])
            labels[rows.first:rows.last, columns.first:columns.last] = found[
                rows.first - rows.start:rows.last - rows.start,
                columns.first - columns.start:columns.last - columns.start]
            if done is not None:
                done(number, len(tiles))
        return labels

    def _tiles(self, height: int, width: int) -> Iterator[Tuple[Span, Span]]:
        tall, wide, overlap = self._tile or (height, width, 0)
        for rows in tile_spans(height, tall, overlap):
            for columns in tile_spans(width, wide, overlap):
                yield rows, columns

    def _label_tile(self, tile: np.ndarray) -> np.ndarray:
        size = tile.shape[:2]
        # A copy: no transform may change the image that is painted afterwards.
        sample = self._transforms(
            dict(img=tile.copy(), img_path='', img_shape=size, ori_shape=size))
        with torch.no_grad():
            found = self._model.test_step(pseudo_collate([sample]))[0].pred_sem_seg.data
        return found[0].to('cpu', torch.uint8).numpy()


def classes_and_palette(cfg: Config, checkpoint: dict,
                        model: nn.Module) -> Tuple[Sequence[str], List[List[int]]]:
    """Names and RGB colours of the labels: those saved by training, else of the test set.

    Raises:
        ValueError: if they are not as many as the model's labels.
    """
    meta = checkpoint.get('meta', {}).get('dataset_meta')
    if meta is None:
        dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
        kind = dataset.get('type')
        known = DATASETS.get(kind) if isinstance(kind, str) else kind
        meta = {**getattr(known, 'METAINFO', {}), **dataset.get('metainfo', {})}
    classes, palette = meta.get('classes') or (), meta.get('palette') or ()
    # A single logit tells two labels apart, also where it is written as num_classes=1.
    labels = 2 if model.out_channels == 1 else model.num_classes
    if not labels == len(classes) == len(palette):
        raise ValueError(
            f'{len(classes)} class names and {len(palette)} colours for {labels} labels: '
            'must be as many. Fix: set test_dataloader.dataset.metainfo=dict(classes=..., '
            'palette=...), or pass a checkpoint of a training, which holds them.')
    return classes, [list(colour) for colour in palette]
