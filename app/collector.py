"""What Streamlit's garbage collection need not look at.

Streamlit collects after every run of a script or fragment, through the whole heap, and sends nothing to the browser meanwhile: with torch,
plotly and scikit-learn loaded this is 0.2 s of every click. What modules are made of never becomes garbage.
"""

from __future__ import annotations

import gc
import sys

_looked_at = 0


def set_modules_apart() -> None:
    """Take what is alive out of the collector's sight, once whenever modules have been loaded since the last time."""
    global _looked_at
    if len(sys.modules) == _looked_at:
        return
    _looked_at = len(sys.modules)
    gc.collect()  # or garbage of this very moment would stay for good
    gc.freeze()
