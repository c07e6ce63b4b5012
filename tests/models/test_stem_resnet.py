from __future__ import annotations

import pytest
import torch
from mmseg.registry import MODELS

ARGUMENTS = dict(depth=18, norm_cfg=dict(type='BN'), base_channels=4, stem_channels=6)


@torch.no_grad()
@pytest.mark.parametrize('size', [(64, 64), (33, 65), (1, 1)])
@pytest.mark.parametrize('out_indices', [(0, 1, 2, 3), (1, 3)])
def test_levels_are_the_stem_and_then_those_of_the_resnet(size, out_indices):
    stem, plain = (MODELS.build(dict(type=name, out_indices=out_indices, **ARGUMENTS))
                   for name in ('StemResNetV1c', 'ResNetV1c'))
    for backbone in (stem, plain):
        backbone.eval()  # MMSeg's returns None
    plain.load_state_dict(stem.state_dict(), strict=True)
    image = torch.randn(2, 3, *size)
    first, *others = stem(image)
    assert first.shape == (2, 6, *(-(-side // 2) for side in size))
    torch.testing.assert_close(first, plain.stem(image))
    torch.testing.assert_close(tuple(others), plain(image))
