"""GUN with guidance of three steps of 16 channels, up to 1/2, on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: docs/gun.md, measured by `make ablations`.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/gun_drn-d-22_wide-guidance_1xb4-600_street-scenes-128x256.py
"""
_base_ = './gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
model = dict(decode_head=dict(large_rf_channels=16, large_rf_bottleneck=0))
