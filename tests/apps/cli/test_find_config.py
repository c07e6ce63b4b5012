"""Configs of the package are found from any folder, and nothing else is guessed."""
from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from mmseg_nrd.apps.cli import find_config, read_config

ROOT = Path(__file__).parents[3]
NAME = 'nrd_r50_4xb4-84k_cityscapes-512x1024.py'
OURS = ROOT / 'configs' / 'nrd' / NAME


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize('name, path', [
    (NAME, OURS), (f'configs/nrd/{NAME}', OURS), (f'./configs/nrd/{NAME}', OURS),
    ('decoders.txt', ROOT / 'configs/benchmark/decoders.txt'),
    ('configs/benchmark/decoders.txt', ROOT / 'configs/benchmark/decoders.txt'),
])
def test_ours_are_found_by_path_and_by_file_name(name, path):
    assert find_config(name) == str(path.resolve())


@pytest.mark.parametrize('name', [
    f'my_configs/nrd/{NAME}', f'nrd/{NAME}', f'/nowhere/{NAME}', f'configs/gun/{NAME}',
    'configs', 'nrd', 'gone.py', NAME[:-3], '', '.',
    'mmseg::fcn/fcn_r50-d8_4xb2-80k_cityscapes-512x1024.py',
])
def test_any_other_name_is_left_to_its_reader(name):
    assert find_config(name) == name


@pytest.mark.parametrize('name', [NAME, f'configs/nrd/{NAME}'])
def test_a_file_of_the_user_goes_first(name, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('')
    assert find_config(name) == name


def test_an_installed_package_looks_in_its_own_folder(tmp_path, monkeypatch):
    installed = tmp_path / 'mmseg_nrd' / '.mim'
    (installed / 'configs').mkdir(parents=True)
    (installed / 'configs' / 'mine.py').write_text('')
    monkeypatch.setattr(importlib.import_module('mmseg_nrd.apps.cli.configs'), '_INSTALLED',
                        installed)
    assert find_config('mine.py') == str(installed / 'configs' / 'mine.py')
    assert find_config(NAME) == NAME


def test_an_editable_install_without_links_looks_in_the_checkout(tmp_path, monkeypatch):
    installed = tmp_path / '.mim'
    installed.mkdir()
    monkeypatch.setattr(importlib.import_module('mmseg_nrd.apps.cli.configs'), '_INSTALLED',
                        installed)
    assert find_config(NAME) == str(OURS)


@pytest.mark.parametrize('own', [None, dict(type='A')])
def test_a_data_preprocessor_beside_the_model_is_the_model_s_as_for_mmengine(own, tmp_path):
    model = dict(type='M') if own is None else dict(type='M', data_preprocessor=own)
    (tmp_path / 'a.py').write_text(f"model = {model}\ndata_preprocessor = dict(type='B')\n")
    cfg = read_config(str(tmp_path / 'a.py'))
    assert cfg.model.data_preprocessor == (own or dict(type='B'))
