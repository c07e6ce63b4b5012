from .drn import DRN
from .efficientnet_lite import EfficientNetLite
from .image_level import ImageLevel
from .multi_resolution import MultiResolutionEncoder
from .stem_resnet import StemResNetV1c

__all__ = ['DRN', 'EfficientNetLite', 'ImageLevel', 'MultiResolutionEncoder', 'StemResNetV1c']
