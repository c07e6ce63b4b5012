"""MMSegmentation components, registered on import."""
from .decode_heads import NRDHead

__all__ = ['NRDHead']
