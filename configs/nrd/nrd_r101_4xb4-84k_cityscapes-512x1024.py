"""NRD, ResNet-101, Cityscapes.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: 80.7 mIoU on val, 82.0 with multi-scale and flip (the paper's figures, not ours).
Cost: 13.34 G multiply-adds in the decode head, 97.3 G in all; 62.57 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r101_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = './nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(pretrained='open-mmlab://resnet101_v1c', backbone=dict(depth=101))
