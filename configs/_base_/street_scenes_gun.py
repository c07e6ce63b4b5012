# A narrow GUN for small street scenes, trained in minutes: half the channels, no pretrained
# weights. Frames of 128 x 256 at 1/2 and 1/4 would leave 4 x 8 places to the deepest layers, so
# the branches see them whole and at 1/2, as those of a frame twice as large.
_base_ = [
    './models/gun_drn-d-22.py', './datasets/street_scenes_128x256.py',
    'mmseg::_base_/default_runtime.py', './schedules/street_scenes_300.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    data_preprocessor=dict(size=(128, 256)),
    backbone=dict(
        scales=(1, 1 / 2),
        backbone=dict(base_channels=8, norm_cfg=norm_cfg, init_cfg=None)),
    neck=dict(in_channels=(64, 256), out_channels=64, norm_cfg=norm_cfg),
    decode_head=dict(
        large_rf_in_channels=64,
        high_res_in_channels=8,
        norm_cfg=norm_cfg,
        head=dict(in_channels=64, channels=64, norm_cfg=norm_cfg)))
# From scratch: a high rate, small batches, and twice the iterations of the other street scenes.
optim_wrapper = dict(optimizer=dict(lr=4e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=20, by_epoch=False),
    dict(type='PolyLR', eta_min=1e-6, power=0.9, begin=20, end=600, by_epoch=False)
]
train_cfg = dict(max_iters=600, val_interval=200)
default_hooks = dict(checkpoint=dict(interval=200))
train_dataloader = dict(batch_size=4)
# How sharp the boundaries are is what guided upsampling is about.
val_evaluator = [
    dict(type='IoUMetric', iou_metrics=['mIoU']),
    dict(type='BoundaryIoUMetric', trimap_widths=(2, ))
]
test_evaluator = val_evaluator
