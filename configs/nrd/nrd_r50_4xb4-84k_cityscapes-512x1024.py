"""NRD, ResNet-50, Cityscapes.

Paper: Dynamic Neural Representational Decoders, NeurIPS 2021, https://arxiv.org/abs/2107.14428
Expected: 79.8 mIoU on val, 80.8 with multi-scale and flip (the paper's figures, not ours).
Cost: 13.34 G multiply-adds in the decode head, 58.5 G in all; 43.57 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/nrd/nrd_r50_4xb4-84k_cityscapes-512x1024.py --launcher pytorch
"""
_base_ = [
    '../_base_/models/nrd_r50-d32.py', 'mmseg::_base_/datasets/cityscapes.py',
    'mmseg::_base_/default_runtime.py', '../_base_/schedules/nrd_sgd_84k.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
crop_size = (512, 1024)
model = dict(data_preprocessor=dict(size=crop_size))
train_dataloader = dict(batch_size=4, num_workers=4)
