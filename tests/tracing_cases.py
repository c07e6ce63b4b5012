"""Where models can be traced for images of any size."""
from __future__ import annotations

import pytest
from torch.fx.experimental import _config as symbolic

needs_tracing = pytest.mark.skipif(
    not hasattr(symbolic, 'backed_size_oblivious'),
    reason='needs a torch whose traces leave all sizes open')
