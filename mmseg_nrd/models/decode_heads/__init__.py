from .nrd_head import NRDHead

__all__ = ['NRDHead']
