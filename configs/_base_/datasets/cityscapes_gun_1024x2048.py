# Whole frames, flipped, scaled from 0.5 to 2, with colour jitter of 0.4 and lighting of 0.1.
_base_ = 'mmseg::_base_/datasets/cityscapes.py'
crop_size = (1024, 2048)
# Brightness is added here, not multiplied: 0.4 of a middling 100. Hue stays as it is, but for
# the one degree that the transform's range cannot do without.
colour_jitter = dict(
    type='PhotoMetricDistortion', brightness_delta=40, contrast_range=(0.6, 1.4),
    saturation_range=(0.6, 1.4), hue_delta=1)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(type='RandomResize', scale=(2048, 1024), ratio_range=(0.5, 2.0), keep_ratio=True),
    dict(type='RandomCrop', crop_size=crop_size),
    dict(type='RandomFlip', prob=0.5), colour_jitter,
    dict(type='RandomLighting', scale=0.1),
    dict(type='PackSegInputs')
]
train_dataloader = dict(batch_size=1, num_workers=2, dataset=dict(pipeline=train_pipeline))
