"""NRD, ResNet-50, Cityscapes. Ablation: guidance from c2 at 1/8, 4 x 4 patches.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 11.49 G multiply-adds in the decode head, 56.7 G in all; 43.68 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r50_c2-guidance_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = './nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(decode_head=dict(c1_index=1, c1_in_channels=512, patch_size=4))
