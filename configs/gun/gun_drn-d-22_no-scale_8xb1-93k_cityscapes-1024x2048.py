"""GUN ablation: without random scale.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no figure at hand; the paper's ablations compare with the full network's.
Cost: 0.17 G multiply-adds in the decode head, 50.8 G in all; 16.49 M parameters; 1024 x 2048.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/gun/gun_drn-d-22_no-scale_8xb1-93k_cityscapes-1024x2048.py \
         --launcher pytorch
"""
_base_ = './gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py'
train_dataloader = dict(dataset=dict(pipeline=[
    dict(type='LoadImageFromFile'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(type='RandomCrop', crop_size=(1024, 2048)),
    dict(type='RandomFlip', prob=0.5),
    dict(
        type='PhotoMetricDistortion', brightness_delta=40, contrast_range=(0.6, 1.4),
        saturation_range=(0.6, 1.4), hue_delta=1),
    dict(type='RandomLighting', scale=0.1),
    dict(type='PackSegInputs')
]))
