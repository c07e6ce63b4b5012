"""Convert a whole model's checkpoint from the NRD authors' parameter names to ours.

    python tools/convert_checkpoint.py CONFIG THEIRS.pth OURS.pth

The config says what the model must hold. If a parameter is unknown, missing or of another shape,
all such are listed and nothing is written.
"""
import argparse
import sys
from pathlib import Path

import torch

import mmseg_nrd  # noqa: F401  (loads checkpoints with weights_only)
from mmseg_nrd.apps.cli import build, read_checkpoint, read_config, silence_host_warnings
from mmseg_nrd.compat import whole_file
from mmseg_nrd.hooks import check_fit
from mmseg_nrd.models.decode_heads.nrd_weights import convert_nrd_state_dict


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', help='config of the model')
    parser.add_argument('source', help="checkpoint with the authors' names; path or URL")
    parser.add_argument('target', type=Path, help='file to write; it must not exist yet')
    return parser.parse_args()


def convert(args: argparse.Namespace) -> dict:
    if args.target.exists():
        raise FileExistsError(f'{args.target}: exists already. Fix: name a new file.')
    if not args.target.parent.is_dir():
        raise FileNotFoundError(f'{args.target.parent}: no such folder. Fix: create it.')
    cfg = read_config(args.config)
    print(f'converting {args.source} for {args.config}', flush=True)
    checkpoint, weights = read_checkpoint(args.source)
    state_dict = convert_nrd_state_dict(weights)
    check_fit(args.source, state_dict, build(cfg.model, 'cpu').state_dict(), shown=None)
    with whole_file(args.target) as unfinished:
        torch.save({'meta': checkpoint.get('meta', {}), 'state_dict': state_dict}, unfinished)
    return state_dict


def main() -> None:
    args = parse_args()
    silence_host_warnings()
    try:
        state_dict = convert(args)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    print(f'{len(state_dict)} tensors in {args.target}')


if __name__ == '__main__':
    main()
