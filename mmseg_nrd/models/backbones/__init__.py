from .drn import DRN
from .multi_resolution import MultiResolutionEncoder
from .stem_resnet import StemResNetV1c

__all__ = ['DRN', 'MultiResolutionEncoder', 'StemResNetV1c']
