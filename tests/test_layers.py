"""Who may import whom, and a few rules of style, read off the source with ast."""
from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

if sys.version_info < (3, 10):
    pytest.skip('reads sys.stdlib_module_names, new in Python 3.10', allow_module_level=True)

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / 'mmseg_nrd'
HOST = {'mmcv', 'mmengine', 'mmseg'}
# folder or file of the package: what its modules may import, ours and others'
MAY_IMPORT = {
    'compat': {'torch', 'mmengine', 'mmcv'},
    'version': set(),
    'ops': {'torch'},
    'models': {'ops', 'torch', *HOST},
    'datasets': {'cv2', 'PIL', 'rich', *HOST},
    'evaluation': {'cv2', 'torch', 'prettytable', 'mmengine', 'mmseg'},
    'engine': {'compat', 'torch', 'mmengine'},
    'inference': {'engine', 'cv2', 'PIL', 'torch', 'matplotlib', *HOST},
    'utils': {'torch'},
    'benchmark': {'compat', 'torch', 'mmengine', 'mmseg', 'matplotlib', 'rich'},
    'export': {'benchmark', 'engine', 'torch', 'mmengine', 'mmseg', 'onnx', 'onnxruntime'},
}
EVERYWHERE = {'numpy', '__future__', *sys.stdlib_module_names}
MAX_LINES = 300


def imported(tree: ast.AST, package: list) -> list:
    """Absolute names that a module of ``package`` (parts of its name) imports, at any depth."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            stem = '.'.join([*base, *(node.module or '').split('.')]).strip('.')
            # `from mmseg_nrd import ops` imports the folder ops
            names += [f'{stem}.{alias.name}' for alias in node.names]
    return names


def layer_faults(source: str, path: Path) -> list:
    """Imports of ``path`` (relative to the package) that its folder is not allowed."""
    folder = path.with_suffix('').parts[0]
    if folder not in MAY_IMPORT:
        return [f'{path}: {folder} is in no layer; give it one in MAY_IMPORT']
    faults = []
    for name in imported(ast.parse(source), ['mmseg_nrd', *path.parts[:-1]]):
        first, *rest = name.split('.')
        if first == 'mmseg_nrd':
            wanted = rest[0] if rest else 'mmseg_nrd'
            if wanted != folder and wanted not in MAY_IMPORT[folder] & set(MAY_IMPORT):
                faults.append(f'{path}: {folder} must not import mmseg_nrd.{wanted}')
        elif first not in EVERYWHERE | (MAY_IMPORT[folder] - {'ops'}):
            faults.append(f'{path}: {folder} must not import {first}')
    return faults


def is_docstring(node: ast.AST) -> bool:
    return (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str))


def reexport_faults(source: str) -> list:
    """Statements of an ``__init__.py`` that do more than re-export."""
    def allowed(node):
        names_all = isinstance(node, ast.Assign) and [
            getattr(target, 'id', None) for target in node.targets] == ['__all__']
        return isinstance(node, (ast.Import, ast.ImportFrom)) or is_docstring(node) or names_all
    return [f'line {node.lineno}: only imports, __all__ and a docstring belong here'
            for node in ast.parse(source).body if not allowed(node)]


def style_faults(source: str) -> list:
    """Bare asserts, ``.cuda(``, handlers that swallow anything, files that grew too long."""
    faults = []
    if source.count('\n') >= MAX_LINES:
        faults.append(f'must stay below {MAX_LINES} lines')
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            faults.append(f'line {node.lineno}: assert; raise an error that says the fix')
        elif isinstance(node, ast.Attribute) and node.attr == 'cuda' and not (
                isinstance(node.value, ast.Name) and node.value.id == 'torch'):
            faults.append(f'line {node.lineno}: .cuda; use .to(device)')
        elif isinstance(node, ast.ExceptHandler) and swallows(node):
            faults.append(f'line {node.lineno}: except that hides any error')
    return faults


def swallows(handler: ast.ExceptHandler) -> bool:
    kinds = getattr(handler.type, 'elts', [handler.type])
    broad = {'Exception', 'BaseException'} & {getattr(kind, 'id', None) for kind in kinds}
    silent = all(isinstance(node, (ast.Pass, ast.Continue)) or is_docstring(node) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in handler.body)
    return handler.type is None or bool(broad) and silent


def files(*folders: Path) -> list:
    found = [path for folder in folders for path in sorted(folder.rglob('*.py'))]
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in found]


MODULES = [case for case in files(PACKAGE) if case.values[0] != PACKAGE / '__init__.py']
INITS = [case for case in MODULES if case.values[0].name == '__init__.py']


def test_there_is_something_to_check():
    assert len(MODULES) > 8 and len(INITS) > 2


@pytest.mark.parametrize('path', MODULES)
def test_a_folder_imports_only_what_its_layer_allows(path):
    assert layer_faults(path.read_text(), path.relative_to(PACKAGE)) == []


@pytest.mark.parametrize('path', INITS)
def test_subpackages_only_reexport(path):
    assert reexport_faults(path.read_text()) == []


@pytest.mark.parametrize('path', files(PACKAGE, ROOT / 'tools'))
def test_style(path):
    assert style_faults(path.read_text()) == []


def test_the_package_itself_imports_its_own_folders_only():
    names = imported(ast.parse((PACKAGE / '__init__.py').read_text()), ['mmseg_nrd'])
    assert {name.split('.')[0] for name in names} <= {'mmseg_nrd', '__future__'}


def test_the_oracles_do_not_know_the_package():
    names = imported(ast.parse((ROOT / 'tests/reference.py').read_text()), [])
    assert {name.split('.')[0] for name in names} <= {'__future__', 'math', 'numpy', 'torch'}


@pytest.mark.parametrize('path, source', [
    ('ops/x.py', 'import mmcv'),
    ('ops/x.py', 'from mmseg_nrd.models import NRDHead'),
    ('ops/x.py', 'from mmseg_nrd import models'),
    ('ops/x.py', 'from .. import compat'),
    ('ops/x.py', 'from ..utils.convert import convert_nrd_state_dict'),
    ('ops/x.py', 'def f():\n    import scipy.ndimage'),
    ('ops/x.py', 'import mmseg_nrd'),
    ('compat.py', 'from . import ops'),
    ('compat.py', 'from .ops import dynamic_mlp'),
    ('compat.py', 'import mmseg'),
    ('models/necks/x.py', 'import cv2'),
    ('models/necks/x.py', 'from ...utils import y'),
    ('models/necks/x.py', 'import rich'),
    ('datasets/street_scenes/x.py', 'import torch'),
    ('datasets/x.py', 'import scipy'),
    ('evaluation/x.py', 'from mmseg_nrd.ops import dynamic_mlp'),
    ('inference/x.py', 'from mmseg_nrd.models import NRDHead'),
    ('utils/x.py', 'import mmengine'),
    ('benchmark/x.py', 'from mmseg_nrd.models import NRDHead'),
    ('new_folder/x.py', 'import torch'),
])
def test_a_forbidden_import_is_found(path, source):
    assert layer_faults(source, Path(path))


@pytest.mark.parametrize('path, source', [
    ('ops/x.py', 'import torch.nn.functional as F, math\nfrom .checks import y'),
    ('models/decode_heads/x.py', 'from mmseg_nrd.ops import y\nfrom .theta_init import z\n'
     'from ..necks import n\nfrom ...ops import o\nfrom mmcv.cnn import ConvModule'),
    ('datasets/street_scenes/x.py', 'import cv2, numpy\nfrom rich.progress import track'),
    ('inference/x.py', 'from PIL import Image\nfrom mmseg_nrd.engine import check_fit'),
    ('compat.py', 'import importlib.util, torch'),
])
def test_an_allowed_import_passes(path, source):
    assert layer_faults(source, Path(path)) == []


@pytest.mark.parametrize('source', ['x = 1', 'def f(): ...', 'if True:\n    import x', 'f()',
                                    "__all__ += ['x']"])
def test_an_init_that_does_more_is_found(source):
    assert reexport_faults(f'"""Doc."""\nfrom .a import b\n{source}\n')


@pytest.mark.parametrize('source', [
    'assert x', 'def f(x):\n    assert x, "no"', 'x.cuda()', 'self.net.cuda(0)',
    'try:\n    x\nexcept:\n    raise', 'try:\n    x\nexcept Exception:\n    pass',
    'try:\n    x\nexcept (ValueError, Exception):\n    ...',
    'for x in y:\n    try:\n        x\n    except BaseException as e:\n        continue',
    'x = 1\n' * MAX_LINES,
])
def test_a_fault_of_style_is_found(source):
    assert style_faults(source)


@pytest.mark.parametrize('source', [
    'torch.cuda.is_available()', 'try:\n    x\nexcept ValueError:\n    pass',
    'try:\n    x\nexcept Exception as e:\n    log(e)\n    raise', 'x = 1\n' * (MAX_LINES - 1)])
def test_what_is_no_fault_passes(source):
    assert style_faults(source) == []
