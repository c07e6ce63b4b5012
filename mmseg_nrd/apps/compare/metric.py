"""Which of the evaluator's scores configs are compared by."""
from __future__ import annotations

from typing import Dict, List, Optional

import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.evaluator import Evaluator
from mmengine.registry import EVALUATOR, init_default_scope

from mmseg_nrd.apps.cli import build
from mmseg_nrd.apps.cli.data_checks import build_dataset

from .training import numbers


def reported_scores(cfg: Config) -> List[str]:
    """Names of the numbers that a config's test evaluator reports, tried on one test image.

    Raises:
        ValueError: if there are none.
    """
    init_default_scope('mmseg')
    dataset = build_dataset(cfg, cfg.test_dataloader.dataset)
    metrics = cfg.test_evaluator
    evaluator = EVALUATOR.build({'type': 'Evaluator', **metrics}) if 'metrics' in metrics \
        else Evaluator(metrics)
    evaluator.dataset_meta = dataset.metainfo
    batch = pseudo_collate([dataset[0]])
    with torch.no_grad():
        samples = build(cfg.model).test_step(batch)
    evaluator.process(samples, batch)
    names = list(numbers(evaluator.evaluate(1)))
    if not names:
        raise ValueError(f'{cfg.filename}: test_evaluator reports no number for a test image, so '
                         'there is nothing to compare by. Fix: use one that does, such as '
                         'IoUMetric without format_only.')
    return names


def choose_metric(configs: Dict[str, Config], metric: Optional[str] = None) -> str:
    """The score to compare by, once it is sure that every config reports it.

    Without a ``metric``: mIoU, with a prefix or without, or else the only one that there is.

    Raises:
        ValueError: if a config reports nothing, or not this, or several and none was chosen.
    """
    reported = [reported_scores(cfg) for cfg in configs.values()]
    common = [name for name in reported[0] if all(name in names for names in reported)]
    found = [name for name in common if name == metric] if metric else (
        [name for name in common if name.split('/')[-1] == 'mIoU'] or common)
    if len(found) != 1:
        raise ValueError(f"--metric={metric}: must be one score that all of the configs' test "
                         f'evaluators report: {common}. Fix: name one of these.')
    return found[0]
