"""MMSegmentation components, registered on import."""
from .backbones import StemResNetV1c
from .decode_heads import NRDHead
from .segmentors import RowBlockEncoderDecoder

__all__ = ['NRDHead', 'RowBlockEncoderDecoder', 'StemResNetV1c']
