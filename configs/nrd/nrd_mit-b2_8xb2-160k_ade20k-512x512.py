"""NRD, SegFormer's MiT-B2, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 4.82 G multiply-adds in the decode head, 25.1 G in all; 41.32 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/nrd/nrd_mit-b2_8xb2-160k_ade20k-512x512.py --launcher pytorch
"""
_base_ = './nrd_mit-b1_8xb2-160k_ade20k-512x512.py'
checkpoint = 'https://download.openmmlab.com/mmsegmentation/v0.5/pretrain/segformer/mit_b2_20220624-66e8bf70.pth'  # noqa: E501
model = dict(
    backbone=dict(
        init_cfg=dict(checkpoint=checkpoint), num_layers=[3, 4, 6, 3]),
    decode_head=dict(controller_reduction=1))
