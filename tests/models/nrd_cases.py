"""A tiny NRD head and inputs for it, as the tests of the head share them."""
from __future__ import annotations

import reference
import torch
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

SMALL = dict(
    type='NRDHead', in_channels=12, in_index=3, channels=8, num_classes=3, c1_in_channels=5,
    c1_channels=6, norm_cfg=dict(type='BN'))


def build(**changes):
    return MODELS.build({**SMALL, **changes})


def levels(size=(2, 3), guidance=None, batch=2, patch_size=8, c1=5, device='cpu'):
    """Four encoder levels: the first is the guidance, the last the encoder map of ``size``."""
    guidance = guidance or tuple(side * patch_size for side in size)
    shapes = [(c1, *guidance), (7, *size), (9, *size), (12, *size)]
    return [torch.randn(batch, *shape, device=device) for shape in shapes]


def oracle(head, inputs):
    """Eval-mode logits: the head's own layers up to theta and guidance, then the loops."""
    params = head.controller(head._forward_feature(inputs))
    guidance = head.c1_bottleneck(inputs[head.c1_index])
    guidance = torch.nn.functional.interpolate(
        guidance, scale_factor=head.scale_factor, mode='bilinear', align_corners=False)
    return reference.nrd_decode(
        params.cpu(), guidance.cpu(), {k: v.cpu() for k, v in head.input_norm.state_dict().items()},
        head.mlp_channels, head.patch_size, head.scale_factor)


def samples(size, classes=3, batch=2, device='cpu'):
    """Labels of one image size, some of them 255, to be ignored."""
    out = []
    for _ in range(batch):
        label = torch.randint(0, classes, (1, *size), device=device)
        label[:, 0] = 255
        meta = dict(img_shape=size, pad_shape=size, ori_shape=size)
        out.append(SegDataSample(gt_sem_seg=PixelData(data=label), metainfo=meta))
    return out


def metas(size, batch=2):
    return [dict(img_shape=size, pad_shape=size, ori_shape=size)] * batch
