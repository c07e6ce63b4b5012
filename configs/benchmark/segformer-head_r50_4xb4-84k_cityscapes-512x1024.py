"""SegFormer's head on the encoder and the schedule of the NRD config.

Paper: SegFormer, NeurIPS 2021, https://arxiv.org/abs/2105.15203
Expected: not measured; the paper puts its head on its own encoder.
Cost: 12.78 G multiply-adds in the decode head, 58.0 G in all; 24.78 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/benchmark/segformer-head_r50_4xb4-84k_cityscapes-512x1024.py \
         --launcher pytorch
"""
_base_ = '../nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='SegformerHead',
        in_channels=[256, 512, 1024, 2048],
        in_index=[0, 1, 2, 3],
        channels=256,
        dropout_ratio=0.1,
        num_classes=19,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)))
