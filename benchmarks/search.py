"""One change of a CamVid config at a time, each trained for few iterations and judged on val.

    python -m benchmarks.search [ROW ...] [--iters N] [--seeds N] --out FOLDER

FOLDER/results.json holds what every row gave so far, those of earlier commands included, be their
runs still there or not; a row is replaced by one of as many seeds or more. Finished runs are not
repeated, and one that was killed is resumed. The test set is not looked at.
"""
from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import Dict, List

import torch
import torch.nn.functional as F
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS
from torch import nn

import mmseg_nrd  # noqa: F401  (prepares the host before a config is read)
from mmseg_nrd.apps.cli import read_config, silence_host_warnings
from mmseg_nrd.apps.cli.data_checks import check_data
from mmseg_nrd.apps.cli.json_files import read_json, write_json
from mmseg_nrd.apps.compare.budget import with_budget
from mmseg_nrd.apps.compare.training import train
from mmseg_nrd.apps.cost.environment import describe_environment
from mmseg_nrd.models import GuidedUpsamplingHead, NRDHead
from mmseg_nrd.ops import guided_upsample

_CONFIG = 'configs/camvid/{}_efficientnet-lite0_1xb4-1000_camvid-352x480.py'
_HEAD = 'model.decode_head.'
_RATE = 'optim_wrapper.paramwise_cfg.custom_keys.{}.lr_mult'  # the encoder's is 0.3


@MODELS.register_module()
class NRDWithoutInputNorm(NRDHead):
    """The MLPs see coordinates and guidance as they are."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.input_norm = nn.Identity()


@MODELS.register_module()
class NRDGuidedByTwoLevels(NRDHead):
    """The next level, enlarged, beside the one at 1/4."""

    def predict_params(self, inputs):
        coarse = F.interpolate(inputs[1], inputs[0].shape[2:], mode='bilinear')
        return super().predict_params([torch.cat([inputs[0], coarse], dim=1), *inputs[1:]])


@MODELS.register_module()
class NRDLossAtQuarter(NRDHead):
    """Labels are taken to the logits' size, instead of the logits to the labels'."""

    def loss_by_feat(self, seg_logits, batch_data_samples):
        labels = self._stack_batch_gt(batch_data_samples)
        small = F.interpolate(labels.float(), seg_logits.shape[2:], mode='nearest').long()
        return dict(loss_ce=self.loss_decode(
            seg_logits, small.squeeze(1), ignore_index=self.ignore_index))


@MODELS.register_module()
class GuidedAcrossTheMap(GuidedUpsamplingHead):
    """Offsets of 1 lead across the whole map, not to the next pixel."""

    def forward(self, inputs):
        logits = self.head(inputs)
        height, width = logits.shape[2:]
        offsets = self._offsets(inputs, self._size(logits, inputs))
        return guided_upsample(logits, offsets * offsets.new_tensor([width, height])[:, None, None])


_AUXILIARY = dict(
    type='FCNHead', in_channels=112, in_index=2, channels=64, num_convs=1, num_classes=11,
    norm_cfg=dict(type='BN'), align_corners=False, loss_decode=dict(
        type='CrossEntropyLoss', loss_weight=0.4))

# What each row asks, the config it changes, and the change.
ROWS: Dict[str, tuple] = {
    'base': ('nrd', {}),
    'deeplabv3plus': ('deeplabv3plus', {}),
    'hard pixels alone': ('nrd', {_HEAD + 'sampler': dict(
        type='OHEMPixelSampler', thresh=0.7, min_kept=20000)}),
    'controller at 0.3 of the rate': ('nrd', {_RATE.format('controller'): 0.3}),
    'encoder at the whole rate': ('nrd', {_RATE.format('backbone'): 1.}),
    'gradients clipped at norm 1': ('nrd', {
        'optim_wrapper.clip_grad': dict(_delete_=True, max_norm=1.)}),
    'no norm before the MLPs': ('nrd', {_HEAD + 'type': 'NRDWithoutInputNorm'}),
    'guidance from 1/4 and 1/8': ('nrd', {
        _HEAD + 'type': 'NRDGuidedByTwoLevels', _HEAD + 'c1_in_channels': 24 + 40}),
    '8 guidance channels': ('nrd', {_HEAD + 'guidance_channels': 8}),
    '32 guidance channels': ('nrd', {_HEAD + 'guidance_channels': 32}),
    '32 hidden channels': ('nrd', {_HEAD + 'hidden_channels': 32}),
    'auxiliary head': ('nrd', {'model.auxiliary_head': _AUXILIARY}),
    'loss at 1/4': ('nrd', {_HEAD + 'type': 'NRDLossAtQuarter'}),
    'MLPs at twice the resolution': ('nrd', {_HEAD + 'scale_factor': 2}),
    'norm momentum 0.01': ('nrd', {_HEAD + 'norm_cfg': dict(type='BN', momentum=0.01)}),
    'start of the paper': ('nrd', {_HEAD + 'theta_init': 'paper'}),
    'controller at 3 times the rate': ('nrd', {_RATE.format('controller'): 3.}),
    'encoder at 0.1 of the rate': ('nrd', {_RATE.format('backbone'): 0.1}),
    'dropout 0.1': ('nrd', {_HEAD + 'dropout_ratio': 0.1}),
    'gum_aspp': ('gum_aspp', {}),
    'gum_aspp, guidance at 1/2': ('gum_aspp', {
        'model.backbone.out_indices': (0, 1, 2, 3, 4), _HEAD + 'head.in_index': 4,
        _HEAD + 'large_rf_index': 4, _HEAD + 'high_res_in_channels': 16,
        _HEAD + 'scale_factor': 16}),
    'gum_aspp, offsets in widths of the map': ('gum_aspp', {_HEAD + 'type': 'GuidedAcrossTheMap'}),
    'gum_aspp, one merge of both maps, offsets for each class': ('gum_aspp', {
        _HEAD + 'fusion_channels': 16, _HEAD + 'offsets_per_class': True}),
}


def _train(name: str, iterations: int, seed: int, folder: Path) -> None:
    """One run of a row, unless it is there already."""
    record = folder / 'outcome.json'
    if record.is_file():
        return
    print(f'{name}, seed {seed}', flush=True)
    config, change = ROWS[name]
    cfg = read_config(_CONFIG.format(config), change)
    check_data(cfg, 'train', 'val')
    run_cfg = with_budget(cfg, iterations, seed, folder, validate=True)
    run_cfg.train_cfg.val_interval = iterations
    outcome = train(run_cfg)
    write_json(record, dict(
        change=_as_text(change), scores=outcome.validated[-1],
        loss=float(outcome.losses[-50:].mean()), environment=describe_environment('cpu')))


def _as_text(change: dict) -> Dict[str, str]:
    return {key: str(value) for key, value in change.items()}


def _finished(folder: Path) -> List[dict]:
    """The runs of a row that are there, by their seeds."""
    return [read_json(record) for record in sorted(folder.glob('seed_*/outcome.json'))]


def _refuse_other_changes(out: Path, rows: List[dict], folders: Dict[str, Path]) -> None:
    """A row and its runs are what ROWS says today, or nothing is trained."""
    before = [(row['row'], row['change']) for row in rows] + [
        (name, run['change']) for name, folder in folders.items() for run in _finished(folder)]
    changed = sorted({name for name, change in before
                      if name in ROWS and change != _as_text(ROWS[name][1])})
    if changed:
        raise SystemExit(f'error: {out}: {changed} were other changes of the config. '
                         'Fix: remove their rows and runs.')


def _row(name: str, runs: List[dict]) -> dict:
    """What a row gave on val, of each seed."""
    config, change = ROWS[name]
    val = dict(scores=[run['scores'] for run in runs], losses=[run['loss'] for run in runs],
               environments=[run['environment'] for run in runs])
    return dict(row=name, config=config, change=_as_text(change), runs=dict(val=val))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('rows', nargs='*', metavar='ROW', choices=[*ROWS, []],
                        help=f'default: all. {"; ".join(ROWS)}')
    parser.add_argument('--iters', type=int, default=400)
    parser.add_argument('--seeds', type=int, default=1)
    parser.add_argument('--out', type=Path, required=True)
    args = parser.parse_args()
    silence_host_warnings()
    init_default_scope('mmseg')
    written = args.out / 'results.json'
    earlier = read_json(written) or dict(rows=[])
    if earlier.get('iterations', args.iters) != args.iters:
        raise SystemExit(f'error: {written}: its rows are of {earlier["iterations"]} iterations, '
                         f'not {args.iters}. Fix: another --out.')
    folders = {name: args.out / 'runs' / name.replace(' ', '_') / f'{args.iters}_iterations'
               for name in ROWS}
    _refuse_other_changes(args.out, earlier['rows'], folders)
    rows = {row['row']: row for row in earlier['rows']}
    seeds = {name: len(row['runs']['val']['scores']) for name, row in rows.items()}
    about = dict(command=shlex.join(['python', '-m', 'benchmarks.search', *sys.argv[1:]]),
                 environment=describe_environment('cpu'), iterations=args.iters)
    for name in args.rows or ROWS:
        for seed in range(args.seeds):
            _train(name, args.iters, seed, folders[name] / f'seed_{seed}')
        # Of all rows: another process may train some of them.
        for each, folder in folders.items():
            runs = _finished(folder)
            if len(runs) >= seeds.get(each, 1):
                rows[each] = _row(each, runs)
        write_json(written, dict(about, rows=list(rows.values())))


if __name__ == '__main__':
    main()
