"""Missing and empty data are named before anything is built."""
from __future__ import annotations

import faulty_data
import pytest
from mmseg.registry import DATASETS

from mmseg_nrd.apps.cli.data_checks import check_data, count_images
from mmseg_nrd.apps.street_scenes.writer import write_street_scenes


def loader(root, **extra) -> dict:
    return dict(dataset=dict(
        type='CityscapesDataset', data_root=str(root), pipeline=[],
        data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'), **extra))


def wrapped(root) -> dict:
    return dict(dataset=dict(type='ConcatDataset', datasets=[
        dict(type='RepeatDataset', times=2, dataset=loader(root)['dataset'])]))


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    out = tmp_path_factory.mktemp('data') / 'tree'
    write_street_scenes(out, 'cityscapes', num_train=1, num_val=0, size=(32, 64), seed=0)
    return out


@pytest.mark.parametrize('make', [loader, wrapped])
def test_a_whole_tree_passes_and_a_missing_one_does_not(make, tree, tmp_path):
    check_data(dict(train_dataloader=make(tree)), 'train', 'val')
    with pytest.raises(FileNotFoundError, match='data_root: looked for .*missing.*Fix: set data_'):
        check_data(dict(train_dataloader=make(tmp_path / 'missing')), 'train')


def test_the_missing_folder_is_named(tree, tmp_path):
    (tmp_path / 'leftImg8bit' / 'train').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r'data_prefix.seg_map_path: .*gtFine'):
        check_data(dict(train_dataloader=loader(tmp_path)), 'train')


def test_the_missing_list_is_named(tree):
    with pytest.raises(FileNotFoundError, match='ann_file: looked for .*names.txt'):
        check_data(dict(train_dataloader=loader(tree, ann_file='names.txt')), 'train')


def test_no_image_is_an_error(tmp_path):
    for folder in ('leftImg8bit', 'gtFine'):
        (tmp_path / folder / 'train').mkdir(parents=True)
    with pytest.raises(ValueError, match=r'looked for images named \*_leftImg8bit.png .*none'):
        check_data(dict(train_dataloader=loader(tmp_path)), 'train')


def test_other_splits_and_remote_data_are_left_alone(tmp_path):
    missing = loader(tmp_path / 'missing')
    check_data(dict(train_dataloader=missing), 'test')
    remote = loader(tmp_path / 'missing', backend_args=dict(backend='petrel'))
    check_data(dict(train_dataloader=remote), 'train')


def test_a_data_set_of_another_kind_is_left_to_itself():
    class Mine:
        def __init__(self, pipeline):
            raise AssertionError('it must not be built')

    DATASETS.register_module(name='MineForChecks', module=Mine)
    try:
        check_data(dict(train_dataloader=dict(dataset=dict(type='MineForChecks'))), 'train')
    finally:
        DATASETS.module_dict.pop('MineForChecks')


def test_images_are_counted(tree):
    assert count_images(dict(test_dataloader=loader(tree)), 'test') == 1


def spoilt(root, names, **extra) -> dict:
    """A config for a tree whose images of these names have no label."""
    faulty_data.write_tree(root)
    for name in names:
        faulty_data.label_path(root, name).unlink()
    loaded = loader(root, **extra)
    loaded['dataset'].setdefault('pipeline', [])
    return dict(train_dataloader=loaded)


def test_missing_and_empty_files_are_named(tmp_path):
    cfg = spoilt(tmp_path, ['a'])
    cfg['train_dataloader']['dataset']['pipeline'] = [dict(type='LoadAnnotations')]
    empty = faulty_data.image_path(tmp_path, 'c')
    empty.write_bytes(b'')
    with pytest.raises(ValueError, match='train_dataloader.dataset: 2 of 6 files') as error:
        check_data(cfg, 'train')
    for words in (f'{faulty_data.label_path(tmp_path, "a")}: there is no such file',
                  f'{empty}: the file is empty', 'tools/check_dataset.py lists all', 'Fix: '):
        assert words in str(error.value)


def test_labels_that_nobody_reads_may_be_missing(tmp_path):
    check_data(spoilt(tmp_path, faulty_data.NAMES), 'train')


def test_of_many_files_some_are_named_and_the_others_counted(tmp_path):
    cfg = spoilt(tmp_path, [])
    for number in range(9):
        faulty_data.image_path(tmp_path, f'empty{number}').write_bytes(b'')
    with pytest.raises(ValueError, match='9 of 12 files .*; and 4 more. Fix: ') as error:
        check_data(cfg, 'train')
    assert str(error.value).count('the file is empty') == 5


def test_an_unknown_kind_of_data_set_is_named():
    with pytest.raises(ValueError, match="train_dataloader.dataset.type='Cityscape'.*registered"):
        check_data(dict(train_dataloader=dict(dataset=dict(type='Cityscape'))), 'train')
