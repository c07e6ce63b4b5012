"""GUN with random scale on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: docs/gun.md, measured by `make ablations`.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/gun_drn-d-22_scale_1xb4-600_street-scenes-128x256.py
"""
_base_ = './gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
train_dataloader = dict(dataset=dict(pipeline=[
    dict(type='LoadImageFromFile'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(type='RandomResize', scale=(256, 128), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=(128, 256), cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')
]))
