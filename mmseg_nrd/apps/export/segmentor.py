"""A whole segmentor as one function of pixels."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from mmseg.models.data_preprocessor import SegDataPreProcessor
from torch import Tensor, nn

from mmseg_nrd.apps.cost.parts import check_segmentor
from mmseg_nrd.apps.cost.size import image_channels
from mmseg_nrd.ops import crop_to


class ExportableSegmentor(nn.Module):
    """An ``EncoderDecoder`` from pixels to logits, or to labels, with its preprocessing inside.

    Convention: pixels are those of the config's loader, unscaled, with the channels moved to the
    front. Of three channels they are those of ``cv2.imread``: in BGR order where the config's
    ``data_preprocessor`` says ``bgr_to_rgb``, as MMSeg's do, else in the order that the network
    was trained with. Swapping channels, mean, standard deviation and padding to a
    ``size_divisor`` are part of the graph. Resizing is not: an image goes in at the size at which
    it is to be segmented, and the output has that size.

    Args:
        segmentor (nn.Module): An ``EncoderDecoder``; it is put into eval mode.
        labels (bool): Yield labels instead of logits. Defaults to False.

    Attributes:
        channels (int): C of the images.

    Raises:
        ValueError: if it is none, or it pads images for testing to one size.

    Example:
        >>> model = ExportableSegmentor(load_segmentor(read_config(CONFIG))[0])
        >>> model(torch.zeros(2, 3, 97, 161, dtype=torch.uint8)).shape
        torch.Size([2, 19, 97, 161])
    """

    def __init__(self, segmentor: nn.Module, labels: bool = False):
        super().__init__()
        check_segmentor(segmentor)
        _check_preprocessor(segmentor.data_preprocessor)
        self.segmentor = segmentor
        self.channels = image_channels(segmentor)
        self.labels = labels
        self.eval()

    @property
    def threshold(self) -> float:
        """The logit above which a model of one logit says 1."""
        return torch.tensor(self.segmentor.decode_head.threshold).logit().item()

    def logits(self, images: Tensor) -> Tensor:
        """What ``encode_decode`` yields for these images.

        Args:
            images (Tensor): Pixels 0 to 255, (B, C, H, W), uint8.

        Returns:
            Tensor: (B, out_channels, H, W), float32.
        """
        preprocessor = self.segmentor.data_preprocessor
        # Its own forward() goes through the batch image by image, which fixes how many there are.
        # It swaps three channels only, whatever its bgr_to_rgb says.
        # The fork onedl-mmsegmentation leaves that to mmengine's base class, which has no public
        # name for it.
        swaps = preprocessor.channel_conversion if hasattr(
            preprocessor, 'channel_conversion') else preprocessor._channel_conversion
        pixels = (images.flip(1) if swaps and self.channels == 3 else images).float()
        if preprocessor._enable_normalize:
            pixels = (pixels - preprocessor.mean) / preprocessor.std
        size, divisor = pixels.shape[2:], (preprocessor.test_cfg or {}).get('size_divisor', 1)
        if divisor > 1:
            more = [(side + divisor - 1) // divisor * divisor - side for side in size]
            pixels = F.pad(pixels, (0, more[1], 0, more[0]), value=preprocessor.pad_val)
        logits = self.segmentor.encode_decode(pixels, [dict(img_shape=tuple(pixels.shape[2:]))])
        return crop_to(logits, size) if divisor > 1 else logits

    def forward(self, images: Tensor) -> Tensor:
        """Logits, or labels as ``postprocess_result`` takes them from the logits.

        Args:
            images (Tensor): Pixels 0 to 255, (B, C, H, W), uint8.

        Returns:
            Tensor: (B, out_channels, H, W), float32; as labels (B, H, W), int64.
        """
        logits = self.logits(images)
        if not self.labels:
            return logits
        if self.segmentor.out_channels > 1:
            return logits.argmax(dim=1)
        return (logits.sigmoid() > self.segmentor.decode_head.threshold).squeeze(1).long()


def _check_preprocessor(preprocessor: nn.Module) -> None:
    if not isinstance(preprocessor, SegDataPreProcessor):
        raise ValueError(
            f'data_preprocessor of type {type(preprocessor).__name__}: what it does to pixels is '
            "not known here. Fix: data_preprocessor=dict(type='SegDataPreProcessor', ...).")
    if preprocessor.test_cfg and preprocessor.test_cfg.get('size') is not None:
        raise ValueError(
            f'data_preprocessor.test_cfg={preprocessor.test_cfg}: it pads images to one size, '
            'which an exported graph does not. Fix: size_divisor, or None.')
