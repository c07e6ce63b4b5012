"""What a wheel, a source archive and an editable install hold for mim."""
from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import PurePath

import pytest

MIM = ('configs/', 'tools/', 'model-index.yml')


def mim_files(names) -> set:
    return {name for name in names if name.startswith('mmseg_nrd/.mim/')}


@pytest.fixture(scope='module')
def wanted(tracked) -> set:
    return {f'mmseg_nrd/.mim/{name}' for name in tracked if name.startswith(MIM)}


def test_the_wheel_holds_what_mim_looks_for_and_the_package(wheel, held_by, wanted, tracked):
    names = held_by(wheel)
    assert mim_files(names) == wanted
    assert 'mmseg_nrd/.mim/model-index.yml' in wanted and len(wanted) > 60
    assert names >= {name for name in tracked if name.startswith('mmseg_nrd/')}
    assert {name.split('/')[0] for name in names} == {
        'mmseg_nrd', next(name for name in names if name.endswith('/METADATA')).split('/')[0]}


def test_the_sdist_holds_all_that_its_wheel_needs(sdist, wheel, held_by, build, tracked, tmp_path):
    with tarfile.open(sdist) as archive:
        names = {name.split('/', 1)[1] for name in archive.getnames() if '/' in name}
        archive.extractall(tmp_path)
    assert names >= {name for name in tracked if name.startswith((*MIM, 'mmseg_nrd/'))}
    tree, = tmp_path.iterdir()
    assert held_by(build('build_wheel', tree, tmp_path / 'dist')) == held_by(wheel)


def test_mim_finds_each_config_by_its_name_alone(wheel, held_by):
    # It walks the whole package, and refuses a name that it meets twice.
    names = held_by(wheel)
    met = Counter(PurePath(name).name for name in names)
    configs = [PurePath(name).name for name in mim_files(names)
               if '/configs/' in name and name.endswith('.py')]
    assert len(configs) > 50
    assert [name for name in configs if met[name] > 1] == []


def test_what_an_earlier_build_or_an_editor_left_stays_out(make_checkout, build, held_by, wanted):
    tree = make_checkout()
    for name in ('build/lib/mmseg_nrd/.mim/configs/gone.py', 'configs/nrd/nrd.py.orig',
                 'configs/nrd/__pycache__/nrd.pyc', 'tools/results.json'):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text('')
    assert mim_files(held_by(build('build_wheel', tree, tree / 'dist'))) == wanted


def test_an_editable_install_links_to_the_checkout(make_checkout, build, held_by, wanted, git):
    tree = make_checkout()
    for _ in range(2):
        build('build_editable', tree, tree / 'dist')
    mim = tree / 'mmseg_nrd' / '.mim'
    assert sorted(path.name for path in mim.iterdir()) == ['configs', 'model-index.yml', 'tools']
    for path in mim.iterdir():
        assert path.is_symlink() and path.resolve() == tree.resolve() / path.name
    # `python -m mim` in the checkout finds the package by it.
    assert (tree / 'mmseg_nrd.egg-info' / 'PKG-INFO').is_file()
    # The links are none of the next wheel's business.
    assert mim_files(held_by(build('build_wheel', tree, tree / 'dist'))) == wanted
    with tarfile.open(build('build_sdist', tree, tree / 'dist')) as archive:
        assert not [name for name in archive.getnames() if '.mim' in name]
    assert git('status', '--porcelain', cwd=tree) == ''


def test_no_build_leaves_anything_in_git(checkout, wheel, sdist, git):
    assert git('status', '--porcelain', cwd=checkout) == ''
