"""Keep warnings that a user of the tools can do nothing about off the screen."""
from __future__ import annotations

import warnings

# Each stems from MMSeg or mmengine calling itself in a deprecated way, on every run.
_HOST_WARNINGS = (
    '.*pkg_resources is deprecated',
    '.*``build_loss`` would be deprecated',
    'Default ``avg_non_ignore`` is False',
    'The draw is False',
    # SegTTAModel, of each label map that it merges
    'The shape of value will convert from',
    '.*instance named of visualizer has been created',
)


def silence_host_warnings() -> None:
    """Filter the warnings that the host raises about itself; all others stay."""
    for message in _HOST_WARNINGS:
        warnings.filterwarnings('ignore', message=message)
