"""Rows of a suite, from small configs."""
from __future__ import annotations

import json

import cv2
import pytest
import torch

from mmseg_nrd.apps.cost.candidate import Settings, prepare
from mmseg_nrd.apps.cost.figure import draw_suite
from mmseg_nrd.apps.cost.parts import WHOLE
from mmseg_nrd.apps.cost.report import format_suite, table_lines, terminal_tables
from mmseg_nrd.apps.cost.suite import check_names, measure

CONFIG = '''
norm = dict(type='SyncBN')
model = dict(
    type='EncoderDecoder', pretrained='open-mmlab://nowhere',
    data_preprocessor=dict(type='SegDataPreProcessor', size=(32, 64)),
    backbone=dict(type='ResNetV1c', depth=18, base_channels=8, stem_channels=8, norm_cfg=norm,
                  strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1)),
    decode_head=dict(type='FCNHead', in_channels=64, in_index=3, channels={channels},
                     num_convs=1, concat_input=False, num_classes=5, norm_cfg=norm),
    auxiliary_head=dict(type='FCNHead', in_channels=32, in_index=2, channels=8, num_convs=1,
                        num_classes=5, norm_cfg=norm))
'''
METAFILE = '''
Models:
- {Name: narrow, Config: configs/a/narrow.py, Results: {Dataset: Town, Metrics: {mIoU: 12.5}}}
- {Name: wide, Config: configs/a/wide.py, Results: [
    {Dataset: Village, Metrics: {Dice: 1}}, {Dataset: Town, Metrics: {mIoU: 14}}]}
'''
BATCH = Settings(shape=(32, 32), batch=3, rounds=1)


@pytest.fixture(scope='module')
def configs(tmp_path_factory):
    folder = tmp_path_factory.mktemp('configs')
    for name, channels in (('narrow', 8), ('wide', 32), ('broken', -1)):
        (folder / f'{name}.py').write_text(CONFIG.replace('{channels}', str(channels)))
    (folder / 'empty.py').write_text('x = 1\n')
    (folder / 'metafile.yml').write_text(METAFILE)
    return {path.stem: str(path) for path in folder.glob('*.py')}


@pytest.fixture(scope='module')
def rows(configs):
    chosen, told = [configs[name] for name in ('narrow', 'broken', 'wide', 'empty')], []
    rows = measure([*chosen, 'nowhere.py'], Settings(train_step=True, rounds=2), 'wide',
                   told.append)
    assert [text.split()[-1] for text in told[:-3]] == [row['name'] for row in rows]
    assert told[-2:] == ['round 1 of 2', 'round 2 of 2']
    return rows


def test_rows_are_whole_and_parts_with_ratios_to_the_baseline(rows):
    narrow, _, wide, _, _ = rows
    assert [row['name'] for row in rows] == ['narrow', 'broken', 'wide', 'empty', 'nowhere']
    assert {row['baseline'] for row in rows} == {'wide'}
    assert narrow['size'] == (32, 64) and json.loads(json.dumps(rows))
    for mode, images, parts in (('inference', 1, ['backbone', 'decode_head']),
                                ('training', 2, ['backbone', 'decode_head', 'auxiliary_head'])):
        own, base = narrow['modes'][mode], wide['modes'][mode]
        assert own['images'] == images and list(own['parts']) == [WHOLE, *parts]
        for key in ('multiply_adds', 'parameters'):
            assert own['parts'][WHOLE][key] == sum(own['parts'][name][key] for name in parts)
        for name, part in own['parts'].items():
            other = base['parts'][name]
            for key in ('multiply_adds', 'parameters', 'peak_bytes'):
                assert part['ratio'][key] == part[key] / other[key]
            assert part['seconds']['runs'] == len(part['seconds']['turns']) == 2
            shares = [own / other for own, other in zip(
                part['seconds']['turns'], other['seconds']['turns'])]
            assert part['ratio']['seconds'] == pytest.approx(sum(shares) / 2)
            assert part['ratio']['seconds_quartiles'][0] <= part['ratio']['seconds']
        whole = own['parts'][WHOLE]
        assert whole['frames_per_second'] == images / whole['seconds']['median']
        ones = dict(base['parts'][WHOLE]['ratio'])
        assert ones.pop('seconds_quartiles') == [1, 1] and set(ones.values()) == {1}
    places = 2  # 32 x 64 at stride 32
    head = places * 5 * 8 + places * 64 * 8 * 9
    assert narrow['modes']['inference']['parts']['decode_head']['multiply_adds'] == head
    # Forward, and a gradient each for features and weights, for two images.
    assert narrow['modes']['training']['parts']['decode_head']['multiply_adds'] == 6 * head


def test_a_config_that_fails_is_a_row_with_its_error(rows):
    _, broken, _, empty, nowhere = rows
    assert broken['error'] and broken['modes'] == {}
    assert 'model' in empty['error']
    assert 'FileNotFoundError' in nowhere['error'] and 'nowhere.py' in nowhere['error']


def test_without_the_baselines_figures_there_are_no_ratios(configs):
    failed, row = measure([configs['broken'], configs['narrow']], BATCH)
    assert failed['error'] and row['error'] is None
    part = row['modes']['inference']['parts'][WHOLE]
    assert 'ratio' not in part and row['modes']['inference']['images'] == 3
    assert '[' not in ''.join(table_lines([failed, row], 'inference')[2])


def test_tables_and_picture(rows, tmp_path):
    header, *lines = table_lines(rows, 'training')
    assert header[0] == '[ratio to] wide' and len(lines) == 4 + 1 + 4 + 1 + 1
    assert lines[0][:3] == ('narrow', '2 x 32 x 64', 'whole')
    assert lines[3][2] == 'auxiliary head' and lines[5][5].endswith('[1.00]')
    assert lines[4][2].startswith('ERROR: ')
    assert [line[-1] for line in lines if line[-1]] == ['12.50 (Town)', '14.00 (Town)']
    text = format_suite(rows)
    assert text.count('### ') == 2 and text.count('| nowhere |') == 2
    assert len({line.count(' | ') for line in text.splitlines() if line.startswith('|')}) == 1
    assert [table.row_count for table in terminal_tables(rows)] == [9, 11]
    draw_suite(rows, tmp_path / 'plot.png')
    height, width = cv2.imread(str(tmp_path / 'plot.png')).shape[:2]
    assert (height, width) == (900, 1300)
    # With one known accuracy there is nothing to compare, and no second row of pictures.
    draw_suite(rows[:2], tmp_path / 'plot.png')
    assert cv2.imread(str(tmp_path / 'plot.png')).shape[0] == 500


@pytest.mark.parametrize('error', ['only\na | b\n', '\n\nthen'])
def test_an_error_of_many_lines_keeps_the_table_whole(error):
    row = dict(name='x', baseline='x', error=error, modes={})
    *_, line = format_suite([row]).splitlines()
    assert line.startswith('| x |') and line.endswith('|')


def test_flags_reach_the_model(configs):
    def logits(**flags):
        candidate = prepare(configs['narrow'], Settings(shape=(32, 32), **flags))
        assert candidate.error is None
        return candidate.steps['inference', WHOLE](), candidate.figures['inference']
    plain, figures = logits()
    assert plain.dtype == torch.float32 and plain.is_contiguous() and plain.is_inference()
    assert logits(amp='bf16')[0].dtype == torch.bfloat16
    assert logits(channels_last=True)[0].is_contiguous(memory_format=torch.channels_last)
    fused, others = logits(fuse=True)
    torch.testing.assert_close(fused, plain, rtol=1e-3, atol=1e-4)
    # The norm's weight and bias of 8 channels go, the convolution gets a bias.
    without = figures['decode_head']['parameters'] - others['decode_head']['parameters']
    assert without == 8


@pytest.mark.slow
def test_compiled_models_are_measured_like_the_others(configs):
    rows = measure([configs['narrow'], configs['wide']],
                   Settings(shape=(32, 32), compile=True, train_step=True, rounds=1))
    plain = measure([configs['narrow']], Settings(shape=(32, 32), train_step=True, rounds=1))
    for mode in ('inference', 'training'):
        counts = [row['modes'][mode]['parts'][WHOLE]['multiply_adds'] for row in (rows[0], *plain)]
        assert counts[0] == counts[1]


def test_names_of_rows():
    configs = ['a/one.py', 'mmseg::b/two.py']
    assert check_names(configs, None) == 'one'
    assert check_names(configs, 'two') == check_names(configs, 'mmseg::b/two.py') == 'two'
    with pytest.raises(ValueError, match='three.*one, two'):
        check_names(configs, 'three')
    with pytest.raises(ValueError, match='one: given 2 times'):
        check_names([*configs, 'c/one.py'], None)
