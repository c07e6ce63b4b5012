"""A segmentor with all of its weights, and the names and colours of its classes."""
from __future__ import annotations

from typing import List, Sequence, Tuple

from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmseg.apis import init_model
from mmseg.registry import DATASETS
from torch import nn

from mmseg_nrd.hooks.checkpoints import check_fit, read_checkpoint


def load_segmentor(cfg: Config, checkpoint: str, device: str) -> Tuple[nn.Module, dict]:
    """Build a segmentor and give it the weights of a checkpoint, all of them.

    ``mmseg.apis.init_model`` builds it; its own loading would log what does not fit and go on
    with random weights in its place.

    Args:
        cfg (Config): Of the segmentor.
        checkpoint (str): Path or URL.
        device (str): Where to.

    Returns:
        tuple[nn.Module, dict]: the segmentor, in eval mode, and the checkpoint.

    Raises:
        FileNotFoundError: if there is no such checkpoint.
        ValueError: if the config has no model, or the checkpoint does not fit it.
    """
    if 'model' not in cfg:
        raise ValueError(
            'the config has no model. Fix: pass that of a segmentor, not one of its bases.')
    model = init_model(cfg, device=device)
    saved = read_checkpoint(checkpoint)
    state_dict = saved.get('state_dict', saved)
    check_fit(checkpoint, state_dict, model.state_dict())
    # Only the counters of batch norms can be missing.
    model.load_state_dict(state_dict, strict=False)
    # Nothing is to be synchronised, and SyncBN has no version for CPUs.
    return revert_sync_batchnorm(model).eval(), saved


def classes_and_palette(cfg: Config, checkpoint: dict,
                        num_classes: int) -> Tuple[Sequence[str], List[List[int]]]:
    """Names of the classes and an RGB triple for each.

    Those that training saved in the checkpoint; without them, those of the config's test set.

    Raises:
        ValueError: if there are not as many as the segmentor has classes, or more than 256.
    """
    meta = checkpoint.get('meta', {}).get('dataset_meta')
    if meta is None:
        dataset = cfg.test_dataloader.dataset
        meta = {**getattr(DATASETS.get(dataset.type), 'METAINFO', {}),
                **dataset.get('metainfo', {})}
    classes, palette = meta.get('classes') or (), meta.get('palette') or ()
    if not num_classes == len(classes) == len(palette):
        raise ValueError(
            f'{len(classes)} class names and {len(palette)} colours for {num_classes} classes: '
            'must be as many. Fix: set test_dataloader.dataset.metainfo=dict(classes=..., '
            'palette=...), or pass a checkpoint of a training, which holds them.')
    if num_classes > 256:
        raise ValueError(
            f'{num_classes} classes: must be 256 at most, as label images hold a byte a pixel. '
            'Fix: mmseg.apis.inference_model gives labels of any number.')
    return classes, [list(colour) for colour in palette]
