"""Convert a whole model's checkpoint from the NRD authors' parameter names to ours.

    python tools/convert_checkpoint.py CONFIG THEIRS.pth OURS.pth

The config says what the model must hold. If a parameter is unknown, missing or of another shape,
all such are listed and nothing is written.
"""
import argparse
import sys
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

import mmseg_nrd  # noqa: F401  (loads checkpoints with weights_only)
from mmseg_nrd.apps.cli import find_config
from mmseg_nrd.apps.cli.configs import read_config
from mmseg_nrd.apps.cli.quiet import silence_host_warnings
from mmseg_nrd.compat import whole_file
from mmseg_nrd.hooks.checkpoints import check_fit, read_checkpoint
from mmseg_nrd.models.decode_heads.nrd_weights import convert_nrd_state_dict


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=find_config, help='config of the model')
    parser.add_argument('source', help="checkpoint with the authors' names; path or URL")
    parser.add_argument('target', type=Path, help='file to write; it must not exist yet')
    return parser.parse_args()


def expected_state(config: str) -> dict:
    cfg = read_config(config)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    cfg.model.pretrained = None
    return MODELS.build(cfg.model).state_dict()


def convert(source: str, expected: dict) -> dict:
    checkpoint = read_checkpoint(source)
    state_dict = convert_nrd_state_dict(checkpoint.get('state_dict', checkpoint))
    check_fit(source, state_dict, expected, shown=None)
    return {'meta': checkpoint.get('meta', {}), 'state_dict': state_dict}


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        if args.target.exists():
            raise FileExistsError(f'{args.target}: exists already. Fix: name a new file.')
        if not args.target.parent.is_dir():
            raise FileNotFoundError(f'{args.target.parent}: no such folder. Fix: create it.')
        checkpoint = convert(args.source, expected_state(args.config))
        with whole_file(args.target) as unfinished:
            torch.save(checkpoint, unfinished)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    print(f"{len(checkpoint['state_dict'])} tensors in {args.target}")


if __name__ == '__main__':
    main()
