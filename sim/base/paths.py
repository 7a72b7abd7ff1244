"""Where the package, its configuration and its documentation lie."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["CONFIGS", "DOCS", "PACKAGE", "ROOT", "cache_root"]

PACKAGE = Path(__file__).resolve().parents[1]
"""Folder of the package ``sim``."""
ROOT = PACKAGE.parent
"""Folder that holds the package, ``configs/`` and ``docs/``."""
CONFIGS = ROOT / "configs"
DOCS = ROOT / "docs"


def cache_root() -> Path:
    """Return the folder of what is kept between starts: SIM_CACHE_DIR, NUMBA_CACHE_DIR or ``.numba_cache/``."""
    named = os.environ.get("SIM_CACHE_DIR") or os.environ.get("NUMBA_CACHE_DIR")
    return Path(named).expanduser().absolute() if named else ROOT / ".numba_cache"
