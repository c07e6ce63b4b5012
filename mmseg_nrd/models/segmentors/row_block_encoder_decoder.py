"""Labels of very large images, without ever holding all of their logits."""
from __future__ import annotations

from typing import List, Optional, Tuple

import torch
from mmengine.structures import PixelData
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mmseg_nrd.checks import check_positive_int
from mmseg_nrd.ops import resize_rows, source_rows

from ..decode_heads import NRDHead


@MODELS.register_module()
class RowBlockEncoderDecoder(EncoderDecoder):
    """``EncoderDecoder`` whose NRD head labels an image in blocks of rows.

    ``EncoderDecoder`` resizes all logits to the image, twice: 150 classes of a 4096 x 8192
    image are 20 GB each time. Here a block of rows is decoded, resized and labelled before the
    next, so logits are held for that block only, whatever the height of the image. The labels
    equal those of ``EncoderDecoder`` to float rounding; training is the same. Not in the paper.

    The predictions hold ``pred_sem_seg`` only: what needs ``seg_logits``, such as test-time
    augmentation, needs ``EncoderDecoder``. The encoder still sees the whole image.

    Args:
        test_cfg (dict): ``mode='whole'``, and ``rows``, how many rows of the labels are made at
            once: 128 if it is not set. The other arguments are those of ``EncoderDecoder``.

    Raises:
        ValueError: if the head is no ``NRDHead``, its input norm looks beyond the pixel, the
            mode is not 'whole' or ``rows`` is no positive integer.

    Example:
        >>> cfg.model.merge_from_dict(dict(
        ...     type='RowBlockEncoderDecoder', test_cfg=dict(mode='whole', rows=128)))
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._rows()
        if not isinstance(self.decode_head, NRDHead):
            raise ValueError(
                f'decode_head.type={type(self.decode_head).__name__}: only NRDHead decodes a '
                "block of rows alone. Fix: decode_head=dict(type='NRDHead', ...), or "
                "type='EncoderDecoder'.")
        norm = self.decode_head.input_norm
        fixed = isinstance(norm, _BatchNorm) and norm.track_running_stats
        if not fixed and not isinstance(norm, nn.Identity):
            raise ValueError(
                f'decode_head.norm_cfg: this {type(norm).__name__} looks at the whole map, which '
                "a block of rows does not have. Fix: norm_cfg=dict(type='BN') or 'SyncBN', or "
                "type='EncoderDecoder'.")

    def _rows(self) -> int:
        """``test_cfg.rows``, checked; read at each prediction, as MMSeg reads its ``test_cfg``."""
        test_cfg = self.test_cfg or {}
        mode, rows = test_cfg.get('mode', 'whole'), test_cfg.get('rows', 128)
        if mode != 'whole':
            raise ValueError(
                f'test_cfg.mode={mode!r}: blocks of rows need the whole image. '
                "Fix: test_cfg=dict(mode='whole'), or type='EncoderDecoder' for windows.")
        check_positive_int('test_cfg.rows', rows)
        return rows

    def predict(self, inputs: Tensor,
                data_samples: Optional[List[SegDataSample]] = None) -> List[SegDataSample]:
        """Label a batch.

        Args:
            inputs (Tensor): (B, 3, H, W).
            data_samples (list[SegDataSample], optional): Their meta information; None takes
                ``inputs`` for the original images.

        Returns:
            list[SegDataSample]: each with ``pred_sem_seg``, (1, *ori_shape).

        Raises:
            ValueError: if the model is in training mode, whose norms look at the whole map, or
                the meta information does not fit.
        """
        if self.decode_head.input_norm.training:
            raise ValueError(
                'the model is in training mode, where norms look at the whole map. '
                'Fix: model.eval() before predicting.')
        rows = self._rows()
        if data_samples is None:
            size = tuple(inputs.shape[2:])
            data_samples = [SegDataSample(metainfo=dict(ori_shape=size, img_shape=size))
                            for _ in inputs]
        _check_samples(data_samples, len(inputs))
        params, guidance = self.decode_head.predict_params(self.extract_feat(inputs))
        size = _network_size(data_samples[0].metainfo)
        for index, sample in enumerate(data_samples):
            one = slice(index, index + 1)
            labels = self._label_image(
                params[one], None if guidance is None else guidance[one], size, sample.metainfo,
                rows)
            sample.set_data(dict(pred_sem_seg=PixelData(data=labels)))
        return data_samples

    def _label_image(self, params: Tensor, guidance: Optional[Tensor], size: Tuple[int, int],
                     meta: dict, rows: int) -> Tensor:
        """Labels (1, *ori_shape) of one image, ``size`` being that of the network's input."""
        height = meta['ori_shape'][0]
        blocks = [self._label_rows(params, guidance, size, meta, start, min(start + rows, height))
                  for start in range(0, height, rows)]
        labels = torch.cat(blocks, dim=1)
        if meta.get('flip'):
            labels = labels.flip(2 if meta['flip_direction'] == 'horizontal' else 1)
        return labels

    def _label_rows(self, params: Tensor, guidance: Optional[Tensor], size: Tuple[int, int],
                    meta: dict, start: int, stop: int) -> Tensor:
        """Rows [start, stop) of the labels: (1, stop - start, W)."""
        head, align = self.decode_head, self.align_corners
        side = head.patch_size * head.scale_factor
        left, right, top, bottom = meta.get(
            'img_padding_size', meta.get('padding_size', [0] * 4))
        height = size[0] - top - bottom
        ori_shape = tuple(meta['ori_shape'][:2])
        map_height = (params.shape[2] * side if guidance is None
                      else guidance.shape[2] * head.scale_factor)
        # From the rows wanted back to the rows of logits, and forth again.
        upper, lower = source_rows(start, stop, height, ori_shape[0], align)
        first, last = source_rows(top + upper, top + lower, map_height, size[0], align)
        first, last = first // side, -(-last // side)
        logits = head.decode(params, guidance, (first, last))
        logits = resize_rows(
            logits, first * side, map_height, size, top + upper, top + lower, align)
        logits = logits[..., left:size[1] - right]
        logits = resize_rows(logits, upper, height, ori_shape, start, stop, align)
        if head.out_channels == 1:
            return (logits[0].sigmoid() > head.threshold).to(logits)
        return logits.argmax(dim=1)


def _network_size(meta: dict) -> Tuple[int, int]:
    """The size that ``BaseDecodeHead.predict_by_feat`` resizes logits to."""
    if isinstance(meta['img_shape'], torch.Size) or 'pad_shape' not in meta:
        return tuple(meta['img_shape'][:2])
    return tuple(meta['pad_shape'][:2])


def _check_samples(samples: List[SegDataSample], images: int) -> None:
    if len(samples) != images:
        raise ValueError(
            f'{len(samples)} data samples for {images} images: must be as many. '
            'Fix: pass one for each image.')
    for sample in samples:
        direction = sample.metainfo.get('flip_direction')
        if sample.metainfo.get('flip') and direction not in ('horizontal', 'vertical'):
            raise ValueError(
                f"flip_direction={direction!r}: must be 'horizontal' or 'vertical'. "
                'Fix: flip images one way only.')
