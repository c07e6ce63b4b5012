"""NRD on rendered street scenes: minutes on two CPU cores.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected and cost: `make decoders` measures it beside eleven others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py configs/street_scenes/nrd_r18_1xb8-300_street-scenes-128x256.py
"""
_base_ = '../_base_/street_scenes_r18.py'
model = dict(decode_head=dict(type='NRDHead', patch_size=8))
