"""Missing and empty data are named before anything is built."""
from __future__ import annotations

import faulty_data
import pytest
from mmseg.registry import DATASETS

from mmseg_nrd.apps.cli.data_checks import check_data, count_images
from mmseg_nrd.apps.street_scenes.writer import write_street_scenes

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def loader(root, **extra) -> dict:
    return dict(dataset=dict(
        {**dict(type='CityscapesDataset', data_root=str(root), pipeline=LOAD, serialize_data=False,
                data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')),
         **extra}))


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
    with pytest.raises(FileNotFoundError, match='looked for .*missing.*Fix: set data_root'):
        check_data(dict(train_dataloader=make(tmp_path / 'missing')), 'train')


@pytest.mark.parametrize('kind', ['CityscapesDataset', 'PascalVOCDataset'])
@pytest.mark.parametrize('missing', ['leftImg8bit', 'names.txt'])
def test_the_missing_folder_or_list_is_named(tmp_path, kind, missing):
    """Some kinds of data set assert in silence that they are there."""
    faulty_data.write_tree(tmp_path)
    (tmp_path / 'names.txt').write_text('a')
    (tmp_path / missing).rename(tmp_path / 'elsewhere')
    with pytest.raises(FileNotFoundError, match=f'looked for {tmp_path}/{missing}'):
        check_data(dict(train_dataloader=loader(
            tmp_path, type=kind, ann_file='names.txt' * (missing == 'names.txt'))), 'train')


def test_no_image_is_an_error(tmp_path):
    (tmp_path / 'leftImg8bit' / 'train').mkdir(parents=True)
    with pytest.raises(ValueError, match=f'data_root=.{tmp_path}.*no such image'):
        check_data(dict(train_dataloader=loader(tmp_path, serialize_data=True)), 'train')


def test_a_text_in_place_of_classes_is_refused(tree):
    named = dict(type='BaseSegDataset', img_suffix='.png', seg_map_suffix='.png')
    with pytest.raises(ValueError, match="metainfo.classes='water'"):
        check_data(dict(train_dataloader=loader(
            tree, **named, metainfo=dict(classes='water'))), 'train')
    (tree / 'classes.txt').write_text('land\nwater')
    check_data(dict(train_dataloader=loader(tree, metainfo=dict(
        classes=str(tree / 'classes.txt')), **named, pipeline=LOAD[:1])), 'train')


def test_other_splits_and_remote_data_are_left_alone(tmp_path):
    missing = loader(tmp_path / 'missing')
    check_data(dict(train_dataloader=missing), 'test')
    remote = loader(tmp_path / 'missing', backend_args=dict(backend='petrel'))
    check_data(dict(train_dataloader=remote), 'train')


def test_a_data_set_of_another_kind_is_left_to_itself(monkeypatch):
    class Mine:
        def __init__(self, pipeline):
            raise AssertionError('it must not be built')

    monkeypatch.setitem(DATASETS.module_dict, 'Mine', Mine)
    check_data(dict(train_dataloader=dict(dataset=dict(type='Mine'))), 'train')


@pytest.mark.parametrize('make, count', [(loader, 1), (wrapped, 2)])
def test_images_are_counted(tree, make, count):
    assert count_images(dict(test_dataloader=make(tree)), 'test') == count


def spoilt(root, names, **extra) -> dict:
    """A config for a tree whose images of these names have no label."""
    faulty_data.write_tree(root)
    for name in names:
        faulty_data.label_path(root, name).unlink()
    return dict(train_dataloader=loader(root, **extra))


def test_missing_and_empty_files_are_named(tmp_path):
    cfg = spoilt(tmp_path, ['a'])
    empty = faulty_data.image_path(tmp_path, 'c')
    empty.write_bytes(b'')
    with pytest.raises(ValueError, match='train_dataloader.dataset: 2 of 6 files') as error:
        check_data(cfg, 'train')
    for words in (f'{faulty_data.label_path(tmp_path, "a")}: there is no such file',
                  f'{empty}: the file is empty', 'tools/check_dataset.py lists all', 'Fix: '):
        assert words in str(error.value)


def test_of_many_files_some_are_named_and_the_others_counted(tmp_path):
    cfg = spoilt(tmp_path, [], pipeline=LOAD[:1])
    for number in range(9):
        faulty_data.image_path(tmp_path, f'empty{number}').write_bytes(b'')
    with pytest.raises(ValueError, match='9 of 12 files .*; and 4 more. Fix: ') as error:
        check_data(cfg, 'train')
    assert str(error.value).count('the file is empty') == 5


PREPROCESSOR = dict(type='SegDataPreProcessor', size=(32, 32))
TURN, PAD = dict(type='RandomRotate', prob=1., degree=5), dict(type='Pad', size=(99, 99))
PLAIN, OTHER = dict(type='FCNHead', num_classes=4), dict(type='FCNHead', num_classes=4,
                                                         ignore_index=0)


@pytest.mark.parametrize('heads, preprocessor, steps, named', [
    (PLAIN, PREPROCESSOR, [TURN, PAD], None),
    (OTHER, None, [], None),
    (OTHER, dict(PREPROCESSOR, size=None), [], None),
    (OTHER, dict(PREPROCESSOR, seg_pad_val=0), [dict(TURN, seg_pad_val=0)], None),
    (OTHER, None, [dict(PAD, pad_val=dict(img=0, seg=0))], None),
    (OTHER, PREPROCESSOR, [], 'model.decode_head.ignore_index=0 data_preprocessor.seg_pad_val=255'),
    ([PLAIN, OTHER], None, [TURN], 'model.decode_head[1].ignore_index=0 RandomRotate=255'),
    (OTHER, None, [dict(PAD, pad_val=7)], 'Pad=255'),
    (OTHER, None, [dict(type='RandomMosaic', prob=1.)], 'RandomMosaic=255'),
    (OTHER, None, [dict(type='RandomApply', transforms=[PAD])], 'Pad=255'),
    (PLAIN, dict(PREPROCESSOR, seg_pad_val=254), [], 'ignore_index=255 seg_pad_val=254'),
    # An ordinary class, as the config wants it.
    (PLAIN, dict(PREPROCESSOR, seg_pad_val=3), [], None)])
def test_padding_that_a_head_cannot_learn_is_warned_of(
        tree, capsys, heads, preprocessor, steps, named):
    cfg = dict(model=dict(decode_head=heads, data_preprocessor=preprocessor),
               train_dataloader=loader(tree, pipeline=[*LOAD, *steps]))
    check_data(cfg, 'val')
    assert capsys.readouterr().out == ''
    check_data(cfg, 'train')
    warning = capsys.readouterr().out
    assert warning.count('warning: ') == (named is not None)
    assert all(word in warning for word in (named or '').split())
