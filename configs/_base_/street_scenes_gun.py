# A narrow GUN for small street scenes, to run the ablations in minutes: half the channels, no
# pretrained weights.
_base_ = [
    './models/gun_drn-d-22.py', './datasets/street_scenes_128x256.py',
    'mmseg::_base_/default_runtime.py', './schedules/street_scenes_300.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    data_preprocessor=dict(size=(128, 256)),
    backbone=dict(backbone=dict(base_channels=8, norm_cfg=norm_cfg, init_cfg=None)),
    neck=dict(in_channels=(64, 256), out_channels=64, norm_cfg=norm_cfg),
    decode_head=dict(
        large_rf_in_channels=64,
        high_res_in_channels=8,
        norm_cfg=norm_cfg,
        head=dict(in_channels=64, channels=64, norm_cfg=norm_cfg)))
# How sharp the boundaries are is what guided upsampling is about.
val_evaluator = [
    dict(type='IoUMetric', iou_metrics=['mIoU']),
    dict(type='BoundaryIoUMetric', trimap_widths=(2, ))
]
test_evaluator = val_evaluator
