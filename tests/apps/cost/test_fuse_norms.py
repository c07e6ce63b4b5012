"""Fused models give what they gave, with fewer norms."""
from __future__ import annotations

import torch
from torch import nn

from mmseg_nrd.apps.cost.fuse_norms import fuse_norms


@torch.no_grad()
def test_norms_behind_convolutions_go_and_others_stay():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4),
                          nn.Sequential(nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1)))
    images = torch.randn(5, 3, 7, 9)
    model(images)  # norms that do something
    model.eval()
    fused = fuse_norms(model)
    assert [name for name, module in fused.named_modules()
            if isinstance(module, nn.BatchNorm2d)] == ['0', '3.1']
    torch.testing.assert_close(fused(images), model(images))
    assert isinstance(model[2], nn.BatchNorm2d)
