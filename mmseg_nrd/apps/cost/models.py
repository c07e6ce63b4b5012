"""Models as a benchmark wants them: on one device, untrained, without what needs a cluster."""
from __future__ import annotations

import copy
from typing import Optional

from mmengine.config import ConfigDict
from mmengine.device import get_device
from mmengine.registry import DefaultScope
from mmengine.runner import set_random_seed
from mmseg.registry import MODELS
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SEED = 0


def build(cfg: dict, device: Optional[str] = None, **changes: object) -> nn.Module:
    """A head or a model in eval mode, with fixed weights, plain BN and no pretrained weights.

    Args:
        cfg (dict): Its config.
        device (str, optional): Where to. Defaults to None, the machine's device.
        changes: Laid over the config.

    Returns:
        nn.Module: on that device.
    """
    cfg = copy.deepcopy(ConfigDict(cfg, **changes))
    _make_local(cfg)
    set_random_seed(SEED)
    with DefaultScope.overwrite_default_scope('mmseg'):
        return MODELS.build(cfg).to(device or get_device()).eval()


def _is_pretrained(init_cfg: object) -> bool:
    return isinstance(init_cfg, dict) and init_cfg.get('type') == 'Pretrained'


def _make_local(cfg: object) -> None:
    """No norm that needs several processes and no weights from elsewhere, at any depth."""
    if isinstance(cfg, (list, tuple)):
        for value in cfg:
            _make_local(value)
    elif isinstance(cfg, dict):
        if cfg.get('type') in ('SyncBN', 'MMSyncBN'):
            cfg['type'] = 'BN'
        if isinstance(cfg.get('pretrained'), str):
            cfg['pretrained'] = None
        init_cfg = cfg.get('init_cfg')
        if _is_pretrained(init_cfg):
            cfg['init_cfg'] = None
        elif isinstance(init_cfg, (list, tuple)):
            cfg['init_cfg'] = [each for each in init_cfg if not _is_pretrained(each)]
        _make_local(list(cfg.values()))


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
