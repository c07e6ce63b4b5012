"""NRD, ResNet-101, ADE20K.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: 44.01 mIoU on val, 45.62 with multi-scale and flip (the paper's figures, not ours).
Cost: 7.00 G multiply-adds in the decode head, 49.0 G in all; 63.71 M parameters; 512 x 512.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r101_4xb4-164k_ade20k-512x512.py --launcher pytorch
"""
_base_ = [
    '../_base_/models/nrd_r50-d32.py', 'mmseg::_base_/datasets/ade20k.py',
    'mmseg::_base_/default_runtime.py', '../_base_/schedules/nrd_sgd_164k.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
crop_size = (512, 512)
model = dict(
    data_preprocessor=dict(size=crop_size),
    pretrained='open-mmlab://resnet101_v1c',
    backbone=dict(depth=101),
    decode_head=dict(num_classes=150),
    auxiliary_head=dict(num_classes=150))
train_dataloader = dict(batch_size=4, num_workers=4)
