"""A ResNet that hands out its stem map, for guidance at half the image's resolution."""
from __future__ import annotations

from typing import Tuple

from mmseg.models.backbones.resnet import ResNetV1c
from mmseg.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class StemResNetV1c(ResNetV1c):
    """``ResNetV1c`` whose first output is the stem's map, before max pooling.

    NRD's ablation of the guidance level needs it; MMSeg's ResNets keep that map to
    themselves. Parameters, checkpoints and arguments are those of ``ResNetV1c``.

    Convention: level 0 is the stem at stride 2 with ``stem_channels`` channels, level i + 1 the
    ResNet's ``out_indices[i]``. So ``in_index`` and ``c1_index`` of a head grow by one.

    Example:
        >>> backbone = StemResNetV1c(depth=18, norm_cfg=dict(type='BN'))
        >>> [tuple(level.shape[1:]) for level in backbone(torch.zeros(1, 3, 64, 64))][:2]
        [(64, 32, 32), (64, 16, 16)]
    """

    def forward(self, x: Tensor) -> Tuple[Tensor, ...]:
        """Levels of a batch of images (B, 3, H, W), the stem's first."""
        stem = self.stem(x)
        x, levels = self.maxpool(stem), [stem]
        for index, name in enumerate(self.res_layers):
            x = getattr(self, name)(x)
            if index in self.out_indices:
                levels.append(x)
        return tuple(levels)

    def train(self, mode: bool = True) -> StemResNetV1c:
        """As MMSeg's, which returns nothing, but chainable."""
        super().train(mode)
        return self
