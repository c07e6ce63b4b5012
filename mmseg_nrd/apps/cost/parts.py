"""A segmentor's steps: the whole of it, and each of its parts on inputs recorded from a run.

Parts run by themselves, so that no clock and no hook stands inside the whole. What they leave to
each other, features and gradients, is taken from one run of the chain, so each does the work that
it does in the whole, and their multiply-adds add up to the whole's.
"""
from __future__ import annotations

from functools import partial
from typing import Callable, Dict, Iterable, List, Sequence

import torch
from mmengine.structures import PixelData
from mmengine.utils import apply_to
from mmseg.models.segmentors import EncoderDecoder
from mmseg.structures import SegDataSample
from torch import Tensor, nn

WHOLE = 'whole'
PARTS = ('backbone', 'neck', 'decode_head', 'auxiliary_head')
Steps = Dict[str, Callable[[], object]]


def check_segmentor(model: nn.Module) -> None:
    """Refuse, with a ValueError, a model whose parts are not known."""
    if not isinstance(model, EncoderDecoder):
        raise ValueError(
            f'{type(model).__name__}: must be an EncoderDecoder, of which the backbone, the neck '
            'and the heads are known. Fix: leave this config out.')


def part_parameters(model: nn.Module, training: bool = False) -> Dict[str, int]:
    """Parameters of the whole and of each part; auxiliary heads count in training only."""
    counts = {WHOLE: _numel(model.parameters())}
    for name in PARTS:
        part = getattr(model, name, None)
        if part is None:
            continue
        if name == 'auxiliary_head' and not training:
            counts[WHOLE] -= _numel(part.parameters())
        else:
            counts[name] = _numel(part.parameters())
    return counts


def _numel(parameters: Iterable[Tensor]) -> int:
    return sum(parameter.numel() for parameter in parameters)


def inference_steps(model: nn.Module, images: Tensor) -> Steps:
    """From images to logits of their size, as MMSeg infers: the whole, then part by part.

    The model is in eval mode, the images are (B, C, H, W).
    """
    metas = whole_metas(images)
    steps: Steps = {WHOLE: partial(model.encode_decode, images, metas),
                    'backbone': partial(model.backbone, images)}
    levels = steps['backbone']()
    if model.with_neck:
        steps['neck'] = partial(model.neck, levels)
        levels = steps['neck']()
    steps['decode_head'] = partial(_decode, model, levels, metas)
    return steps


def whole_metas(images: Tensor) -> List[dict]:
    """What MMSeg is told of images (B, C, H, W) that are neither resized nor padded."""
    size = tuple(images.shape[2:])
    return [dict(ori_shape=size, img_shape=size, pad_shape=size, padding_size=[0] * 4)
            for _ in images]


def _decode(model: nn.Module, levels: object, metas: List[dict]) -> Tensor:
    """What ``encode_decode`` does with features, for one head and for a cascade of them."""
    heads = model.decode_head if isinstance(model.decode_head, nn.ModuleList) else [
        model.decode_head]
    previous = ()
    for head in heads[:-1]:
        previous = (head(levels, *previous),)
    return heads[-1].predict(levels, *previous, metas, model.test_cfg)


def random_samples(batch: int, classes: int, size: Sequence[int], device: str,
                   ) -> List[SegDataSample]:
    """Random labels of a size (H, W), and the edge map that boundary losses ask for."""
    def draw(upper):
        return PixelData(data=torch.randint(0, upper, (1, *size), device=device))
    return [SegDataSample(gt_sem_seg=draw(classes), gt_edge_map=draw(2),
                          metainfo=dict(img_shape=tuple(size))) for _ in range(batch)]


def training_steps(model: nn.Module, images: Tensor, samples: List[SegDataSample]) -> Steps:
    """Forward and backward, from images to the gradients: the whole, then part by part.

    The model is in training mode, the images are (B, C, H, W). A head's part includes its loss.
    """
    def whole():
        return _gradients([model.parse_losses(model.loss(images, samples))[0]],
                          list(model.parameters()))

    steps: Steps = {WHOLE: whole}
    chain = {'backbone': images}
    levels = _leaves(model.backbone(images))
    if model.with_neck:
        chain['neck'] = levels
        levels = _leaves(model.neck(levels))
    losses = {'decode_head': model._decode_head_forward_train}
    if model.with_auxiliary_head:
        losses['auxiliary_head'] = model._auxiliary_head_forward_train
    heads: Steps = {name: partial(_head_step, model, name, loss, levels, samples)
                    for name, loss in losses.items()}
    # What the heads send back to the features, then what each part before them sends on.
    upstream = _added([step()[0] for step in heads.values()])
    for name, inputs in reversed(chain.items()):
        steps[name] = partial(_feature_step, getattr(model, name), inputs, upstream)
        upstream = steps[name]()[0]
    order = {name: {**steps, **heads}.get(name) for name in (WHOLE, *PARTS)}
    return {name: step for name, step in order.items() if step is not None}


def _head_step(model: nn.Module, name: str, loss: Callable, levels: object,
               samples: List[SegDataSample]) -> tuple:
    value = model.parse_losses(loss(levels, samples))[0]
    return _to_inputs_and_weights([value], None, levels, getattr(model, name))


def _feature_step(part: nn.Module, inputs: object, upstream: Sequence) -> tuple:
    """Forward, then backward from those outputs that a gradient arrives at."""
    outputs = _tensors(part(inputs))
    used = [(out, grad) for out, grad in zip(outputs, upstream) if grad is not None]
    return _to_inputs_and_weights(
        [out for out, _ in used], [grad for _, grad in used], inputs, part)


def _to_inputs_and_weights(outputs: Sequence[Tensor], upstream, inputs: object,
                           part: nn.Module) -> tuple:
    """Gradients of the inputs, None where none arrives, and of the part's weights."""
    tensors, weights = _tensors(inputs), list(part.parameters())
    gradients = _gradients(outputs, [*tensors, *weights], upstream)
    return gradients[:len(tensors)], gradients[len(tensors):]


def _gradients(outputs: Sequence[Tensor], leaves: Sequence[Tensor], upstream=None) -> list:
    """Gradients, handed out so that none stays; None for what needs none or has no part in it."""
    pairs = [(out, grad) for out, grad in zip(outputs, upstream or [None] * len(outputs))
             if out.requires_grad]
    if not pairs:  # all of it is frozen
        return [None] * len(leaves)
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    found = iter(torch.autograd.grad(
        [out for out, _ in pairs], wanted, [grad for _, grad in pairs], allow_unused=True))
    return [next(found) if leaf.requires_grad else None for leaf in leaves]


def _added(gradients: Sequence[Sequence]) -> list:
    """The sum of several heads' gradients of the same features."""
    return [sum(found[1:], found[0]) if (found := [grad for grad in grads if grad is not None])
            else None for grads in zip(*gradients)]


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)


def _leaves(features: object) -> object:
    """The same features, cut off from what made them."""
    return apply_to(features, _is_tensor,
                    lambda level: level.detach().requires_grad_(level.requires_grad))


def _tensors(features: object) -> List[Tensor]:
    found: List[Tensor] = []
    apply_to(features, _is_tensor, found.append)
    return found
