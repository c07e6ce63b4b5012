"""NRD, ResNet-50, Cityscapes. Ablation: coordinates alone.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand; a run without guidance is our addition.
Cost: 9.61 G multiply-adds in the decode head, 54.8 G in all; 43.33 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r50_no-guidance_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = './nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(decode_head=dict(c1_in_channels=0))
