"""NRD, ResNet-101, Pascal Context with 60 classes.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: 47.5 mIoU on val, 49.0 with multi-scale and flip (the paper's figures, not ours).
Cost: 5.95 G multiply-adds in the decode head, 42.9 G in all; 62.92 M parameters; 480 x 480.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r101_4xb4-84k_pascal-context-480x480.py --launcher pytorch
"""
_base_ = [
    '../_base_/models/nrd_r50-d32.py', 'mmseg::_base_/datasets/pascal_context.py',
    'mmseg::_base_/default_runtime.py', '../_base_/schedules/nrd_sgd_84k.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
crop_size = (480, 480)
model = dict(
    data_preprocessor=dict(size=crop_size),
    pretrained='open-mmlab://resnet101_v1c',
    backbone=dict(depth=101),
    decode_head=dict(num_classes=60),
    auxiliary_head=dict(num_classes=60))
optim_wrapper = dict(optimizer=dict(lr=0.004, weight_decay=1e-4))
train_dataloader = dict(batch_size=4, num_workers=4)
# MMSeg's data set with 60 classes has no test-time augmentation; this is that of the one with 59.
tta_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='Resize', scale_factor=ratio, keep_ratio=True)
                for ratio in (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
            ],
            [
                dict(type='RandomFlip', prob=0., direction='horizontal'),
                dict(type='RandomFlip', prob=1., direction='horizontal')
            ], [dict(type='LoadAnnotations')], [dict(type='PackSegInputs')]
        ])
]
