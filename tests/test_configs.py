"""Every config parses and builds, and says what it is, what it costs and how a run goes on."""
from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.fileio import load
from mmengine.hub import get_config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS
from torch.nn import ModuleList

from mmseg_nrd.apps.cost.counting import count_cost
from mmseg_nrd.apps.cost.size import image_size

CONFIGS = Path(__file__).parents[1] / 'configs'
FILES = sorted(path for path in CONFIGS.rglob('*.py') if '_base_' not in path.parts)
PAIR = [CONFIGS / 'street_scenes' / f'{head}_r18_1xb8-300_street-scenes-128x256.py'
        for head in ('nrd', 'deeplabv3plus')]


def stem(path: Path) -> str:
    return path.stem


def stages(heads) -> list:
    """A cascade has several heads."""
    return list(heads) if isinstance(heads, (list, ModuleList)) else [heads]


@pytest.mark.parametrize('path', FILES, ids=stem)
def test_config(path):
    header = ast.get_docstring(ast.parse(path.read_text()))
    for word in ('Paper: ', 'https://', 'Expected', 'ost', 'Run: '):
        assert word in header
    # A command for fewer processes would train with another batch than the name says.
    processes = re.search(r'_(\d+)xb', path.stem).group(1)
    assert (re.findall(r'--nproc_per_node (\d+)', header) or ['1']) == [processes]
    cfg = Config.fromfile(path)
    assert cfg.custom_imports == dict(imports=['mmseg_nrd'], allow_failed_imports=False)
    assert cfg.default_scope == 'mmseg'
    assert cfg.default_hooks.finite_loss == dict(type='FiniteLossHook')
    hooks = cfg.default_hooks
    assert hooks.checkpoint.type == 'SafeCheckpointHook' and not hooks.checkpoint.by_epoch
    assert hooks.random_state.type == 'RandomStateHook'
    pipeline = cfg.train_dataloader.dataset.pipeline
    crop = next(step for step in pipeline if step['type'] == 'RandomCrop')
    assert tuple(crop['crop_size']) == tuple(cfg.model.data_preprocessor.size)
    # Without its numbers a model is built in a moment; some transformers need some of them.
    device = 'cpu' if re.match('nrd_(mit|twins|swin|vit)', path.stem) else 'meta'
    with DefaultScope.overwrite_default_scope('mmseg'), torch.device(device):
        model = MODELS.build({**cfg.model, 'pretrained': None})
    heads, configs = stages(model.decode_head), stages(cfg.model.decode_head)
    assert [type(head).__name__ for head in heads] == [said.type for said in configs]


@pytest.mark.slow
@pytest.mark.parametrize('path', FILES, ids=stem)
def test_the_header_and_the_metafile_say_what_the_config_costs(path):
    cfg = Config.fromfile(path)
    cfg.model.pretrained = None
    size = image_size(cfg)
    with DefaultScope.overwrite_default_scope('mmseg'):
        cost = count_cost(MODELS.build(cfg.model), size)
    entry = next(entry for entry in load(path.with_name('metafile.yml'))['Models']
                 if entry['Name'] == path.stem)
    assert (entry['Metadata']['FLOPs'], entry['Metadata']['Parameters']) == (
        cost.multiply_adds, cost.parameters), 'run make metafiles'
    if path.parent.name == 'street_scenes':  # their headers refer to what was measured
        return
    assert (f'Cost: {cost.head_multiply_adds / 1e9:.2f} G multiply-adds in the decode head, '
            f'{cost.multiply_adds / 1e9:.1f} G in all; {cost.parameters / 1e6:.2f} M parameters; '
            f'{size[0]} x {size[1]}.') in path.read_text()


@pytest.mark.parametrize('suite, at_least', [('decoders', 12), ('real_time', 9)])
def test_suites_name_configs_that_are_there(suite, at_least):
    names = (CONFIGS / 'benchmark' / f'{suite}.txt').read_text().splitlines()
    assert len(set(names)) == len(names) >= at_least
    for name in names:
        model = (get_config(name) if '::' in name else Config.fromfile(CONFIGS.parent / name)).model
        if suite == 'decoders':
            assert (model.backbone.type, model.backbone.depth) == ('ResNetV1c', 50)
        heads = stages(model.decode_head)
        assert all(head.get('head', head).num_classes == 19 for head in heads)


def test_street_scene_configs_differ_in_the_decode_head_only():
    ours, stock = (Config.fromfile(path).to_dict() for path in PAIR)
    heads = [cfg['model'].pop('decode_head') for cfg in (ours, stock)]
    assert ours == stock
    assert heads[0].pop('type') == 'NRDHead'
    assert heads[0].pop('patch_size') == 8
    assert heads[1].pop('type') == 'DepthwiseSeparableASPPHead'
    assert heads[0] == heads[1]


def test_the_paper_initialisation_differs_in_nothing_else():
    static = Config.fromfile(PAIR[0]).to_dict()
    paper = Config.fromfile(PAIR[0].with_name(
        PAIR[0].name.replace('_r18_', '_r18_paper-init_'))).to_dict()
    assert paper['model']['decode_head'].pop('theta_init') == 'paper'
    assert paper == static  # which names none, and 'static' is the head's default
