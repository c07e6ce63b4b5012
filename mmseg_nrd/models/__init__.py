"""MMSegmentation components, registered on import."""
from .backbones import StemResNetV1c
from .decode_heads import NRDHead

__all__ = ['NRDHead', 'StemResNetV1c']
