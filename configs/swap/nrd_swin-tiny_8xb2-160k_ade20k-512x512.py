"""NRD in the place of UPerNet's head; `_delete_` drops the arguments that NRD has not.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: not measured.
Cost: 5.18 G multiply-adds in the decode head, 30.7 G in all; 45.32 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/swap/nrd_swin-tiny_8xb2-160k_ade20k-512x512.py --launcher pytorch
"""
_base_ = 'mmseg::swin/swin-tiny-patch4-window7-in1k-pre_upernet_8xb2-160k_ade20k-512x512.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
# Nobody reads level 1, so no gradient reaches the backbone's norm1.
find_unused_parameters = True
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    decode_head=dict(
        _delete_=True,
        type='NRDHead',
        in_channels=768,
        in_index=3,
        channels=512,
        c1_in_channels=96,
        patch_size=8,
        num_classes=150,
        norm_cfg=norm_cfg))
