"""NRD in the place of DeepLabV3+'s head: output stride 8 to 1/4.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: not measured.
Cost: 158.23 G multiply-adds in the decode head, 360.1 G in all; 43.57 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/swap/nrd_r50-d8_4xb2-80k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = 'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
model = dict(decode_head=dict(type='NRDHead', patch_size=2))
