"""MMSegmentation components, registered on import."""
from .backbones import StemResNetV1c
from .decode_heads import GuidedUpsamplingHead, NRDHead

__all__ = ['GuidedUpsamplingHead', 'NRDHead', 'StemResNetV1c']
