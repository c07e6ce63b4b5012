"""What a benchmark takes out of a config before it builds it."""
from __future__ import annotations

from torch import nn

from mmseg_nrd.apps.cli.segmentor import build

FAR = dict(type='Pretrained', checkpoint='http://nowhere.invalid/weights.pth')
NORM = dict(type='SyncBN', requires_grad=True)


def test_no_weights_from_elsewhere_at_any_depth():
    stage = dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8, norm_cfg=NORM)
    cfg = dict(
        type='EncoderDecoder', pretrained='open-mmlab://resnet50_v1c',
        data_preprocessor=dict(type='SegDataPreProcessor'),
        backbone=dict(type='BiSeNetV1', backbone_cfg=dict(stage, init_cfg=FAR), norm_cfg=NORM,
                      in_channels=3, spatial_channels=(8, 8, 8, 16),
                      context_channels=(16, 32, 64), out_channels=16),
        decode_head=dict(type='FCNHead', in_channels=16, in_index=0, channels=8, num_convs=1,
                         num_classes=3, norm_cfg=NORM, init_cfg=[FAR, dict(
                             type='Constant', val=0.25, override=dict(name='conv_seg'))]))
    model = build(cfg, 'cpu')
    model.init_weights()  # would fetch what is left
    assert (model.decode_head.conv_seg.weight == 0.25).all()
    assert not any(isinstance(module, nn.SyncBatchNorm) for module in model.modules())
    assert cfg['backbone']['backbone_cfg']['init_cfg'] == FAR
    assert cfg['pretrained'] == 'open-mmlab://resnet50_v1c' and NORM['type'] == 'SyncBN'
