"""What one training step and one image of several configs cost."""
from __future__ import annotations

from typing import Callable, Dict, Tuple

import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper

from mmseg_nrd.apps.cli import build

from .counting import Cost, count_cost
from .parts import random_samples
from .size import image_channels, image_size
from .timing import Timing, summarise_times, time_turns


def _training_step(cfg: Config) -> Tuple[torch.nn.Module, Callable[[], object]]:
    """A model and one forward, backward and update of it on random images."""
    model = build(cfg.model).train()
    optim_wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    size, batch = image_size(cfg), cfg.train_dataloader.batch_size
    data = dict(inputs=[torch.randint(0, 256, (image_channels(model), *size), dtype=torch.uint8)
                        for _ in range(batch)],
                data_samples=random_samples(batch, model.num_classes, size, 'cpu'))
    return model, lambda: model.train_step(data, optim_wrapper)


def measure_steps(configs: Dict[str, Config]) -> Tuple[Dict[str, Cost], Dict[str, Timing]]:
    """Count what an image costs and time training steps on random images, in turns, by name."""
    costs, steps = {}, {}
    for name, cfg in configs.items():
        model, steps[name] = _training_step(cfg)
        costs[name] = count_cost(model, image_size(cfg))
    return costs, {name: summarise_times(times) for name, times in time_turns(steps).items()}
