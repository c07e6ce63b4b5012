"""What the tools beside training say of a faulty config, a faulty label and a loss of NaN."""
from __future__ import annotations

import faulty_data
import pytest
import torch
from street_scene_configs import DEEPLAB, NRD

from mmseg_nrd.inference.pipeline import split_pipeline

MISSPELT = 'model.decode_head.patchsize=8'
HEAD = 'model.decode_head (NRDHead): TypeError: '


@pytest.fixture
def said(tool):
    """The last line of a tool that ends with status 1."""
    def run(*arguments) -> str:
        output = tool(*arguments, status=1)
        assert 'Traceback' not in output
        return output[output.index('error: '):].strip()
    return run


def test_conversion_without_a_model_or_with_a_misspelt_key(said, tmp_path):
    target, weights = tmp_path / 'ours.pth', tmp_path / 'theirs.pth'
    config = tmp_path / 'config.py'
    config.write_text('model_ = 1\n')
    assert said('convert_checkpoint', config, weights, target).startswith(
        'error: model: is missing; the config has model_. Fix: ')
    config.write_text(f"_base_ = '{NRD}'\nmodel = dict(decode_head=dict(patchsize=8))\n")
    assert said('convert_checkpoint', config, weights, target).startswith(f'error: {HEAD}')


@pytest.mark.slow
def test_prediction(said, street_scenes, tmp_path):
    torch.save({}, tmp_path / 'weights.pth')
    assert said('predict', street_scenes, '--config', NRD, '--checkpoint', tmp_path / 'weights.pth',
                '--out', tmp_path / 'out', '--cfg-options', MISSPELT).startswith(f'error: {HEAD}')


@pytest.mark.parametrize('step', [7, dict(typ='Resize')])
def test_a_step_without_a_type_in_a_pipeline_for_prediction(step):
    cfg = dict(test_dataloader=dict(dataset=dict(pipeline=[dict(type='LoadImageFromFile'), step])))
    with pytest.raises(ValueError, match='in the test pipeline: must be a dict with a type. Fix: '):
        split_pipeline(cfg, tta=False, own_size=False)


@pytest.mark.slow
@pytest.mark.parametrize('option, line', [
    ('train_dataloader.dataset.pipeline.0.foo=3',
     'train_dataloader.dataset.pipeline[0] (LoadImageFromFile): TypeError: '),
    ('train_dataloader.dataset=7', 'train_dataloader.dataset=7: must be a dict')])
def test_the_survey_of_data(option, line, said, small):
    assert said('check_dataset', NRD, '--cfg-options', *small, option).startswith(f'error: {line}')


@pytest.mark.slow
@pytest.mark.parametrize('option, line', [
    ('train_dataloader.dataset=7', 'train_dataloader.dataset=7: must be a dict'),
    ('default_hooks=7', 'default_hooks=7: must be a dict')])
def test_the_soak(option, line, said, tmp_path):
    assert said('soak', NRD, '--out', tmp_path, '--cfg-options', option).startswith(
        f'error: {line}')


@pytest.fixture
def compare(said, small, tmp_path):
    def run(*options, configs=(NRD, )):
        return said('compare', *configs, '--out', tmp_path / 'out', '--iters', 4, '--cfg-options',
                    *small, *options)
    return run


@pytest.mark.slow
def test_a_comparison_names_the_config_at_fault(compare, tmp_path):
    bad = tmp_path / 'bad.py'
    bad.write_text(f"_base_ = '{DEEPLAB}'\nmodel = dict(decode_head=dict(dilatons=(1, )))\n")
    assert compare(configs=(NRD, bad)).startswith(
        f'error: {bad}: model.decode_head (DepthwiseSeparableASPPHead): TypeError: ')


@pytest.mark.slow
@pytest.mark.parametrize('option, line', [
    (MISSPELT, HEAD), ('load_from=nowhere.pth', "checkpoint 'nowhere.pth': no such file. Fix: "),
    ('default_hooks.checkpoint=7', 'default_hooks.checkpoint=7: must be a dict')])
def test_a_comparison_of_faulty_configs(option, line, compare):
    assert compare(option).startswith(f'error: {line}')


@pytest.mark.slow
@pytest.mark.parametrize('split', ['train', 'val'])
def test_a_comparison_names_the_file_of_a_faulty_label(split, compare, tmp_path):
    """MMSeg trains to ``Target 33 is out of bounds``, and counts it into the scores of a test."""
    root = faulty_data.spoil(tmp_path / 'data', 'label out of range', split)
    message = compare(*(f'{name}_dataloader.dataset.data_root={root}'
                        for name in ('train', 'test')))
    assert message.startswith(f'error: {faulty_data.label_path(root, split=split)} ')
    assert 'label 33 (6 pixels' in message


@pytest.mark.slow
def test_a_comparison_ends_with_a_loss_of_nan(compare):
    message = compare('param_scheduler=None', 'optim_wrapper.optimizer.lr=1e30')
    assert message.startswith('error: iteration 2, process 0: loss=nan')
    assert message.splitlines()[-1].endswith('_leftImg8bit.png')
