"""GUN, DRN-D-22, Cityscapes.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: the paper gives 70.4 mIoU on test for the network; none of ours is measured there.
Cost: 0.17 G multiply-adds in the decode head, 50.8 G in all; 16.49 M parameters; 1024 x 2048.
Run: python -m torch.distributed.run --nproc_per_node 8 tools/train.py \
         configs/gun/gun_drn-d-22_8xb1-93k_cityscapes-1024x2048.py \
         --launcher pytorch
"""
_base_ = [
    '../_base_/models/gun_drn-d-22.py', '../_base_/datasets/cityscapes_gun_1024x2048.py',
    'mmseg::_base_/default_runtime.py', '../_base_/schedules/gun_sgd_93k.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
model = dict(data_preprocessor=dict(size=(1024, 2048)))
