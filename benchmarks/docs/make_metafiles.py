"""Write model-index.yml and a metafile for each folder of configs, with what each config costs."""
import argparse
import sys
from pathlib import Path

from rich.progress import track

import mmseg_nrd  # noqa: F401  (mends the host before a config is read)
from benchmarks.docs.metafiles import (
    add_cost,
    config_folders,
    describe,
    format_index,
    format_metafile,
)
from mmseg_nrd.apps.cli.quiet import silence_host_warnings

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    silence_host_warnings()
    try:
        entries = {folder: [describe(path, ROOT) for path in sorted(folder.glob('*.py'))]
                   for folder in config_folders(ROOT)}
        for entry in track([each for group in entries.values() for each in group],
                           description='counting'):
            add_cost(entry, ROOT)
    except (OSError, ValueError) as error:
        sys.exit(f'error: {error}')
    texts = {folder / 'metafile.yml': format_metafile(group) for folder, group in entries.items()}
    for path, text in {**texts, ROOT / 'model-index.yml': format_index(ROOT)}.items():
        if not path.exists() or path.read_text(encoding='utf-8') != text:
            path.write_text(text, encoding='utf-8')
            print(f'written  {path.relative_to(ROOT)}')


if __name__ == '__main__':
    main()
