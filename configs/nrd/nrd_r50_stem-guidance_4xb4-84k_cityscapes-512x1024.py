"""NRD, ResNet-50, Cityscapes. Ablation: guidance from the stem at 1/2, 16 x 16 patches.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 13.50 G multiply-adds in the decode head, 58.7 G in all; 43.49 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r50_stem-guidance_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = './nrd_r50_4xb4-84k_cityscapes-512x1024.py'
# The stem comes first, so every other level's index grows by one.
model = dict(
    backbone=dict(type='StemResNetV1c'),
    decode_head=dict(in_index=4, c1_index=0, c1_in_channels=64, patch_size=16),
    auxiliary_head=dict(in_index=3))
