# Rendered street scenes in Cityscapes' layout, read by MMSeg's CityscapesDataset. Make them:
#   python tools/make_street_scenes.py data/street_scenes
_base_ = 'mmseg::_base_/datasets/cityscapes.py'
data_root = 'data/street_scenes/'
crop_size = (128, 256)
# Whole scenes: in so few iterations scale and colour jitter cost more than they teach, and the
# renderer varies light and distance already. The crop only cuts trees rendered at a larger size.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadCheckedAnnotations', num_classes=19),
    dict(type='RandomCrop', crop_size=crop_size, cat_max_ratio=0.75),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(256, 128), keep_ratio=True),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs')
]
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    dataset=dict(data_root=data_root, pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=2,
    dataset=dict(data_root=data_root, pipeline=test_pipeline))
test_dataloader = val_dataloader
