"""NRD on MobileNetV2: output stride 8 to 1/4.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: not measured.
Cost: 125.57 G multiply-adds in the decode head, 140.9 G in all; 17.28 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/swap/nrd_mobilenet-v2-d8_4xb2-80k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = 'mmseg::mobilenet_v2/mobilenet-v2-d8_deeplabv3plus_4xb2-80k_cityscapes-512x1024.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
model = dict(decode_head=dict(type='NRDHead', patch_size=2))
