from __future__ import annotations

from mmseg_nrd.apps.cost.environment import describe_environment, environment_note


def test_a_machine_without_git_has_no_commit(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    environment = describe_environment(rounds=3)
    assert environment['commit'] is None and environment['rounds'] == 3
    assert environment_note(environment).startswith('measured with commit None, python 3')
