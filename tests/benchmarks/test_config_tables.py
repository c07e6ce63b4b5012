"""Tables of the docs that are read off configs."""
from __future__ import annotations

import pytest

from benchmarks.docs.config_tables import cost_lines, recipe_lines

COST = ('Cost: 13.34 G multiply-adds in the decode head, 58.5 G in all; 43.57 M parameters; '
        '512 x 1024.')
BODY = '''
model = dict(data_preprocessor=dict(size=(512, 1024)))
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.01, weight_decay=5e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=4000),
    dict(type='PolyLR', power=0.9, eta_min=1e-4, begin=4000, end=84000)]
train_cfg = dict(max_iters=84000)
'''


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'configs' / 'nrd'
    folder.mkdir(parents=True)
    for name, title, cost in (('b_8xb2-84k_x', 'B, on X.', ''), ('a_4xb4-84k_x', 'A, on X.', COST)):
        (folder / f'{name}.py').write_text(f'"""{title}\n\nPaper: P\n{cost}\n"""{BODY}')
    return folder


def test_costs_are_those_of_the_headers(folder):
    assert cost_lines(folder) == [
        ('config', 'what it is', 'GMAC of the head', 'GMAC', 'M parameters', 'input'),
        ('[a_4xb4-84k_x](../configs/nrd/a_4xb4-84k_x.py)', 'A, on X',
         '13.34', '58.5', '43.57', '512 x 1024'),
        ('[b_8xb2-84k_x](../configs/nrd/b_8xb2-84k_x.py)', 'B, on X', '', '', '', '')]


def test_without_any_cost_there_are_no_columns_for_it(folder):
    (folder / 'a_4xb4-84k_x.py').unlink()
    assert [len(line) for line in cost_lines(folder)] == [2, 2]


def test_configs_that_train_alike_share_a_line(folder):
    header, line = recipe_lines(folder)
    assert header[1:] == ('optimizer', 'learning rate', 'weight decay', 'schedule', 'iterations',
                          'batch', 'crop')
    assert line[0].count('](') == 2 and '<br>' in line[0]
    assert line[1:] == ('SGD', '0.01', '0.0005', 'linear from 0.01 of it over 4000, poly 0.9 to '
                        '0.0001', '84000', '16', '512 x 1024')
    path = folder / 'a_4xb4-84k_x.py'
    path.write_text(path.read_text().replace(
        'param_scheduler = [', 'param_scheduler = [dict(type="MultiStepLR", gamma=0.1, '
        'milestones=[10, 20])]\nunused = ['))
    assert [line[4] for line in recipe_lines(folder)[1:]] == [
        'x 0.1 at 10 and 20', 'linear from 0.01 of it over 4000, poly 0.9 to 0.0001']


def test_an_unknown_schedule_is_not_left_out(folder):
    path = folder / 'a_4xb4-84k_x.py'
    path.write_text(path.read_text().replace('PolyLR', 'CosineAnnealingLR'))
    with pytest.raises(ValueError, match=r'CosineAnnealingLR has no wording yet. Fix: add'):
        recipe_lines(folder)



def test_a_folder_without_configs_is_said(tmp_path):
    with pytest.raises(ValueError, match='must be a folder of configs. Fix: correct'):
        cost_lines(tmp_path)
