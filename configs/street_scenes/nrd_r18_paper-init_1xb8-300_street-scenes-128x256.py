"""NRD with the published initialisation of the controller on rendered street scenes.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected and cost: `make theta-init` measures both beside the static start.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/nrd_r18_paper-init_1xb8-300_street-scenes-128x256.py
"""
_base_ = './nrd_r18_1xb8-300_street-scenes-128x256.py'
model = dict(decode_head=dict(theta_init='paper'))
