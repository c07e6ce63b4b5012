"""GUN with a BatchNorm of its own for each branch on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: docs/gun.md, measured by `make ablations`.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/gun_drn-d-22_separate-norm_1xb4-600_street-scenes-128x256.py
"""
_base_ = './gun_drn-d-22_1xb4-600_street-scenes-128x256.py'
model = dict(backbone=dict(separate_norm=True))
