"""The operations that multiply nothing worth counting, by name."""
from __future__ import annotations

import torch

_NAMES = {
    'making, filling and moving tensors':
        '_to_copy _unsafe_view arange cat col2im constant_pad_nd copy copy_ detach_ diag_embed '
        'empty empty_like im2col masked_fill_ '
        'empty_strided eye fill_ full full_like lift_fresh linspace new_empty '
        'new_empty_strided new_full new_ones new_zeros ones ones_like pixel_shuffle '
        'pixel_unshuffle repeat scalar_tensor stack zero_ zeros zeros_like flip roll '
        'reflection_pad2d reflection_pad2d_backward replication_pad2d '
        'replication_pad2d_backward',
    "views' gradients":
        'select_backward slice_backward unfold_backward as_strided_ as_strided_scatter '
        'slice_scatter',
    'indexing, sorting, choosing':
        '_unsafe_index _unsafe_index_put index index_put index_put_ index_select index_add_ '
        'gather scatter scatter_ scatter_add scatter_add_ masked_select nonzero sort topk '
        'argmax argmin embedding embedding_dense_backward bincount _unique2 triu tril cumsum',
    'random numbers':
        'bernoulli bernoulli_ rand rand_like randn randn_like randint randperm random_ '
        'uniform_ normal_ native_dropout native_dropout_backward',
    'norms: a few operations for each element':
        '_native_batch_norm_legit _native_batch_norm_legit_no_training native_batch_norm '
        'native_batch_norm_backward cudnn_batch_norm cudnn_batch_norm_backward '
        '_batch_norm_no_update _batch_norm_with_update batch_norm_backward batch_norm_stats '
        'batch_norm_elemt native_layer_norm native_layer_norm_backward native_group_norm '
        'native_group_norm_backward linalg_vector_norm',
    'sums over elements, and softmax':
        'sum mean var var_mean std std_mean max min amax amin aminmax any all prod norm '
        '_softmax _softmax_backward_data _safe_softmax _log_softmax '
        '_log_softmax_backward_data logsumexp equal _is_all_true _local_scalar_dense '
        'floor_divide count_nonzero histc',
    'pools':
        'avg_pool2d avg_pool2d_backward max_pool2d_with_indices '
        'max_pool2d_with_indices_backward _adaptive_avg_pool2d _adaptive_avg_pool2d_backward '
        'adaptive_max_pool2d adaptive_max_pool2d_backward max_unpool2d',
    'interpolation and sampling':
        'upsample_nearest2d upsample_nearest2d_backward _upsample_nearest_exact2d '
        '_upsample_nearest_exact2d_backward upsample_bilinear2d upsample_bilinear2d_backward '
        'upsample_bicubic2d upsample_bicubic2d_backward _upsample_bilinear2d_aa '
        '_upsample_bicubic2d_aa grid_sampler_2d grid_sampler_2d_backward',
    'gradients of elementwise functions that torch does not tag':
        'leaky_relu_backward hardtanh_backward hardswish_backward hardsigmoid_backward prelu '
        '_prelu_kernel _prelu_kernel_backward',
    'losses: a few operations for each element':
        'nll_loss_forward nll_loss_backward nll_loss2d_forward nll_loss2d_backward mse_loss '
        'mse_loss_backward binary_cross_entropy binary_cross_entropy_backward '
        'binary_cross_entropy_with_logits smooth_l1_loss smooth_l1_loss_backward',
}
_FREE = frozenset(f'aten::{name}' for names in _NAMES.values() for name in names.split())


def is_free(operation: torch._ops.OpOverload) -> bool:
    """Whether an operation works element by element, moves data, or is named above.

    Args:
        operation (OpOverload): As a dispatch mode gets it. torch itself tags most elementwise
            operations and all views.

    Returns:
        bool: the answer.
    """
    return (torch.Tag.pointwise in operation.tags or operation.is_view
            or operation._overloadpacket._qualified_op_name in _FREE)
