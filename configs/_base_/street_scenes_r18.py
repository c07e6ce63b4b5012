# All of a small street-scene config but the decode head's type.
_base_ = [
    './models/street_scenes_r18-d32.py', './datasets/street_scenes_128x256.py',
    'mmseg::_base_/default_runtime.py', './schedules/street_scenes_300.py'
]
custom_imports = dict(imports=['mmseg_nrd'], allow_failed_imports=False)
model = dict(data_preprocessor=dict(size=(128, 256)))
