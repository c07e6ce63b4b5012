"""MMSeg's DeepLabV3+ head on rendered street scenes, the NRD config's counterpart.

Paper: DeepLabV3+, ECCV 2018, https://arxiv.org/abs/1802.02611
Expected and cost: `make decoders` measures it beside eleven others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/deeplabv3plus_r18_1xb8-300_street-scenes-128x256.py
"""
_base_ = '../_base_/street_scenes_r18.py'
model = dict(decode_head=dict(type='DepthwiseSeparableASPPHead'))
