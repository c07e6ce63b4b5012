"""Which images a command line means, and names for what is made of them."""
from __future__ import annotations

import os
from pathlib import Path

import pytest

from mmseg_nrd.apps.predict.images import find_images, output_names


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ('a/x.jpg', 'a/deep/er/y.PNG', 'a/._x.jpg', 'a/notes.txt', 'b/x.png',
                 'b/img[1].tif', 'b/img1.tif', 'empty/notes.txt'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('sources, found', [
    (['a'], ['a/deep/er/y.PNG', 'a/x.jpg']),
    (['b/x.png', 'a'], ['b/x.png', 'a/deep/er/y.PNG', 'a/x.jpg']),
    (['**/x.*'], ['a/x.jpg', 'b/x.png']),
    (['*'], ['a/deep/er/y.PNG', 'a/x.jpg', 'b/img1.tif', 'b/img[1].tif', 'b/x.png']),
    (['b/img[1].tif'], ['b/img[1].tif']),
    (['b/img[12].tif'], ['b/img1.tif']),
    (['a/notes.txt'], ['a/notes.txt']),
    (['b/x.png', './b/../b/x.png', 'b/x*'], ['b/x.png']),
])
def test_images_folders_and_patterns(tree, sources, found):
    if '*' in sources:
        (tree / 'empty').rename(tree / 'a' / 'empty')
    assert find_images(sources) == [tree / name for name in found]


@pytest.mark.parametrize('source, message', [
    ('c', 'no such file or folder'),
    ('c/*.png', 'no such file or folder'),
    ('empty', 'no image in it'),
])
def test_a_source_without_an_image_is_named(tree, source, message):
    with pytest.raises(FileNotFoundError, match=f"^'{source}': {message}".replace('*', r'\*')):
        find_images(['a', source])


def test_what_was_made_earlier_is_no_image_to_label(tree):
    before = find_images(['a', 'b'])
    for name in ('a/out/labels/deep/er/y.png', 'a/out/overlays/x.png'):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).touch()
    out = Path('a', 'out')
    assert find_images(['a', 'b'], [out / 'labels', out / 'overlays']) == before
    with pytest.raises(FileNotFoundError, match='no image in it'):
        find_images(['a/out'], [out / 'labels', out / 'overlays'])


@pytest.mark.parametrize('where', ['nowhere.png', 'link.png'])
def test_a_link_that_leads_nowhere_or_to_itself_is_left_to_the_loader(tree, where):
    os.symlink(where, tree / 'b' / 'link.png')
    assert tree / 'b' / 'link.png' in find_images(['b'])
    assert find_images(['b/link.png']) == [tree / 'b' / 'link.png']


def test_hidden_files_and_folders_are_left_out_unless_named(tree):
    before = find_images(['a'])
    for name in ('a/.thumbs/t.png', 'a/deep/.cache/er/t.png'):
        (tree / name).parent.mkdir(parents=True)
        (tree / name).touch()
    assert find_images(['a']) == before
    assert find_images(['a/.thumbs']) == [tree / 'a/.thumbs/t.png']
    assert find_images(['a/deep/.cache/er/t.png']) == [tree / 'a/deep/.cache/er/t.png']


def test_what_is_called_like_an_image_but_is_none(tree):
    (tree / 'b' / 'folder.png').mkdir()
    (tree / 'b' / 'folder.png' / 'in it.png').touch()
    before = find_images(['b'])
    assert tree / 'b/folder.png/in it.png' in before and tree / 'b/folder.png' not in before
    os.mkfifo(tree / 'b' / 'pipe.png')
    assert find_images(['b']) == before


def test_links_to_folders_are_followed_but_not_round_and_round(tree):
    (tree / 'c').mkdir()
    (tree / 'c' / 'b').symlink_to(tree / 'b')
    (tree / 'b' / 'back').symlink_to(tree / 'c')
    (tree / 'c' / 'self').symlink_to(tree / 'c')
    assert find_images(['c']) == [
        tree / 'c/b' / name for name in ('img1.tif', 'img[1].tif', 'x.png')]
    assert find_images(['b']) == [
        tree / 'b' / name for name in ('img1.tif', 'img[1].tif', 'x.png')]


def test_what_was_made_earlier_is_found_out_through_links(tree):
    before = find_images(['b'])
    (tree / 'out' / 'labels').mkdir(parents=True)
    (tree / 'out' / 'labels' / 'x.png').touch()
    (tree / 'b' / 'out').symlink_to(tree / 'out')
    assert find_images(['b'], [Path('out', 'labels')]) == before


def test_the_home_folder_in_quotes(tree, monkeypatch):
    monkeypatch.setenv('HOME', str(tree))
    assert find_images(['~/b/x.png']) == find_images(['~/b/x*']) == [tree / 'b/x.png']
    assert find_images(['~/a']) == find_images(['a'])
    (tree / '~').touch()
    assert find_images(['~']) == [tree / '~']


@pytest.mark.parametrize('images, names', [
    (['/d/a/x.jpg', '/d/b/x.png'], ['a/x', 'b/x']),
    (['/d/a/x.jpg', '/d/a/y.jpg'], ['x', 'y']),
    (['/d/x.jpg'], ['x']),
    (['/d/x.jpg', '/d/a/x.jpg'], ['x', 'a/x']),
    (['/d/x.jpg', '/d/x.png', '/d/x.jpg.png'], ['x.jpg', 'x.png', 'x.jpg.png']),
    (['/x.1.png', '/x.2.png'], ['x.1', 'x.2']),
])
def test_names_keep_folders_and_differ(images, names):
    assert output_names([Path(image) for image in images]) == names
