# All of a street-scene config with a pretrained encoder but the decode head's type.
_base_ = [
    './models/efficientnet-lite0.py', './datasets/street_scenes_128x256.py',
    'mmseg::_base_/default_runtime.py', './schedules/street_scenes_300.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
model = dict(
    data_preprocessor=dict(size=(128, 256)),
    decode_head=dict(num_classes=19))
optim_wrapper = dict(paramwise_cfg=dict(custom_keys=dict(backbone=dict(lr_mult=0.3))))
