"""GUM around the NRD head: logits at 1/4 go to full resolution, guided.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no figure at hand; the combination is ours.
Cost: 15.00 G multiply-adds in the decode head, 60.2 G in all; 43.58 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/gun/gum_nrd_r50_4xb4-84k_cityscapes-512x1024.py \
         --launcher pytorch
"""
_base_ = '../nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py'
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='large_rf',
        scale_factor=4,
        large_rf_in_channels=256,
        large_rf_index=0,
        large_rf_bottleneck=16,
        head={{_base_.model.decode_head}}))
