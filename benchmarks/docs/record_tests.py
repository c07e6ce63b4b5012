"""Run the fast tests, and record what came of them on which versions.

Writes benchmarks/results/versions/NAME.json, from which `make tables` makes the table of
docs/versions.md. The exit status is pytest's. Arguments behind NAME go to pytest. The tests that
read these files and that table are left out.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import mmseg_nrd  # noqa: F401  (mends the host)
from benchmarks.docs.versions import host_distributions, read_junit
from mmseg_nrd.apps.cost.environment import describe_environment

ROOT = Path(__file__).resolve().parents[2]
READERS = ('tests/test_versions.py', 'tests/test_docs.py')


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
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(dict(name=args.name, environment=environment, **result), indent=1)
                   + '\n')
    print(f'written  {out}')
    sys.exit(done.returncode)


if __name__ == '__main__':
    main()
