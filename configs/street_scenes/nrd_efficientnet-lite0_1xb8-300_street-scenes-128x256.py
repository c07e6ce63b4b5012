"""NRD on rendered street scenes, with a pretrained EfficientNet-Lite0.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected and cost: `make demo` measures both beside the DeepLabV3+ head.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py \
         configs/street_scenes/nrd_efficientnet-lite0_1xb8-300_street-scenes-128x256.py
"""
_base_ = '../_base_/street_scenes_efficientnet-lite0.py'
model = dict(decode_head=dict(type='NRDHead', patch_size=8))
