"""Pure functions on tensors: no parameters, no registry."""
from .dynamic_mlp import dynamic_mlp, num_dynamic_params, split_dynamic_params
from .guided_upsample import SAMPLING_MODES, guided_upsample
from .patch_coordinates import patch_coordinates
from .resize_rows import resize_rows, source_rows
from .sides import crop_to, pad_to, repeat_to

__all__ = [
    'SAMPLING_MODES', 'crop_to', 'dynamic_mlp', 'guided_upsample', 'num_dynamic_params', 'pad_to',
    'patch_coordinates', 'repeat_to', 'resize_rows', 'source_rows', 'split_dynamic_params',
]
