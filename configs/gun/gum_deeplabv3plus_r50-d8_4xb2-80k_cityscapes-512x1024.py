"""GUM around the stock DeepLabV3+ head: logits at 1/4 go to full resolution, guided.

Paper: Guided Upsampling Network, BMVC 2018, https://arxiv.org/abs/1807.07466
Expected: no figure at hand; the paper plugs GUM into other networks of its time.
Cost: 152.13 G multiply-adds in the decode head, 354.0 G in all; 41.23 M parameters; 512 x 1024.
Run: python -m torch.distributed.run --nproc_per_node 4 tools/train.py \
         configs/gun/gum_deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py \
         --launcher pytorch
"""
_base_ = 'mmseg::deeplabv3plus/deeplabv3plus_r50-d8_4xb2-80k_cityscapes-512x1024.py'
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
default_hooks = dict(
    checkpoint=dict(type='SafeCheckpointHook'), random_state=dict(type='RandomStateHook'),
    finite_loss=dict(type='FiniteLossHook'))
model = dict(
    decode_head=dict(
        _delete_=True,
        type='GuidedUpsamplingHead',
        guidance='large_rf',
        scale_factor=4,
        # At the logits' own resolution, so that two doublings reach the image's.
        large_rf_in_channels=256,
        large_rf_index=0,
        large_rf_bottleneck=16,
        head={{_base_.model.decode_head}}))
