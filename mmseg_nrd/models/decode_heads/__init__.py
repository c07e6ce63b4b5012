from .guided_upsampling_head import GuidedUpsamplingHead
from .nrd_head import NRDHead

__all__ = ['GuidedUpsamplingHead', 'NRDHead']
