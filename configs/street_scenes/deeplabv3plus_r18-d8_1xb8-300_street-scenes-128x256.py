"""MMSeg's DeepLabV3+ head at output stride 8 on rendered street scenes.

Paper: DeepLabV3+, ECCV 2018, https://arxiv.org/abs/1802.02611
Expected and cost: `make decoders` measures them beside the others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/deeplabv3plus_r18-d8_1xb8-300_street-scenes-128x256.py
"""
_base_ = '../_base_/street_scenes_r18.py'
# Output stride 8, as the stock configs have it.
model = dict(
    backbone=dict(dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1)),
    decode_head=dict(type='DepthwiseSeparableASPPHead', dilations=(1, 12, 24, 36)))
