"""MMSegmentation components, registered on import."""
from .backbones import DRN, StemResNetV1c
from .decode_heads import NRDHead
from .necks import MultiResolutionFusion

__all__ = ['DRN', 'MultiResolutionFusion', 'NRDHead', 'StemResNetV1c']
