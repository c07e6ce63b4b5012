"""NRD on Segmenter's ViT-S/16: 1/16 to 1/4, guided by a level that is computed from the image.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: not measured.
Cost: 10.28 G multiply-adds in the decode head, 42.2 G in all; 31.93 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/swap/nrd_vit-s16_8xb1-160k_ade20k-512x512.py --launcher pytorch
"""
_base_ = 'mmseg::segmenter/segmenter_vit-s_mask_8xb1-160k_ade20k-512x512.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    backbone=dict(
        _delete_=True,
        type='ImageLevel',
        backbone={{_base_.model.backbone}},
        norm_cfg=norm_cfg),
    decode_head=dict(
        _delete_=True,
        type='NRDHead',
        in_channels=384,
        in_index=1,
        channels=384,
        c1_in_channels=32,
        patch_size=4,
        num_classes=150,
        norm_cfg=norm_cfg))
