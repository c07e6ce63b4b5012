"""Test a segmentor: MMSeg's tools/test.py on a host that mmseg_nrd has prepared."""
import argparse
import inspect
import sys

import mmseg_nrd  # noqa: F401  (prepares the host; MMSeg is imported after it)

# isort: split
import mmcv
from mmengine.device import get_device
from mmengine.runner import Runner
from mmseg.registry import METRICS

from mmseg_nrd.apps.cli import (
    add_config_arguments,
    check_tta,
    load_config,
    prepare_distributed_cpu,
    print_once,
    shorten_console,
    silence_host_warnings,
)
from mmseg_nrd.apps.cli.configs import type_name
from mmseg_nrd.apps.cli.data_checks import build_data_sets, check_data
from mmseg_nrd.compat import CheckpointError, find_checkpoint
from mmseg_nrd.hooks import CheckpointFitHook


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Test a segmentor')
    parser.add_argument('config', help="a path, a file name of ours, or mmseg:: and MMSeg's")
    parser.add_argument('checkpoint', help='path or URL of the checkpoint')
    parser.add_argument('--out', help='folder for the predicted label maps')
    parser.add_argument('--show', action='store_true', help='show the predictions')
    parser.add_argument(
        '--show-dir', help='folder for painted predictions, one for each image unless '
        'default_hooks.visualization.interval says else')
    parser.add_argument(
        '--wait-time', type=float, default=2, help='seconds between shown predictions')
    parser.add_argument('--tta', action='store_true', help="the config's test-time augmentation")
    add_config_arguments(parser)
    return parser.parse_args()


def draw_predictions(cfg, args: argparse.Namespace) -> None:
    hook = cfg.default_hooks.get('visualization')
    if hook is None:
        raise ValueError(
            '--show or --show-dir without default_hooks.visualization: the hook does the '
            "drawing. Fix: add visualization=dict(type='SegVisualizationHook') to it.")
    for built in build_data_sets(cfg, 'test', remote=False):
        path = None if built is None else built.get_data_info(0).get('img_path')
        # It reads the file itself, whatever loads it for the model.
        if path and type_name(hook) == 'SegVisualizationHook' and mmcv.imread(path) is None:
            raise ValueError(
                f'--show or --show-dir: {path}: SegVisualizationHook draws on what OpenCV reads '
                'only. Fix: tools/predict.py, which draws on what the loader of the config reads.')
    # MMSeg's own would be 50: of a small test set nothing would be drawn.
    hook.setdefault('interval', 1)
    hook.draw = True
    if args.show:
        hook.show, hook.wait_time = True, args.wait_time
    if args.show_dir:
        cfg.visualizer.save_dir = args.show_dir


def use_tta(cfg) -> None:
    check_tta(cfg)
    cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
    cfg.tta_model.module = cfg.model
    cfg.model = cfg.tta_model


def save_label_maps(cfg, out: str) -> None:
    given = cfg.test_evaluator
    # One metric, several, or an evaluator with them.
    metrics = given if isinstance(given, (list, tuple)) else given.get('metrics', [given])
    options, takers = dict(output_dir=out, keep_results=True), 0
    for metric in metrics if isinstance(metrics, (list, tuple)) else [metrics]:
        kind = METRICS.get(metric.type) if isinstance(metric.type, str) else metric.type
        taken = options.keys() & inspect.signature(kind).parameters
        if 'output_dir' in taken:
            metric.update({name: options[name] for name in taken})
            takers += 1
    if not takers:
        raise ValueError(
            '--out, but no metric of test_evaluator can save label maps. Fix: add '
            "dict(type='IoUMetric') to it.")


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        cfg = load_config(args)
        shorten_console(cfg, args.verbose)
        print_once(cfg, f'testing {args.config} with {args.checkpoint} on {get_device()}; '
                   f'logs in {cfg.work_dir}')
        check_data(cfg, 'test')
        if args.show or args.show_dir:
            draw_predictions(cfg, args)
        if args.tta:
            use_tta(cfg)
        if args.out is not None:
            save_label_maps(cfg, args.out)
        find_checkpoint(args.checkpoint)
        cfg.load_from = args.checkpoint
        prepare_distributed_cpu(cfg)
    except (FileNotFoundError, ValueError) as error:
        sys.exit(f'error: {error}')
    try:
        runner = Runner.from_cfg(cfg)
        runner.register_hook(CheckpointFitHook('all'))
        runner.test()
    except CheckpointError as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
