"""What one training step and one image of several configs cost."""
from __future__ import annotations

from typing import Callable, Dict, Tuple

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.optim import build_optim_wrapper
from mmengine.structures import PixelData
from mmseg.registry import MODELS
from mmseg.structures import SegDataSample

from .cost import Cost, count_cost
from .size import image_size
from .timing import Timing, time_alternating


def _training_step(cfg: Config) -> Tuple[torch.nn.Module, Callable[[], object]]:
    """A model and one forward, backward and update of it on random images."""
    model = MODELS.build(cfg.model).to(get_device())
    model.train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    height, width = image_size(cfg)
    batch = cfg.train_dataloader.batch_size
    samples = []
    for _ in range(batch):
        label = torch.randint(0, model.decode_head.num_classes, (1, height, width))
        samples.append(SegDataSample(
            gt_sem_seg=PixelData(data=label), metainfo=dict(img_shape=(height, width))))
    data = dict(inputs=[torch.randint(0, 256, (3, height, width), dtype=torch.uint8)
                        for _ in range(batch)], data_samples=samples)

    return model, lambda: model.train_step(data, optim_wrapper)


def measure_steps(configs: Dict[str, Config]) -> Tuple[Dict[str, Cost], Dict[str, Timing]]:
    """Count what an image costs and time training steps on random images, in turns.

    Args:
        configs (dict[str, Config]): By name.

    Returns:
        tuple[dict, dict]: :class:`Cost` and :class:`Timing` by name.

    Raises:
        ValueError: if a config names no image size.
    """
    costs, steps = {}, {}
    for name, cfg in configs.items():
        model, steps[name] = _training_step(cfg)
        costs[name] = count_cost(model, image_size(cfg))
    return costs, time_alternating(steps)
