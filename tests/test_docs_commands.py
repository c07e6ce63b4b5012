"""What README and docs tell people to type is there: targets, tools, options, configs, code."""
from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import io
import re
import runpy
import shlex
import sys
from pathlib import Path
from unittest import mock

import mmseg
import pytest
import torch
from mmengine.config import Config
from mmengine.model import revert_sync_batchnorm
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

ROOT = Path(__file__).parents[1]
MMSEG_CONFIGS = Path(mmseg.__file__).parent / '.mim' / 'configs'
PAGES = [*sorted(ROOT.glob('*.md')), *sorted((ROOT / 'docs').rglob('*.md')),
         *sorted((ROOT / '.github').glob('*.md'))]
TARGETS = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.MULTILINE))
CONFIG_NAMES = {path.stem for folder in (ROOT / 'configs', MMSEG_CONFIGS)
                for path in folder.rglob('*.py')}
FENCE = re.compile(r'^```(\w*)[^\n]*\n(.*?)^```$', re.DOTALL | re.MULTILINE)
# Written from results, whose commands are those of their commits.
TABLE = re.compile(r'<!-- table: .*?<!-- end of table -->', re.DOTALL)
each_page = pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(text: str, language: str) -> list:
    return [block for kind, block in FENCE.findall(text) if kind == language]


def commands(text: str) -> list:
    """The words of each command of make or a tool, in blocks and in running text."""
    text = TABLE.sub('', text)
    lines = [line for block in blocks(text, 'bash')
             for line in block.replace('\\\n', ' ').split('\n')]
    lines += [' '.join(span.split())
              for span in re.findall(r'(?<!`)`([^`]+)`', FENCE.sub('', text))]
    # A row of shell: `for ...; do python tools/x.py ...; done`, `a && b`.
    return [words for line in lines if re.search(r'make |tools/\w+\.py', line)
            for part in re.split(r';| && | \| ', line)
            if (words := shlex.split(part, comments=True))]


@functools.cache
def options(tool: str) -> set:
    """What a tool's --help names."""
    said = io.StringIO()
    with mock.patch.object(sys, 'argv', [tool, '--help']), contextlib.redirect_stdout(said), \
            mock.patch.object(sys, 'path', [str(ROOT / 'tools'), *sys.path]), \
            pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / tool), run_name='__main__')
    return set(re.findall(r'--[a-z][\w-]*', said.getvalue()))


def unknown_words(words: list) -> list:
    """Targets, tools and options of a command that there are not."""
    if words[0] == 'make':
        named = [word for word in words[1:] if re.fullmatch('[a-z][a-z-]*', word)]
        return [word for word in named if word not in TARGETS]
    at = next((index for index, word in enumerate(words) if re.fullmatch(r'tools/\w+\.py', word)),
              None)
    if at is None:
        return []
    if not (ROOT / words[at]).is_file():
        return [words[at]]
    given = [word.strip('[]') for word in words[at + 1:] if word.strip('[').startswith('--')]
    return [word for word in given if word not in options(words[at])]


@each_page
def test_targets_tools_and_options_are_there(page):
    unknown = {' '.join(words): unknown_words(words) for words in commands(page.read_text())}
    assert not {command: words for command, words in unknown.items() if words}


@each_page
def test_configs_are_there(page):
    text = page.read_text()
    for path in re.findall(r'(?<!work_dirs/)configs/[\w./-]+\.(?:py|txt)', text):
        assert (ROOT / path).is_file(), path
    for name in re.findall(r'mmseg::([\w.-]+/[\w./-]*\w)', text):
        assert (MMSEG_CONFIGS / name).with_suffix('.py').is_file(), name
    # As claims.md names them, without folder or suffix.
    for name in re.findall(r'\b[\w-]+_\d+xb\d+-[\w-]+', text):
        assert name in CONFIG_NAMES, name


PYTHON = [pytest.param(block, id=f'{page.stem}-{number}') for page in PAGES
          for number, block in enumerate(blocks(page.read_text(), 'python'))]
CONFIGS, CODE = ([case for case in PYTHON if ('_base_ =' in case.values[0]) is is_config]
                 for is_config in (True, False))


@torch.no_grad()
@pytest.mark.parametrize('block', CONFIGS)
def test_configs_of_a_page_run(block, tmp_path):
    config = tmp_path / 'config.py'
    # Weights of timm come from the network.
    config.write_text(block.replace('pretrained=True', 'pretrained=False'))
    if 'TIMMBackbone' in block:
        pytest.importorskip('timm')
    cfg = Config.fromfile(config)
    cfg.model.pretrained = None
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = revert_sync_batchnorm(MODELS.build(cfg.model))
    model.eval()
    logits = model.encode_decode(torch.zeros(1, 3, 64, 128), [dict(img_shape=(64, 128))])
    assert logits.shape == (1, model.num_classes, 64, 128)


def stands_alone(tree: ast.Module) -> bool:
    """Whether a block defines or imports every name that it uses."""
    nodes = list(ast.walk(tree))
    known = {alias.asname or alias.name.split('.')[0] for node in nodes
             if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    names = [node for node in nodes if isinstance(node, ast.Name)]
    known |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return {node.id for node in names} <= known | set(dir(builtins))


@pytest.mark.parametrize('block', CODE)
def test_code_of_a_page_runs(block):
    tree = ast.parse(block)
    if not stands_alone(tree):
        # Its imports at least can be run.
        tree.body = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    # A class that the block registers is forgotten.
    with mock.patch.dict(MODELS.module_dict):
        exec(compile(tree, 'block', 'exec'), {'__name__': 'block'})
