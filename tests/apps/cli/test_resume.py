"""``--resume`` takes the newest whole checkpoint, and says so if that is not the newest."""
from __future__ import annotations

import os

import pytest
import torch
from hostile_cases import bomb
from mmengine.config import Config

from mmseg_nrd.apps.cli.resume import prepare_resume, read_training_state
from mmseg_nrd.compat import CheckpointError


def write(folder, *numbers, last=None, seed=7):
    """Checkpoints by these numbers, and the note of the last one."""
    for number in numbers:
        torch.save(dict(meta=dict(epoch=0, iter=number, seed=seed), message_hub={}, state_dict={
            'weight': torch.full((300,), float(number))}), folder / f'iter_{number}.pth')
    if last is not None:
        (folder / 'last_checkpoint').write_text(str(folder / f'iter_{last}.pth'))


def tear(path):
    path.write_bytes(path.read_bytes()[:-100])


def resume(folder, **settings):
    """What mmengine would resume from, what is said, and the seed."""
    cfg = Config(dict(work_dir=str(folder), **settings))
    notes = prepare_resume(cfg)
    note = folder / 'last_checkpoint'
    last = os.path.basename(note.read_text()) if note.is_file() else None
    return last, notes, cfg.get('randomness', {}).get('seed')


def test_the_newest_one_is_taken_in_silence(tmp_path):
    write(tmp_path, 2, 4, last=4)
    before = (tmp_path / 'last_checkpoint').stat().st_mtime_ns
    assert resume(tmp_path) == ('iter_4.pth', [], 7)
    assert (tmp_path / 'last_checkpoint').stat().st_mtime_ns == before


@pytest.mark.parametrize('torn', [(10,), (4, 10), (2, 10)])
def test_a_torn_one_is_passed_over(torn, tmp_path):
    write(tmp_path, 2, 4, 10, last=10)
    for number in torn:
        tear(tmp_path / f'iter_{number}.pth')
    left = max({2, 4} - set(torn))
    last, notes, _ = resume(tmp_path)
    assert last == f'iter_{left}.pth'
    assert 'iter_10.pth: cannot be read as a checkpoint' in notes[0]
    assert notes[-1] == f"resuming from {tmp_path / f'iter_{left}.pth'}"
    assert len(notes) == 3 if 4 in torn else 2


def test_wrong_bytes_are_found_though_none_is_missing(tmp_path):
    write(tmp_path, 2, 4, last=4)
    path = tmp_path / 'iter_4.pth'
    content = bytearray(path.read_bytes())
    content[content.index(torch.tensor(4.).numpy().tobytes() * 9) + 9] ^= 1
    path.write_bytes(content)
    torch.load(path)  # torch does not mind
    last, notes, _ = resume(tmp_path)
    assert last == 'iter_2.pth' and 'wrong checksum of iter_4/data/0' in notes[0]


@pytest.mark.parametrize('change', [lambda byte: byte ^ 0xff, lambda byte: byte ^ 0x10],
                         ids=['all bits', 'the bit of a folder'])
def test_a_wrong_byte_anywhere_is_found_or_does_no_harm(change, tmp_path):
    path = tmp_path / 'x.pth'
    state = dict(meta=dict(epoch=0, iter=4), message_hub={}, state_dict={
        'weight': torch.full((30,), 4.)})
    torch.save(state, path)
    good, refused = path.read_bytes(), 0
    for place in range(len(good)):
        content = bytearray(good)
        content[place] = change(content[place])
        path.write_bytes(content)
        try:
            loaded = read_training_state(str(path))
        except CheckpointError as error:
            assert str(error).startswith(f'{path}: ') and 'Fix: ' in str(error)
            refused += 1
        else:
            assert torch.equal(loaded['state_dict'].pop('weight'), state['state_dict']['weight'])
            assert loaded == {**state, 'state_dict': {}}
    # The others are padding, or times and versions that nobody reads.
    assert refused > len(good) / 3


@pytest.mark.parametrize('spoil', [
    lambda state: state['meta'].update(epoch='two'), lambda state: state.update(message_hub=None),
    lambda state: state.update(state_dict=[1])])
def test_another_training_state_is_passed_over(spoil, tmp_path):
    write(tmp_path, 2, 4, last=4)
    state = torch.load(tmp_path / 'iter_4.pth')
    spoil(state)
    torch.save(state, tmp_path / 'iter_4.pth')
    last, notes, _ = resume(tmp_path)
    assert last == 'iter_2.pth' and notes[0].startswith(f"{tmp_path / 'iter_4.pth'}: ")
    assert 'must' in notes[0]


@pytest.mark.parametrize('kind, fault', [
    ('folder', 'is a folder'), ('hostile', 'asks for more than')])
def test_what_is_no_checkpoint_is_passed_over_and_not_run(kind, fault, tmp_path):
    write(tmp_path, 2, last=4)
    if kind == 'folder':
        (tmp_path / 'iter_4.pth').mkdir()
    else:
        torch.save(bomb('in the message hub', tmp_path / 'marker'), tmp_path / 'iter_4.pth')
    last, notes, _ = resume(tmp_path)
    assert last == 'iter_2.pth' and fault in notes[0] and not (tmp_path / 'marker').exists()


def test_one_saved_after_the_note_was_written_is_the_newest(tmp_path):
    write(tmp_path, 2, last=2)
    write(tmp_path, 4)
    os.utime(tmp_path / 'iter_4.pth', (2e9, 2e9))
    assert resume(tmp_path)[0] == 'iter_4.pth'


def test_an_earlier_run_in_the_same_folder_is_not_taken_up(tmp_path):
    write(tmp_path, 300, last=300)
    write(tmp_path, 2, last=2)
    for name, when in {'iter_300.pth': 1e9, 'iter_2.pth': 1.1e9, 'last_checkpoint': 1.2e9}.items():
        os.utime(tmp_path / name, (when, when))
    assert resume(tmp_path)[0] == 'iter_2.pth'


@pytest.mark.parametrize('note', ['', 'elsewhere/iter_4.pth', None])
def test_a_note_that_leads_nowhere(note, tmp_path):
    write(tmp_path, 2, 4, 10)
    (tmp_path / 'best_mIoU_iter_12.pth').write_bytes(b'')
    if note is not None:
        (tmp_path / 'last_checkpoint').write_text(note)
        os.utime(tmp_path / 'last_checkpoint', (2e9, 2e9))
    expected = 'iter_4.pth' if note else 'iter_10.pth'
    assert resume(tmp_path)[:2] == (expected, [])


@pytest.mark.parametrize('content', [b'\xf6\xff' * 30, b'\0' * 60, b'x' * 5000, b'step-9.pth'])
def test_a_note_that_is_spoilt(content, tmp_path):
    write(tmp_path, 2, 4, 10)
    (tmp_path / 'last_checkpoint').write_bytes(content)
    last, notes, _ = resume(tmp_path)
    assert last == 'iter_10.pth'
    assert notes[0].startswith(f"{tmp_path / 'last_checkpoint'}: names no checkpoint (")
    assert notes[1:] == [f"resuming from {tmp_path / 'iter_10.pth'}"]
    assert resume(tmp_path)[:2] == ('iter_10.pth', [])  # the note is corrected


def test_checkpoints_elsewhere_and_of_other_names(tmp_path):
    out, work = tmp_path / 'out', tmp_path / 'work'
    out.mkdir(), work.mkdir()
    write(out, 2)
    os.rename(out / 'iter_2.pth', out / 'step-2.pth')
    (work / 'last_checkpoint').write_text(str(out / 'step-2.pth'))
    assert resume(work)[:2] == ('step-2.pth', [])


@pytest.mark.parametrize('there', [False, True])
def test_an_empty_folder_is_a_beginning(there, tmp_path):
    work = tmp_path / 'work'
    if there:
        work.mkdir()
    assert resume(work) == (None, [], None)


@pytest.mark.parametrize('numbers', [(), (2, 4)])
def test_nothing_whole_is_no_beginning(numbers, tmp_path):
    write(tmp_path, *numbers, last=4)
    for number in numbers:
        tear(tmp_path / f'iter_{number}.pth')
    with pytest.raises(CheckpointError, match='no whole checkpoint to resume from'):
        resume(tmp_path)


def test_a_seed_of_the_config_stays(tmp_path):
    write(tmp_path, 2, last=2)
    assert resume(tmp_path, randomness=dict(seed=1))[2] == 1
    assert resume(tmp_path, randomness=dict(seed=None, deterministic=True))[2] == 7


def test_a_checkpoint_that_the_config_names_comes_first(tmp_path):
    write(tmp_path, 2, 4, last=4, seed=1)
    (tmp_path / 'other').mkdir()
    write(tmp_path / 'other', 6)
    given = str(tmp_path / 'other' / 'iter_6.pth')
    assert resume(tmp_path, load_from=given) == ('iter_4.pth', [], 7)
    assert resume(tmp_path, load_from=f'file://{given}') == ('iter_4.pth', [], 7)
    tear(tmp_path / 'other' / 'iter_6.pth')
    with pytest.raises(CheckpointError, match='no whole checkpoint.*load_from=None looks in '):
        resume(tmp_path, load_from=given)


def test_weights_alone_cannot_be_resumed_from(tmp_path):
    torch.save({'weight': torch.zeros(1)}, tmp_path / 'x.pth')
    with pytest.raises(CheckpointError, match='holds no training state.*load_from='):
        resume(tmp_path, load_from=str(tmp_path / 'x.pth'))


RANKS = dict(pytorch='RANK', slurm='SLURM_PROCID', mpi='OMPI_COMM_WORLD_RANK')


@pytest.mark.parametrize('launcher', RANKS)
def test_one_of_several_processes_renews_the_note(launcher, tmp_path, monkeypatch):
    write(tmp_path, 2, 4, last=4)
    tear(tmp_path / 'iter_4.pth')
    for rank in RANKS.values():  # Others count processes of their own: srun, of nodes.
        monkeypatch.setenv(rank, '1')
    assert resume(tmp_path, launcher=launcher)[0] == 'iter_4.pth'
    monkeypatch.setenv(RANKS[launcher], '0')
    assert resume(tmp_path, launcher=launcher)[0] == 'iter_2.pth'


def test_without_a_launcher_each_process_is_a_run(tmp_path, monkeypatch):
    write(tmp_path, 2)
    monkeypatch.setenv('SLURM_PROCID', '1')
    assert resume(tmp_path)[0] == 'iter_2.pth'
