# The authors' SGD recipe: poly from the start, as in their MMSeg 0.x, and a linear warm-up over
# 4000 iterations that multiplies it.
optimizer = dict(type='SGD', lr=0.01, momentum=0.9, weight_decay=5e-4)
optim_wrapper = dict(type='OptimWrapper', optimizer=optimizer, clip_grad=None)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, begin=0, end=4000, by_epoch=False),
    dict(type='PolyLR', eta_min=1e-4, power=0.9, begin=0, end=84000, by_epoch=False)
]
train_cfg = dict(type='IterBasedTrainLoop', max_iters=84000, val_interval=8400)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='SafeCheckpointHook', by_epoch=False, interval=8400),
    random_state=dict(type='RandomStateHook'),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    visualization=dict(type='SegVisualizationHook'),
    finite_loss=dict(type='FiniteLossHook'))
