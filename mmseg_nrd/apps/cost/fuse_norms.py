"""Norms taken into the convolutions before them, as deployed models have them."""
from __future__ import annotations

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fuse_norms(module: nn.Module) -> nn.Module:
    """A copy, of a module in eval mode, whose convolutions took in the BatchNorms after them."""
    module = copy.deepcopy(module)
    for parent in module.modules():
        conv = None
        for name, child in parent.named_children():
            if conv and isinstance(child, nn.BatchNorm2d):
                setattr(parent, conv, fuse_conv_bn_eval(getattr(parent, conv), child))
                setattr(parent, name, nn.Identity())
            conv = name if isinstance(child, nn.Conv2d) else None
    return module
