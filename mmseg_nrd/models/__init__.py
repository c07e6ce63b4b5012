"""MMSegmentation components, registered on import."""
from .backbones import DRN, ImageLevel, MultiResolutionEncoder, StemResNetV1c
from .decode_heads import GuidedUpsamplingHead, NRDHead
from .necks import MultiResolutionFusion
from .segmentors import RowBlockEncoderDecoder

__all__ = [
    'DRN', 'GuidedUpsamplingHead', 'ImageLevel', 'MultiResolutionEncoder', 'MultiResolutionFusion',
    'NRDHead', 'RowBlockEncoderDecoder', 'StemResNetV1c',
]
