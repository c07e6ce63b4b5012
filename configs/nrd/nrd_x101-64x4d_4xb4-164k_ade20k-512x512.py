"""NRD, ResNeXt-101 64x4d, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: 44.34 mIoU on val, 46.35 with multi-scale and flip (the paper's figures, not ours).
Cost: 7.00 G multiply-adds in the decode head, 87.8 G in all; 102.59 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_x101-64x4d_4xb4-164k_ade20k-512x512.py --launcher pytorch
"""
_base_ = './nrd_r101_4xb4-164k_ade20k-512x512.py'
model = dict(
    pretrained='open-mmlab://resnext101_64x4d',
    backbone=dict(type='ResNeXt', groups=64, base_width=4, frozen_stages=1))
