"""Accuracy as a config's authors published it: read, never measured here."""
from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

from mmengine.fileio import load

_NAMES = ('metafile.yml', 'metafile.yaml')
# As upstream's metafiles call it, and as ours do.
_METRICS = ('mIoU', 'mIoU in the paper')


def published_score(config: Path) -> Optional[Dict[str, object]]:
    """``dataset`` and single-scale ``miou``, in per cent, that the metafile beside a config states.

    Metafiles are what MIM reads: one in each folder of configs, upstream's and ours. None where no
    metafile is there, or it states no mIoU of this config.
    """
    metafile = next((path for path in map(config.parent.joinpath, _NAMES) if path.is_file()), None)
    models = load(metafile)['Models'] if metafile else []
    model = next((each for each in models if Path(each['Config']).name == config.name), {})
    results = model.get('Results') or []
    # One result may stand without a list around it.
    for result in [results] if isinstance(results, dict) else results:
        for metric in _METRICS:
            if metric in result.get('Metrics', {}):
                return dict(dataset=result['Dataset'], miou=float(result['Metrics'][metric]))
    return None
