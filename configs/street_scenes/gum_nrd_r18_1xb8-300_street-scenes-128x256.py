"""GUM around the NRD head on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: `make decoders` measures them beside the others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py configs/street_scenes/gum_nrd_r18_1xb8-300_street-scenes-128x256.py
"""
_base_ = './nrd_r18_1xb8-300_street-scenes-128x256.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='large_rf',
        scale_factor=4,
        large_rf_in_channels=64,
        large_rf_index=0,
        large_rf_bottleneck=16,
        head={{_base_.model.decode_head}}))
