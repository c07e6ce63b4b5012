"""Models as a benchmark wants them: alone on one device, untrained, with or without their norms."""
from __future__ import annotations

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mmseg_nrd.apps.cli.segmentor import SEED, build

__all__ = ['SEED', 'build', 'fuse_norms']


def fuse_norms(module: nn.Module) -> nn.Module:
    """A copy in which every convolution that a BatchNorm follows has taken it in.

    Args:
        module (nn.Module): In eval mode.

    Returns:
        nn.Module: the copy.
    """
    module = copy.deepcopy(module)
    for parent in module.modules():
        conv = None
        for name, child in parent.named_children():
            if conv and isinstance(child, nn.BatchNorm2d):
                setattr(parent, conv, fuse_conv_bn_eval(getattr(parent, conv), child))
                setattr(parent, name, nn.Identity())
            conv = name if isinstance(child, nn.Conv2d) else None
    return module
