"""GUN with one branch only, the medium one, on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: docs/gun.md, measured by `make ablations`.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/gun_drn-d-22_medium-only_1xb4-600_street-scenes-128x256.py
"""
_base_ = './gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
model = dict(
    backbone=dict(scales=(1, ), out_indices=(8, )),
    neck=None,
    decode_head=dict(large_rf_in_channels=256, head=dict(in_channels=256, channels=256)))
