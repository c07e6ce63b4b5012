"""GUM around MMSeg's FCN head on rendered street scenes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected and cost: `make decoders` measures them beside the others.
Run: python tools/make_street_scenes.py data/street_scenes
     python tools/train.py configs/street_scenes/gum_fcn_r18-d8_1xb8-300_street-scenes-128x256.py
"""
_base_ = './fcn_r18-d8_1xb8-300_street-scenes-128x256.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='large_rf',
        scale_factor=8,
        large_rf_in_channels=128,
        large_rf_index=1,
        large_rf_bottleneck=16,
        head={{_base_.model.decode_head}}))
