"""MMSeg's PointRend over its semantic FPN head, on rendered street scenes.

Paper: PointRend, CVPR 2020, https://arxiv.org/abs/1912.08193
Expected and cost: `make decoders` measures them beside the others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py configs/street_scenes/pointrend_r18_1xb8-300_street-scenes-128x256.py
"""
_base_ = './fpn_r18_1xb8-300_street-scenes-128x256.py'
model = dict(
    type='CascadeEncoderDecoder',
    num_stages=2,
    decode_head=[
        {{_base_.model.decode_head}},
        dict(
            type='PointHead',
            in_channels=[256],
            in_index=[0],
            channels=256,
            num_fcs=3,
            coarse_pred_each_layer=True,
            dropout_ratio=-1,
            num_classes=19,
            align_corners=False,
            loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0))
    ],
    # A 16th of the stock points for a 16th of the stock image.
    train_cfg=dict(num_points=128, oversample_ratio=3, importance_sample_ratio=0.75),
    test_cfg=dict(
        mode='whole', subdivision_steps=2, subdivision_num_points=512, scale_factor=2))
