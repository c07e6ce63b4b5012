# GUN: the image at 1/2 and 1/4, one DRN-D-22 for both, and guided upsampling from 1/16 to 1/2.
norm_cfg = dict(type='SyncBN', requires_grad=True)
# The encoder's maps are guidance (0), medium (1) and low (2); the neck appends the fused one (3).
data_preprocessor = dict(
    type='SegDataPreProcessor',
    mean=[123.675, 116.28, 103.53],
    std=[58.395, 57.12, 57.375],
    bgr_to_rgb=True,
    pad_val=0,
    seg_pad_val=255)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=data_preprocessor,
    pretrained=None,
    backbone=dict(
        type='MultiResolutionEncoder',
        backbone=dict(
            type='DRN',
            depth=22,
            norm_cfg=norm_cfg,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='http://dl.yf.io/drn/drn_d_22-4bd2f8ea.pth')),
        scales=(1 / 2, 1 / 4),
        out_indices=(4, 8),
        guidance_index=1),
    neck=dict(
        type='MultiResolutionFusion', in_channels=(128, 512), out_channels=128,
        norm_cfg=norm_cfg),
    decode_head=dict(
        type='GuidedUpsamplingHead',
        guidance='fusion',
        scale_factor=8,
        large_rf_in_channels=128,
        large_rf_index=-1,
        # Narrow, and up to 1/4 of the image only: wider guidance costs far more and gave no more
        # on street scenes (docs/gun.md).
        large_rf_channels=(8, 8),
        large_rf_bottleneck=16,
        high_res_in_channels=16,
        high_res_index=0,
        norm_cfg=norm_cfg,
        head=dict(
            type='FCNHead',
            in_channels=128,
            in_index=-1,
            channels=128,
            num_convs=0,
            concat_input=False,
            dropout_ratio=0,
            num_classes=19,
            norm_cfg=norm_cfg,
            align_corners=False,
            loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0))),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
