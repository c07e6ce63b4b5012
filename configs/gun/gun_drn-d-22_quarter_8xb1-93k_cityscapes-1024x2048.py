"""GUN ablation: one branch only, at 1/4; logits at 1/4.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no figure at hand; the paper's ablations compare with the full network's.
Cost: 0.07 G multiply-adds in the decode head, 34.1 G in all; 15.90 M parameters; 1024 x 2048.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/gun/gun_drn-d-22_quarter_8xb1-93k_cityscapes-1024x2048.py \
         --launcher pytorch
"""
_base_ = './gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py'
model = dict(
    backbone=dict(scales=(1 / 4, ), out_indices=(8, )),
    neck=None,
    decode_head=dict(
        large_rf_in_channels=512, head=dict(in_channels=512, channels=512)))
