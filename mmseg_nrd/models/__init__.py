"""MMSegmentation components, registered on import."""
from .backbones import DRN, StemResNetV1c
from .decode_heads import NRDHead

__all__ = ['DRN', 'NRDHead', 'StemResNetV1c']
