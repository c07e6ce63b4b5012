"""What README and docs tell people to type is there: targets, options, configs, links, code."""
from __future__ import annotations

import ast
import builtins
import re
import shlex
from pathlib import Path

import mmseg
import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmseg.registry import MODELS

ROOT = Path(__file__).parents[1]
MMSEG_CONFIGS = Path(mmseg.__file__).parent / '.mim' / 'configs'
PAGES = [*sorted(ROOT.glob('*.md')), *sorted((ROOT / 'docs').rglob('*.md')),
         *sorted((ROOT / '.github').glob('*.md'))]
TARGETS = set(re.findall(r'^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.MULTILINE))
OURS = {path.stem for path in (ROOT / 'configs').rglob('*.py')}
THEIRS = {path.stem for path in MMSEG_CONFIGS.rglob('*.py')}
FENCE = re.compile(r'^```(\w*)[^\n]*\n(.*?)^```$', re.DOTALL | re.MULTILINE)
each_page = pytest.mark.parametrize('page', PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(text: str, language: str) -> list:
    return [block for kind, block in FENCE.findall(text) if kind == language]


def spans(text: str) -> list:
    """Code within a line, or broken over two."""
    return [' '.join(span.split()) for span in re.findall(r'(?<!`)`([^`]+)`', FENCE.sub('', text))]


def commands(text: str) -> list:
    """The words of each command, in blocks and in running text."""
    lines = [line for block in blocks(text, 'bash')
             for line in block.replace('\\\n', ' ').split('\n')]
    typed = [line for line in [*lines, *spans(text)] if re.search(r'make |tools/\w+\.py', line)]
    # A row of shell: `for ...; do python tools/x.py ...; done`, `a && b`.
    return [words for line in typed for part in re.split(r';| && | \| ', line)
            if (words := shlex.split(part, comments=True))]


def options(tool: str) -> set:
    """What a tool's parser knows, read off its source and that of what it calls for it."""
    source = (ROOT / tool).read_text()
    for function, module in (('add_export_arguments', 'export/command.py'),
                             ('add_config_arguments', 'engine/launch.py'),
                             ('add_cfg_options', 'engine/launch.py')):
        if f'{function}(' in source:
            source += (ROOT / 'mmseg_nrd' / module).read_text()
    return set(re.findall(r"'(--[a-z][a-z_-]*)'", source)) | {'--help'}


def unknown_words(words: list) -> list:
    """Targets and options of a command that there are not."""
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


def test_commands_are_found():
    found = [words for page in PAGES for words in commands(page.read_text())]
    assert len([words for words in found if words[0] == 'make']) > 20
    assert len([words for words in found if unknown_words([*words, '--not-there'])]) > 30


@pytest.mark.parametrize('command, unknown', [
    ('make tset', ['tset']), ('make lint tset', ['tset']), ('make demo TORCH=x', []),
    ('python tools/nowhere.py', ['tools/nowhere.py']), ('cat tools', []),
    ('python tools/test.py A B --ttta --tta', ['--ttta']),
    ('python tools/train.py A --cfg-options a=1 --resme', ['--resme']),
    ('python tools/export_torch.py A --labels --cfg-options a=1 --opset 20', ['--opset']),
    ('python tools/benchmark.py A [--btch N]', ['--btch'])])
def test_what_is_not_there_is_found(command, unknown):
    text = f'{command} \\\n    # a comment\n'
    assert [word for words in commands(f'```bash\n{text}```\n`{command}`') or [['']]
            for word in unknown_words(words)] == unknown * 2


@each_page
def test_configs_are_there(page):
    text = page.read_text()
    for path in re.findall(r'(?<!work_dirs/)configs/[\w./-]+\.(?:py|txt)', text):
        assert (ROOT / path).is_file(), path
    for name in re.findall(r'mmseg::([\w.-]+/[\w./-]*\w)', text):
        assert (MMSEG_CONFIGS / name).with_suffix('.py').is_file(), name
    # As claims.md names them, without folder or suffix.
    for name in re.findall(r'\b[\w-]+_\d+xb\d+-[\w-]+', text):
        assert name in OURS | THEIRS, name


def anchors(page: Path) -> set:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r'^#+ (.*)$', FENCE.sub('', page.read_text()), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@each_page
def test_links_lead_somewhere(page):
    for path, anchor in re.findall(r'\]\(([^()\s#:]*)(?:#([^()\s]*))?\)',
                                   FENCE.sub('', page.read_text())):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f'{path}#{anchor}'


PYTHON = [pytest.param(block, id=f'{page.stem}-{number}') for page in PAGES
          for number, block in enumerate(blocks(page.read_text(), 'python'))]


def stands_alone(tree: ast.Module) -> bool:
    """Whether a block defines or imports every name that it uses."""
    nodes = list(ast.walk(tree))
    known = {alias.asname or alias.name.split('.')[0] for node in nodes
             if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
    known |= {node.id for node in nodes
              if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    known |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return {node.id for node in nodes
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            } <= known | set(dir(builtins))


@pytest.mark.parametrize('block', PYTHON)
def test_code_is_right(block, tmp_path):
    tree = ast.parse(block)
    if '_base_ =' in block:
        config = tmp_path / 'config.py'
        config.write_text(block)
        cfg = Config.fromfile(config)
        cfg.model.pretrained = None
        with DefaultScope.overwrite_default_scope('mmseg'):
            model = MODELS.build(cfg.model)
        assert type(model.decode_head).__name__ == cfg.model.decode_head.type
    else:
        if not stands_alone(tree):
            # Its imports at least can be run.
            tree.body = [node for node in tree.body
                         if isinstance(node, (ast.Import, ast.ImportFrom))]
        known = dict(MODELS.module_dict)
        try:
            exec(compile(tree, 'block', 'exec'), {'__name__': 'block'})
        finally:
            # A class that the block registers.
            for name in set(MODELS.module_dict) - set(known):
                del MODELS.module_dict[name]


def test_code_is_found():
    assert len(PYTHON) > 10
    assert len([case for case in PYTHON if 'import' in case.values[0]
                and stands_alone(ast.parse(case.values[0]))]) >= 3
    assert len([case for case in PYTHON if '_base_ =' in case.values[0]]) >= 4
