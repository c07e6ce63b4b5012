"""Run the fast tests, and record what came of them on which versions.

Writes benchmarks/results/versions/NAME.json, from which `make tables` makes the table of
docs/versions.md. The exit status is pytest's. Arguments behind NAME go to pytest. The tests that
read these files and that table are left out.
"""
from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Dict, List, Sequence

from mmseg_nrd.apps.cli.json_files import write_json
from mmseg_nrd.apps.cost.environment import describe_environment

ROOT = Path(__file__).resolve().parents[2]
READERS = ('tests/test_versions.py', 'tests/test_docs.py')


def host_distributions() -> Dict[str, str]:
    """The installed distribution and its version, by import name: ``{'mmcv': 'mmcv-lite 2.1.0'}``.

    With a word on compiled operators for mmcv.
    """
    from mmengine.utils.dl_utils import mmcv_full_available
    # The forks bring the same modules under other names.
    providers = importlib.metadata.packages_distributions()
    installed = {name: f'{providers[name][0]} {importlib.metadata.version(providers[name][0])}'
                 for name in ('mmengine', 'mmseg', 'mmcv')}
    installed['mmcv'] += ', compiled' if mmcv_full_available() else ', no ops'
    return installed


def read_junit(path: Path) -> Dict[str, object]:
    """Counts of a file that ``pytest --junit-xml`` wrote, and the names of what failed.

    Args:
        path (Path): The file.

    Returns:
        dict[str, object]: ``passed``, ``failed``, ``skipped`` (ints), ``seconds`` (float) and
        ``failures`` (list[str]). Errors count as failures.
    """
    suites = list(ElementTree.parse(path).getroot().iter('testsuite'))
    cases = [case for suite in suites for case in suite.iter('testcase')]
    # One that fails, and whose teardown fails too, stands there twice.
    names = {_name(case) for case in cases}
    failures = sorted({_name(case) for case in cases
                       if any(case.find(kind) is not None for kind in ('failure', 'error'))})
    skipped = sum(case.find('skipped') is not None for case in cases)
    return dict(passed=len(names) - len(failures) - skipped, failed=len(failures),
                skipped=skipped, seconds=sum(float(suite.get('time')) for suite in suites),
                failures=failures)


def _name(case: ElementTree.Element) -> str:
    return f'{case.get("classname")}::{case.get("name")}'


def version_lines(folder: Path) -> List[Sequence[str]]:
    """Lines of a table, from what :func:`main` wrote into a folder, under a header."""
    lines = [('environment', 'Python', 'torch', 'mmengine', 'mmsegmentation', 'mmcv', 'numpy',
              'passed', 'failed', 'skipped', 'commit')]
    for path in sorted(folder.glob('*.json')):
        result = json.loads(path.read_text(encoding='utf-8'))
        where = result['environment']
        lines.append((
            f'`{result["name"]}`', where['python'], where['torch'], where['mmengine'],
            where['mmseg'], where['mmcv'], where['numpy'],
            *(str(result[count]) for count in ('passed', 'failed', 'skipped')), where['commit']))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', help='of the environment, as noxfile.py calls it')
    args, rest = parser.parse_known_args()
    # Before the tests, since the commit is that of the files they run on.
    environment = {**describe_environment(), **host_distributions()}
    with tempfile.TemporaryDirectory() as folder:
        junit = Path(folder) / 'junit.xml'
        done = subprocess.run(
            [sys.executable, '-m', 'pytest', '-m', 'not slow', f'--junit-xml={junit}',
             *(f'--deselect={path}' for path in READERS), *rest],
            cwd=ROOT, check=False)
        if not junit.is_file():
            sys.exit(f'error: pytest ended with {done.returncode} before it wrote its counts.')
        result = read_junit(junit)
    out = ROOT / 'benchmarks' / 'results' / 'versions' / f'{args.name}.json'
    write_json(out, dict(name=args.name, environment=environment, **result))
    print(f'written  {out}')
    sys.exit(done.returncode)


if __name__ == '__main__':
    main()
