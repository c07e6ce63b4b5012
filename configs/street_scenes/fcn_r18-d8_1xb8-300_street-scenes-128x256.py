"""MMSeg's FCN head at output stride 8 on rendered street scenes.

Paper: Fully Convolutional Networks, CVPR 2015, https://arxiv.org/abs/1411.4038
Expected and cost: `make decoders` measures them beside the others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py configs/street_scenes/fcn_r18-d8_1xb8-300_street-scenes-128x256.py
"""
_base_ = '../_base_/street_scenes_r18.py'
# Output stride 8, as the stock configs have it.
model = dict(
    backbone=dict(dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1)),
    decode_head=dict(
        _delete_=True,
        type='FCNHead',
        in_channels=512,
        in_index=3,
        channels=512,
        num_convs=2,
        concat_input=True,
        dropout_ratio=0.1,
        num_classes=19,
        norm_cfg=dict(type='BN', requires_grad=True),
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)))
