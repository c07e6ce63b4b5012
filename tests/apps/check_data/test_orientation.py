"""Photographs that the host turns when it loads them, and their labels that it does not."""
from __future__ import annotations

import faulty_data
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile
from mmengine.config import Config
from PIL import Image

from mmseg_nrd.apps.check_data.inspection import orientation
from mmseg_nrd.apps.check_data.survey import survey_data

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations')]


def write(path, tag, **options):
    exif = Image.Exif()
    exif[0x0112] = tag
    pixels = np.zeros((*faulty_data.SIZE, 3), np.uint8)
    pixels[:, :faulty_data.SIZE[1] // 2] = 255
    Image.fromarray(pixels).save(path, exif=exif, **options)


@pytest.mark.parametrize('suffix', ['png', 'jpg', 'tif', 'webp'])
def test_the_tag_is_read_and_without_one_it_is_as_stored(tmp_path, suffix):
    path = tmp_path / f'image.{suffix}'
    for tag in range(1, 9):
        write(path, tag)
        assert orientation(str(path)) == tag
    Image.new('RGB', (4, 3)).save(path)
    assert orientation(str(path)) == 1
    path.write_text('no image')
    assert orientation(str(path)) == 1


def survey(root, **load):
    return survey_data(Config(dict(train_dataloader=dict(dataset=dict(
        type='CityscapesDataset', data_root=str(root), pipeline=[{**LOAD[0], **load}, LOAD[1]],
        serialize_data=False,
        data_prefix=dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train'))))), 'train')


def told(found) -> list:
    return [finding.file for finding in found.warnings if 'EXIF orientation 3' in finding.text]


def test_a_turned_image_is_told_by_its_file(tmp_path):
    """OpenCV turns it by half a circle, so that its size does not give it away."""
    path = faulty_data.image_path(faulty_data.write_tree(tmp_path))
    write(path, 3)
    loaded = LoadImageFromFile().transform(dict(img_path=str(path)))['img']
    assert loaded[:, 0].max() == 0 and loaded[:, -1].min() == 255
    found = survey(tmp_path)
    assert told(found) == [str(path)] and found.errors == []
    # Loaded as it is stored, it fits.
    assert told(survey(tmp_path, color_type='unchanged')) == []


def test_the_tag_of_a_label_turns_nothing(tmp_path):
    label = faulty_data.label_path(faulty_data.write_tree(tmp_path))
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(faulty_data.labels()).save(label, exif=exif)
    found = survey(tmp_path)
    assert told(found) == [] and found.errors == []
