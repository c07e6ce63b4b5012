"""Records as JSON files."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

from mmseg_nrd.compat import whole_file


def write_json(path: Path, content: object) -> None:
    """As JSON, wholly or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')


def read_json(path: Path) -> Optional[dict]:
    """Its content; None where there is no such file."""
    return json.loads(path.read_text(encoding='utf-8')) if path.is_file() else None
