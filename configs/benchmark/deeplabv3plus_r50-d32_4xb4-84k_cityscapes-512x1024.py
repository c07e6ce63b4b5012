"""MMSeg's DeepLabV3+ head on the encoder and the schedule of the NRD config.

Paper: DeepLabV3+, ECCV 2018, https://arxiv.org/abs/1802.02611
Expected: not measured.
Cost: 27.24 G multiply-adds in the decode head, 72.4 G in all; 41.23 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/benchmark/deeplabv3plus_r50-d32_4xb4-84k_cityscapes-512x1024.py \
         --launcher pytorch
"""
_base_ = '../nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='DepthwiseSeparableASPPHead',
        in_channels=2048,
        in_index=3,
        channels=512,
        # NRD's: the stock ones, up to 36, are made for a map four times as large.
        dilations=(1, 3, 6, 9),
        c1_in_channels=256,
        c1_channels=48,
        dropout_ratio=0.1,
        num_classes=19,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)))
