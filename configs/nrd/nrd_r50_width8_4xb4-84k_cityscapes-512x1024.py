"""NRD, ResNet-50, Cityscapes. Ablation: hidden and guidance width 8 (16 is the main config).

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 13.16 G multiply-adds in the decode head, 58.4 G in all; 43.28 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r50_width8_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = './nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(decode_head=dict(hidden_channels=8, guidance_channels=8))
