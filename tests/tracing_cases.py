"""Where models can be traced for images of any size, and one that is traced quickly."""
from __future__ import annotations

import pytest
from torch.fx.experimental import _config as symbolic

needs_tracing = pytest.mark.skipif(
    not hasattr(symbolic, 'backed_size_oblivious'),
    reason='needs a torch whose traces leave all sizes open')

# As few operators as a network of MMSeg has.
TINY = """
model = dict(
    type='EncoderDecoder', data_preprocessor=dict(
        type='SegDataPreProcessor', bgr_to_rgb=True, size=(32, 64)),
    backbone=dict(
        type='ResNetV1c', depth=18, base_channels=4, stem_channels=4, num_stages=1, strides=(1,),
        dilations=(1,), out_indices=(0,)),
    decode_head=dict(
        type='FCNHead', in_channels=4, in_index=0, channels=4, num_convs=1, concat_input=False,
        num_classes=3),
    test_cfg=dict(mode='whole'))
"""
