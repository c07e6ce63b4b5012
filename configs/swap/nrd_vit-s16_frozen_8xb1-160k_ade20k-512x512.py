"""NRD on Segmenter's ViT-S/16, which is frozen: the image's level and the head alone are trained.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: not measured.
Cost: 10.28 G multiply-adds in the decode head, 42.2 G in all; 31.93 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/swap/nrd_vit-s16_frozen_8xb1-160k_ade20k-512x512.py --launcher pytorch
"""
_base_ = './nrd_vit-s16_8xb1-160k_ade20k-512x512.py'
model = dict(backbone=dict(frozen=True))
