"""NRD, SegFormer's MiT-B1, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 4.31 G multiply-adds in the decode head, 14.7 G in all; 28.29 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/nrd/nrd_mit-b1_8xb2-160k_ade20k-512x512.py --launcher pytorch
"""
_base_ = 'mmseg::segformer/segformer_mit-b1_8xb2-160k_ade20k-512x512.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    decode_head=dict(
        _delete_=True,
        type='NRDHead',
        in_channels=512,
        in_index=3,
        channels=512,
        c1_in_channels=64,
        c1_channels=48,
        patch_size=8,
        controller_reduction=2,
        theta_init='paper',
        num_classes=150,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)),
    auxiliary_head=dict(
        type='FCNHead',
        in_channels=320,
        in_index=2,
        channels=256,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0.1,
        num_classes=150,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=0.4)))
