"""GUN ablation: an encoder of its own for each branch.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no figure at hand; the paper's ablations compare with the full network's.
Cost: 0.17 G multiply-adds in the decode head, 50.8 G in all; 17.16 M parameters; 1024 x 2048.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/gun/gun_drn-d-22_not-shared_8xb1-93k_cityscapes-1024x2048.py \
         --launcher pytorch
"""
_base_ = './gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py'
model = dict(backbone=dict(share_weights=False))
