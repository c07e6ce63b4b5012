from .drn import DRN
from .stem_resnet import StemResNetV1c

__all__ = ['DRN', 'StemResNetV1c']
