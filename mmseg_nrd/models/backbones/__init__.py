from .drn import DRN
from .image_level import ImageLevel
from .multi_resolution import MultiResolutionEncoder
from .stem_resnet import StemResNetV1c

__all__ = ['DRN', 'ImageLevel', 'MultiResolutionEncoder', 'StemResNetV1c']
