"""Loads Matplotlib whatever the environment says; import this module before anything of Matplotlib.

An inherited ``MPLBACKEND`` that it does not know would end the import (a notebook's, in a kernel of another
installation), and without a home folder it warns on every start. Figures here need neither. What the user's own
figures in the same process would get stays as it was.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys

__all__: list[str] = []


def _load() -> None:
    log, backend = logging.getLogger("matplotlib"), os.environ.pop("MPLBACKEND", None)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        import matplotlib.font_manager
    finally:
        log.setLevel(level)
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
    if backend:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = backend


if "matplotlib" not in sys.modules:
    _load()
