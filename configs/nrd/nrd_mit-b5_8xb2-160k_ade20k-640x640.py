"""NRD, SegFormer's MiT-B5, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 7.53 G multiply-adds in the decode head, 124.9 G in all; 98.57 M parameters; 640 x 640.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/nrd/nrd_mit-b5_8xb2-160k_ade20k-640x640.py --launcher pytorch
"""
_base_ = './nrd_mit-b1_8xb2-160k_ade20k-512x512.py'
checkpoint = 'https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/mit_b5_20220624-658746d9.pth'  # noqa: E501
crop_size = (640, 640)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadCheckedAnnotations', num_classes=150, reduce_zero_label=True),
    dict(type='RandomResize', scale=(2048, 640), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(2048, 640), keep_ratio=True),
    dict(type='LoadAnnotations', reduce_zero_label=True),
    dict(type='PackSegInputs')
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
model = dict(
    data_preprocessor=dict(size=crop_size),
    backbone=dict(
        init_cfg=dict(checkpoint=checkpoint), num_layers=[3, 6, 40, 3]),
    decode_head=dict(controller_reduction=1))
