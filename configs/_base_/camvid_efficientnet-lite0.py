# All of a CamVid config but the decode head's type.
_base_ = [
    './models/efficientnet-lite0.py', './datasets/camvid_352x480.py',
    'mmseg::_base_/default_runtime.py', './schedules/camvid_1000.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
# 360 rows are no multiple of 32. Padded to one, every head finds its maps as in training; else
# stock heads stretch them by what hangs over the image.
model = dict(data_preprocessor=dict(size=(352, 480), test_cfg=dict(size_divisor=32)))
