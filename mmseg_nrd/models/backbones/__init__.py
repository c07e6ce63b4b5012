from .stem_resnet import StemResNetV1c

__all__ = ['StemResNetV1c']
