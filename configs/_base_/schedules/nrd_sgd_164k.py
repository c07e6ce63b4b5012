# The authors' SGD recipe over 164k iterations.
_base_ = './nrd_sgd_84k.py'
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=4000, by_epoch=False),
    dict(type='PolyLR', eta_min=1e-4, power=0.9, begin=0, end=164000, by_epoch=False)
]
train_cfg = dict(max_iters=164000, val_interval=16400)
default_hooks = dict(checkpoint=dict(interval=16400))
