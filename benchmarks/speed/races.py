"""NRD's speed and memory against what it replaces."""
from __future__ import annotations

from typing import Callable, List, Sequence, Tuple

import torch
from mmengine.device import get_device
from torch import Tensor, nn

from mmseg_nrd.apps.cli.segmentor import build
from mmseg_nrd.apps.cost.fuse_norms import fuse_norms
from mmseg_nrd.apps.cost.memory import peak_memory
from mmseg_nrd.apps.cost.timing import timer

from .authors_decode import repeat_and_sum_mlp
from .race import Race, race

OURS, AUTHORS, STOCK, CONVOLUTIONS = (
    'NRD', "authors' formulation", 'DeepLabV3+', 'its convolutions')
ROWS, LOGITS = 'NRD, blocks of rows', 'NRD, all logits'
MODES = ('inference', 'training')
FLAGS = ('fp32', 'conv and norm fused', 'bf16', 'channels last')
_STRIDES = (4, 8, 16, 32)


def _backward(forward: Callable[[], Tensor], leaves: Sequence[Tensor]) -> Callable[[], object]:
    """Forward and backward; the gradients are handed out, so none stays."""
    def step():
        out = forward()
        return torch.autograd.grad(out, leaves, torch.ones_like(out))
    return step


def race_decode_step(ours: dict, classes: int, places: Tuple[int, int], mode: str,
                     rounds: int) -> Race:
    """Coordinates, guidance and parameters in, logits out: ours and the authors' formulation.

    Each gets its parameters in the memory layout that its own controller hands out.

    Args:
        ours (dict): Config of the NRD head.
        classes (int): K, classes.
        places (tuple[int, int]): (H, W) of the encoder map.
        mode (str): 'inference' or 'training'.
        rounds (int): Turns.

    Returns:
        Race: of both.
    """
    # Without its norm; the layers before the decode step do not matter here.
    head = build(ours, num_classes=classes, norm_cfg=None, in_channels=1, channels=1)
    controller, guidance_branch = head.controller[1], head.c1_bottleneck[1].conv
    size = [side * head.patch_size for side in places]
    device = get_device()
    params = torch.randn(1, controller.out_channels, *places, device=device) / 10
    guidance = torch.randn(1, guidance_branch.out_channels, *size, device=device)

    def step(decode, memory_format):
        leaves = [params.contiguous(memory_format=memory_format), guidance.clone()]
        if mode == 'inference':
            return lambda: decode(*leaves)
        return _backward(lambda: decode(*leaves), [leaf.requires_grad_() for leaf in leaves])

    case = f'K={classes}, {places[0]} x {places[1]} places'
    return race('decode step', case, mode, {
        OURS: step(head.decode, torch.channels_last),
        AUTHORS: step(_authors_decode(head), torch.contiguous_format)}, rounds,
        asked={AUTHORS: 1 / 30 if mode == 'inference' else 1 / 20})


def _authors_decode(head: nn.Module) -> Callable[[Tensor, Tensor], Tensor]:
    """``head.decode`` as the authors formulate it."""
    def decode(params, guidance):
        inputs = head.mlp_inputs(params, guidance)
        return repeat_and_sum_mlp(params, inputs, head.mlp_channels, head.patch_size)
    return decode


def _features(widths: Sequence[int], size: Tuple[int, int], batch: int) -> List[Tensor]:
    """Random encoder levels at strides 4 to 32 of images of ``size``."""
    return [torch.randn(batch, width, size[0] // stride, size[1] // stride, device=get_device())
            for width, stride in zip(widths, _STRIDES)]


def _convolutions(module: nn.Module, inputs) -> Callable[[], None]:
    """The convolutions of a module alone, on inputs of the same shapes."""
    calls: List[Tuple[nn.Module, Tensor]] = []
    handles = [conv.register_forward_hook(
        lambda conv, args, out: calls.append((conv, torch.randn_like(args[0]))))
        for conv in module.modules() if isinstance(conv, nn.Conv2d)]
    with torch.inference_mode():
        module(inputs)
    for handle in handles:
        handle.remove()

    def step():
        for conv, tensor in calls:
            conv(tensor)
    return step


def _forward(module: nn.Module, inputs: object, flags: str) -> Callable[[], Tensor]:
    """The module's step, with one of ``FLAGS``."""
    if flags == FLAGS[1]:
        module = fuse_norms(module)
    elif flags == FLAGS[3]:
        module, last = module.to(memory_format=torch.channels_last), torch.channels_last
        inputs = (inputs.contiguous(memory_format=last) if isinstance(inputs, Tensor)
                  else [level.contiguous(memory_format=last) for level in inputs])

    def step():
        with torch.autocast(get_device(), torch.bfloat16, enabled=flags == FLAGS[2]):
            return module(inputs)
    return step


def race_heads(ours: dict, stock: dict, widths: Sequence[int], classes: int,
               size: Tuple[int, int], mode: str, flags: str, rounds: int,
               parts: bool = False, what: str = 'whole head') -> Race:
    """NRD's whole head and the stock DeepLabV3+ head on the same random features.

    One image at inference, two in training, where image pooling and BatchNorm need them.

    Args:
        ours (dict): Config of the NRD head.
        stock (dict): Config of the other.
        widths (Sequence[int]): Channels of the encoder's levels at strides 4, 8, 16 and 32.
        classes (int): K.
        size (tuple[int, int]): (H, W) of the image.
        mode (str): 'inference' or 'training'.
        flags (str): One of ``FLAGS``, for all.
        rounds (int): Turns.
        parts (bool): Let NRD's convolutions alone, and its head with the authors' decode step,
            run along. Defaults to False.
        what (str): Names the group, with ``flags``. Defaults to 'whole head'.

    Returns:
        Race: of all.
    """
    levels = _features(widths, size, 1 if mode == 'inference' else 2)
    heads = {OURS: build(ours, num_classes=classes), STOCK: build(stock, num_classes=classes)}
    steps = {}
    for name, head in heads.items():
        steps[name] = _forward(head, levels, flags)
        if mode == 'training':
            head.train()
            steps[name] = _backward(steps[name], list(head.parameters()))
    if parts:
        steps[CONVOLUTIONS] = _convolutions(heads[OURS], levels)
        decode = _authors_decode(heads[OURS])
        steps[AUTHORS] = lambda: decode(*heads[OURS].predict_params(levels))
    return race(f'{what}, {flags}', _case(classes, size), mode, steps, rounds,
                asked={STOCK: 0.25} if parts else None)


def race_models(ours: dict, stock: dict, size: Tuple[int, int], flags: str,
                rounds: int) -> Race:
    """Two whole models up to their logits, one image, inference.

    Args:
        ours (dict): Config of the NRD model.
        stock (dict): Config of the other.
        size (tuple[int, int]): (H, W) of the image.
        flags (str): One of ``FLAGS``, for both.
        rounds (int): Turns.

    Returns:
        Race: of both.
    """
    image = torch.randn(1, 3, *size, device=get_device())
    dilated = f'{STOCK}, dilated'
    steps = {name: _forward(build(cfg), image, flags)
             for name, cfg in ((OURS, ours), (dilated, stock))}
    return race(f'whole model, {flags}', _case(ours.decode_head.num_classes, size), 'inference',
                steps, rounds, asked={dilated: 0.17})


def race_labels(ours: dict, classes: int, size: Tuple[int, int], rounds: int,
                alone: bool = False) -> Race:
    """Labels of one image: in blocks of rows, and as MMSeg makes them, from all logits.

    Args:
        ours (dict): Config of the NRD model.
        classes (int): K.
        size (tuple[int, int]): (H, W) of the image.
        rounds (int): Turns.
        alone (bool): One run of the blocks alone, where the other does not fit in memory.
            Defaults to False.

    Returns:
        Race: of both.
    """
    image = torch.randn(1, 3, *size, device=get_device())
    head = dict(ours.decode_head, num_classes=classes)
    steps = {}
    for name, kind in ((ROWS, 'RowBlockEncoderDecoder'), (LOGITS, 'EncoderDecoder')):
        model = build(ours, type=kind, decode_head=head)
        # The predictions are dropped in the step, so that none outlives its turn.
        steps[name] = lambda model=model: len(model.predict(image))
    what, case = 'labels', _case(classes, size)
    if not alone:
        return race(what, case, 'inference', steps, rounds)
    with torch.inference_mode():
        start = timer()
        steps[ROWS]()
        seconds = timer() - start
        return Race(what, case, 'inference', {ROWS: [seconds]}, {ROWS: peak_memory(steps[ROWS])})


def _case(classes: int, size: Tuple[int, int]) -> str:
    return f'K={classes}, {size[0]} x {size[1]}'
