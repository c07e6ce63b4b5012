"""Write the tables of README.md and docs/*.md from benchmarks/results and the configs."""
import argparse
import sys
from pathlib import Path

import mmseg_nrd  # noqa: F401  (prepares the host)
from benchmarks.docs.tables import fill
from mmseg_nrd.apps.cli.quiet import silence_host_warnings

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    silence_host_warnings()
    for page in (ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md'))):
        try:
            text = page.read_text(encoding='utf-8')
            filled = fill(text, ROOT)
        except (OSError, ValueError) as error:
            sys.exit(f'error: {page}: {error}')
        if filled != text:
            page.write_text(filled, encoding='utf-8')
            print(f'written  {page.relative_to(ROOT)}')


if __name__ == '__main__':
    main()
