"""The command line that swaps the decode head of a config."""
from __future__ import annotations

import argparse
import contextlib
import copy
import shlex
import sys
from pathlib import Path
from typing import Callable, List, Tuple

from mmengine.config import Config
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS

import mmseg_nrd
from mmseg_nrd.apps.cli import add_cfg_options, build, check_folder, find_config, read_config
from mmseg_nrd.apps.cli.configs import type_name
from mmseg_nrd.apps.cost.candidate import config_name
from mmseg_nrd.apps.cost.counting import count_cost
from mmseg_nrd.apps.cost.size import image_size
from mmseg_nrd.compat import whole_file
from mmseg_nrd.models.decode_heads.wrappable import REASONS

from .config_text import changes, config_text
from .encoder import SMALL, Encoder, read_encoder
from .heads import (
    HEADS,
    check_wrappable,
    guided_head,
    insert_image_level,
    is_dilated_resnet,
    logits_stride,
    make_plain,
    needs_image_level,
    nrd_head,
    stock_heads,
)
from .trial import try_out


def add_swap_arguments(parser: argparse.ArgumentParser) -> None:
    """Add all that :func:`swap_head` reads."""
    parser.add_argument('config', help='a path, one of our file names, or the name of an upstream '
                        'config (mmseg::fcn/fcn_r50-d8_4xb2-40k_cityscapes-512x1024.py)')
    parser.add_argument('--head', choices=HEADS, required=True,
                        help='nrd: NRDHead in the place of its head; gum: GuidedUpsamplingHead '
                        'around its head; gum-nrd: around NRDHead')
    parser.add_argument('--out', type=Path, metavar='FILE',
                        help='the config to write (default: HEAD_CONFIG.py, here)')
    parser.add_argument('--patch-size', type=int, metavar='N',
                        help='take the guidance whose stride is the Nth part of the map that NRD '
                        'decodes from (default: the finest)')
    parser.add_argument('--in-index', type=int, metavar='I',
                        help='level that NRD decodes from (default: the deepest that the head '
                        'reads)')
    parser.add_argument('--c1-index', type=int, metavar='J', help='level of its guidance')
    parser.add_argument('--plain', action='store_true',
                        help='turn a dilated ResNet back to output stride 32, where NRD is cheap')
    add_cfg_options(parser)


def swap_head(args: argparse.Namespace) -> None:
    """Read a config's encoder, choose a head for it, try the result, write it, and say all that.

    Raises:
        OSError, ValueError: if an argument cannot be used, or the config has no place for such a
            head, or what came out of it does not train; then nothing is written.
    """
    out = args.out or Path(f"{args.head.replace('-', '_')}_{config_name(args.config)}.py")
    if out.suffix != '.py':
        raise ValueError(f'--out {out}: must end in .py. Fix: --out {out.with_suffix(".py")}')
    if out.exists():
        raise FileExistsError(f'--out {out}: is there already. Fix: name a new file.')
    check_folder(out.parent, 'the folder of --out')
    _check_choice(args)
    base = read_config(args.config)
    cfg = read_config(args.config, args.cfg_options)
    original = copy.deepcopy(cfg)
    _check_segmentor(cfg)
    print(f'reading the encoder of {args.config}', flush=True)
    encoder, notes = change_head(cfg, args)
    print('\n'.join(notes), flush=True)
    print('trying it: one training step, one image', flush=True)
    try:
        unused = try_out(cfg, encoder)
    except Exception as error:  # whatever its parts raise is why there is no such config
        raise ValueError(f'nothing was written, for what came out does not run: '
                         f'{type(error).__name__}: {error}') from error
    if unused and not cfg.get('find_unused_parameters'):
        cfg.find_unused_parameters = True
        notes.append(f'No gradient reaches {len(unused)} parameters, such as {unused[0]}: '
                     'DistributedDataParallel must look for them.')
        print(notes[-1])
    settings = changes(base.to_dict(), cfg.to_dict())
    name = args.config if '::' in args.config else str(Path(find_config(args.config)).resolve())
    if Config._is_lazy_import(base.filename):  # such a file cannot be the base of this one
        settings, name = cfg.to_dict(), None
        notes.append(f'Said whole, since {args.config} is in the style of read_base().')
    first = {key: settings.pop(key) for key in ('custom_imports', 'find_unused_parameters')
             if key in settings}
    out.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(out) as unfinished:
        unfinished.write_text(
            config_text(name, out, {**first, **settings}, notes), encoding='utf-8')
    try:
        if read_config(str(out)).model.decode_head != cfg.model.decode_head:
            raise ValueError('its decode head is another one')
    except Exception as error:  # whatever its text and its base have against each other
        out.unlink()
        raise ValueError(f'nothing was written, for what came out cannot be read: '
                         f'{type(error).__name__}: {error}') from error
    _report(original, cfg, encoder, out, args)


def _check_choice(args: argparse.Namespace) -> None:
    if args.patch_size is not None and args.patch_size < 1:
        raise ValueError(f'--patch-size {args.patch_size}: must be 1 or more. Fix: leave it out.')
    chosen = [name for name in ('patch_size', 'in_index', 'c1_index')
              if getattr(args, name) is not None]
    if args.head == 'gum' and chosen:
        raise ValueError(f"--{chosen[0].replace('_', '-')} with --head gum: is an option of NRD. "
                         'Fix: leave it out, or --head gum-nrd.')


def _check_segmentor(cfg: Config) -> None:
    """Refuse what does not hand an encoder's levels to decode heads of pixels."""
    if 'type' not in (cfg.get('model') or {}):
        raise ValueError(f'{cfg.filename}: has no model. Fix: name the config of a segmentor, not '
                         'one of its bases.')
    kind = MODELS.get(cfg.model.type) if isinstance(cfg.model.type, str) else cfg.model.type
    if not (isinstance(kind, type) and issubclass(kind, EncoderDecoder)):
        raise ValueError(
            f'model.type={cfg.model.type!r}: must be an EncoderDecoder or a CascadeEncoderDecoder, '
            'whose decode head reads the levels of an encoder and nothing else. Fix: choose the '
            'config of such a model.')
    if not {'backbone', 'decode_head'} <= set(cfg.model):
        raise ValueError(f'{cfg.filename}: its model must have a backbone and a decode head. Fix: '
                         'name the config of a segmentor, not one of its bases.')
    head = type_name(stock_heads(cfg.model)[-1])
    if head == 'VPDDepthHead':
        raise ValueError(f'{head}: {REASONS[head]}. Fix: choose a config of classes.')


def change_head(cfg: Config, args: argparse.Namespace) -> Tuple[Encoder, List[str]]:
    """Change ``cfg.model`` as the arguments say; returns what was read and comments about it."""
    sizes = [SMALL]
    with contextlib.suppress(ValueError):  # none is named
        sizes.append(image_size(cfg))
    model = cfg.model.to_dict()
    was = ' and '.join(map(type_name, stock_heads(model)))
    if args.head == 'gum':
        check_wrappable(model)
    if args.plain:
        make_plain(model)
    encoder = _of_the_config('encoder', read_encoder, model, sizes)
    if args.head == 'gum':
        try:
            stride = logits_stride(stock_heads(model)[0], encoder)
        except Exception:  # MobileNetV3's pools over more than a small image has
            sizes = sizes[-1:]
            encoder = _of_the_config('encoder', read_encoder, model, sizes)
            stride = _of_the_config('head', logits_stride, stock_heads(model)[0], encoder)
    inserted = needs_image_level(encoder.levels)
    if inserted:
        _check_layer_decay(cfg)
        insert_image_level(model, encoder.levels[0].stride, args.patch_size)
        encoder = read_encoder(model, sizes)
    if args.head == 'gum':
        head = stock_heads(model)[0]
    else:
        head = nrd_head(model, encoder.levels, patch_size=args.patch_size,
                        in_index=args.in_index, c1_index=args.c1_index)
        stride = encoder.levels[head['in_index']].stride // head['patch_size']
    notes = _notes(was, model, encoder, inserted, head, args)
    if args.head != 'nrd':
        head = guided_head(head, stride, encoder.levels)
        notes.append(_guided_note(head, stride))
    if isinstance(model['decode_head'], list):
        del model['num_stages']
        model['type'] = 'EncoderDecoder'
        notes.append(f'A single head takes the place of a cascade ({was}), so the model is said '
                     'whole.')
    model['decode_head'] = head
    cfg.model = model
    imports = {'allow_failed_imports': False, **(cfg.get('custom_imports') or {})}
    modules = imports.get('imports') or []
    modules = [modules] if isinstance(modules, str) else list(modules)
    if 'mmseg_nrd' not in modules:
        cfg.custom_imports = dict(imports, imports=[*modules, 'mmseg_nrd'])
    return encoder, notes


def _check_layer_decay(cfg: Config) -> None:
    options = cfg.get('optim_wrapper') or {}
    if 'Decay' in str(options.get('constructor')):
        raise ValueError(
            f"optim_wrapper.constructor={options['constructor']!r}: layer decay goes by the names "
            'of backbones and does not know ImageLevel, which this encoder of one level needs. '
            'Fix: --cfg-options optim_wrapper.constructor=None optim_wrapper.paramwise_cfg=None, '
            "and paramwise_cfg=dict(custom_keys={'backbone.backbone': dict(lr_mult=0.1)}).")


def _of_the_config(part: str, run: Callable, *args: object) -> object:
    """Run what the config brings; that it fails is no fault of what is put into it."""
    try:
        return run(*args)
    except (AttributeError, AssertionError, LookupError, RuntimeError, TypeError) as error:
        raise ValueError(f'the {part} of this config does not run: {type(error).__name__}: '
                         f'{error}') from error


def _notes(was: str, model: dict, encoder: Encoder, inserted: bool, head: dict,
           args: argparse.Namespace) -> List[str]:
    read = {head.get('in_index'): 'decoded'} if args.head != 'gum' else {}
    if args.head != 'gum' and head['c1_in_channels']:
        read[head['c1_index']] = 'guidance of NRD'
    notes = [f'Written by swap_head of mmseg_nrd {mmseg_nrd.__version__}, --head {args.head}; the '
             f'head was {was}.', 'What the encoder hands out:', '  level  channels  stride']
    notes += [f'  {index:5}  {level.channels:8}  {level.stride:6}  {read.get(index, "")}'.rstrip()
              for index, level in enumerate(encoder.levels)]
    if inserted:
        notes.append('Level 0 is made of the image by ImageLevel; the encoder has none so fine.')
    if args.plain:
        notes.append('The ResNet is plain again: output stride 32.')
    if args.head != 'gum':
        if head['c1_in_channels']:
            notes.append(f"patch_size={head['patch_size']}: stride "
                         f"{encoder.levels[head['in_index']].stride} of the one, divided by stride "
                         f"{encoder.levels[head['c1_index']].stride} of the other.")
        else:
            notes.append('No level is finer than the one decoded: without guidance.')
    return notes


def _guided_note(head: dict, stride: int) -> str:
    what = f"Logits at 1/{stride} are upsampled by {head['scale_factor']}, guided by level "
    what += str(head['large_rf_index'])
    return what + (f" and by level {head['high_res_index']}, whose size they get."
                   if head['guidance'] == 'fusion' else ', to the size of the image.')


def _report(original: Config, cfg: Config, encoder: Encoder, out: Path,
            args: argparse.Namespace) -> None:
    print(f'{out}: written')
    for name, each in (('before', original), ('after', cfg)):
        try:
            size = image_size(each)
        except ValueError:
            size = encoder.size
        try:
            cost = count_cost(build(each.model, 'cpu'), size)
        except Exception as error:  # the config is good all the same
            print(f'head {name}: not counted ({type(error).__name__}: {error})')
            continue
        print(f'head {name}: {cost.head_multiply_adds / 1e9:.2f} G of '
              f'{cost.multiply_adds / 1e9:.2f} G multiply-adds, {cost.head_parameters / 1e6:.2f} M '
              f'of {cost.parameters / 1e6:.2f} M parameters, {size[0]} x {size[1]}')
    if 'NRD' in str(cfg.model.decode_head) and is_dilated_resnet(cfg.model.backbone):
        print('The ResNet is dilated: with --plain, at output stride 32, NRD costs far less.')
    tools = Path(sys.argv[0]).parent
    both = f'{shlex.quote(str(out))} {shlex.quote(args.config)}'
    print('Next' + (', where the original is without --cfg-options:' if args.cfg_options else ':'))
    print(f'  python {tools}/train.py {shlex.quote(str(out))}')
    print(f'  python {tools}/benchmark.py {both} --train-step')
    print(f'  python {tools}/compare.py {both} --out work_dirs/comparison --seeds 3 --budget both')
