"""NRD, Twins-SVT-L, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: no figure at hand.
Cost: 5.54 G multiply-adds in the decode head, 90.2 G in all; 116.73 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/nrd/nrd_twins-svt-l_8xb2-164k_ade20k-512x512.py --launcher pytorch
"""
_base_ = 'mmseg::twins/twins_svt-l_uperhead_8xb2-160k_ade20k-512x512.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    decode_head=dict(
        _delete_=True,
        type='NRDHead',
        in_channels=1024,
        in_index=3,
        channels=512,
        c1_in_channels=128,
        c1_channels=48,
        patch_size=8,
        theta_init='paper',
        num_classes=150,
        norm_cfg=norm_cfg,
        align_corners=False,
        loss_decode=dict(type='CrossEntropyLoss', use_sigmoid=False, loss_weight=1.0)))
param_scheduler = [
    dict(type='LinearLR', start_factor=1e-6, by_epoch=False, begin=0, end=1500),
    dict(type='PolyLR', eta_min=0.0, power=1.0, begin=1500, end=164000, by_epoch=False)
]
train_cfg = dict(max_iters=164000)
