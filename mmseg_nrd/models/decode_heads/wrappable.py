"""Which decode heads another one can wrap: those that yield one map of logits."""
from __future__ import annotations

from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from mmseg.registry import MODELS

MASKS = 'it classifies masks, not pixels'
TRAINING = 'in training it yields several maps, each with a loss of its own'
# by the name of the class or of one that it inherits from
REASONS = {
    'MaskFormerHead': MASKS,
    'Mask2FormerHead': MASKS,
    'SideAdapterCLIPHead': MASKS,
    'BaseCascadeDecodeHead': 'it refines what a head before it has predicted (a cascade)',
    'IterativeDecodeHead': TRAINING,
    'DAHead': TRAINING,
    'DDRHead': TRAINING,
    'PIDHead': TRAINING,
    'VPDDepthHead': 'it predicts depth, not classes',
    'DPTHead': 'its inputs are pairs of a map and a class token, no levels for guidance to read',
    'EncHead': 'besides the map it yields logits of the whole image, with a loss of their own',
}


def refusal(kind: type) -> str:
    """Why a head of this class cannot be wrapped; empty if it can."""
    for base in kind.__mro__:
        if base.__name__ in REASONS:
            return REASONS[base.__name__]
    if not issubclass(kind, BaseDecodeHead):
        return 'it is no BaseDecodeHead of MMSegmentation'
    for name in ('loss', 'predict'):
        if getattr(kind, name) is not getattr(BaseDecodeHead, name):
            return f'it has a {name}() of its own, which would go round the wrapper'
    return ''


def build_wrapped(head: dict) -> BaseDecodeHead:
    """Build the decode head of this config, to wrap it.

    Raises:
        ValueError: if such a head cannot be wrapped.
    """
    kind = MODELS.get(head['type']) if isinstance(head['type'], str) else head['type']
    # An unknown name is left to the registry, whose error says where it looked.
    reason = refusal(kind) if isinstance(kind, type) else ''
    if reason:
        raise ValueError(
            f'GuidedUpsamplingHead cannot wrap {kind.__name__}: {reason}. It wraps a head that '
            'yields one map of logits. Fix: choose such a head, for instance FCNHead, '
            'DepthwiseSeparableASPPHead, UPerHead, SegformerHead or NRDHead.')
    return MODELS.build(head)
