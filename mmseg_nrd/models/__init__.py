"""MMSegmentation components, registered on import."""
from .backbones import DRN, EfficientNetLite, ImageLevel, MultiResolutionEncoder, StemResNetV1c
from .decode_heads import GuidedUpsamplingHead, NRDHead
from .necks import MultiResolutionFusion
from .segmentors import RowBlockEncoderDecoder

__all__ = [
    'DRN', 'EfficientNetLite', 'GuidedUpsamplingHead', 'ImageLevel', 'MultiResolutionEncoder',
    'MultiResolutionFusion', 'NRDHead', 'RowBlockEncoderDecoder', 'StemResNetV1c',
]
