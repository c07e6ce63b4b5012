"""A config that is written says the difference, and is read back as what was meant."""
from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mmengine.config import Config

from mmseg_nrd.apps.swap.config_text import changes, config_text, format_value

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
scalars |= st.floats(allow_nan=False, width=16)
keys = st.text('abcd', min_size=1) | st.integers(0, 3) | st.just('class')
values = st.recursive(scalars, lambda each: st.lists(each) | st.lists(each).map(tuple)
                      | st.dictionaries(keys, each), max_leaves=6)


@given(values)
def test_a_value_reads_back(value):
    assert eval(format_value(value)) == value  # noqa: S307


def test_long_values_are_broken_into_lines():
    text = format_value(dict(a=dict(b=['word' * 6] * 9), c=(1,)), 0, 8)
    assert max(map(len, text.splitlines())) < 100 < len(text)


@pytest.mark.parametrize('new', [
    dict(model=dict(type='A', head=dict(type='C', depth=3), other=dict(rate=2, kept=1))),
    dict(model=dict(type='A', head=dict(type='B', width=1), other=dict(kept=1))),
    dict(model=dict(type='A', head=dict(type='B', width=1, depth=2), other=dict(rate=1, kept=1)),
         nothing=dict(a=1)),
    dict(model=dict(type='Z', head=dict(type='B', width=1, depth=2)), more=[dict(a=1)]),
])
@pytest.mark.parametrize('linked', [False, True])
def test_base_and_changes_make_the_new_one(tmp_path, new, linked):
    old = dict(model=dict(type='A', head=dict(type='B', width=1, depth=2),
                          other=dict(rate=1, kept=1)), kept=1, nothing=None)
    new = {'nothing': None, **new, 'kept': 1}
    (tmp_path / 'base.py').write_text('\n'.join(f'{key} = {old[key]!r}' for key in old))
    (tmp_path / 'a' / 'b' / 'c').mkdir(parents=True)
    out = tmp_path / 'folder' / 'out.py'
    if linked:
        out.parent.symlink_to(tmp_path / 'a' / 'b' / 'c')
    else:
        out.parent.mkdir()
    out.write_text(config_text(str(tmp_path / 'base.py'), out,
                               changes(copy.deepcopy(old), new), ['a note']))
    assert Config.fromfile(out).to_dict() == new
    assert 'kept = ' not in out.read_text()
    assert (str(tmp_path) in out.read_text()) == linked
