"""Keep off the screen what a user of the tools did not ask for."""
from __future__ import annotations

import logging
import warnings

from mmengine.config import Config
from mmengine.runner import Runner

# Each stems from MMSeg or mmengine calling itself in a deprecated way, on every run.
_HOST_WARNINGS = (
    '.*pkg_resources is deprecated',
    '.*``build_loss`` would be deprecated',
    'Default ``avg_non_ignore`` is False',
    'The draw is False',
    # SegTTAModel, of each label map that it merges
    'The shape of value will convert from',
    # a run's training and its test share one
    '.*instance named of .* has been created',
)
# How mmengine's longest messages begin, behind dashes: the environment, the whole config, each
# hook's place, and a line for each parameter.
_DUMPS = ('System environment:', 'Config:', 'Hooks will be executed', 'paramwise_options --',
          'Param groups =')


def silence_host_warnings() -> None:
    """Filter the warnings that the host raises about itself; all others stay."""
    for message in _HOST_WARNINGS:
        warnings.filterwarnings('ignore', message=message)


def shorten_console(cfg: Config, verbose: bool = False) -> None:
    """Keep mmengine's dumps in the log file of each run that follows, and off the screen.

    With ``verbose``, or with ``log_level='DEBUG'`` in the config, all is shown.
    """
    if verbose or cfg.get('log_level') == 'DEBUG':
        return
    build_logger = Runner.build_logger

    def build_short_logger(self, *args, **kwargs):
        logger = build_logger(self, *args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler):
                handler.addFilter(
                    lambda record: not record.getMessage().lstrip('-\n').startswith(_DUMPS))
        return logger

    # mmengine makes the logger and writes to it in one step.
    Runner.build_logger = build_short_logger
