"""Compilation settings: one place where Numba is configured.

Compiled code is cached on disk under a key made of the sources of every module that
compiles something, so that an edit in an imported function can never meet a stale
cache. Vectorised maths libraries and fast maths stay off: results must be the same
bytes with any number of threads.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
from numba import config as numba_config

__all__ = ["njit", "source_key"]

_ROOT = Path(__file__).resolve().parent


def source_key() -> str:
    """Return the hash of every module under ``sim`` that compiles functions."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(_ROOT.rglob("*.py")):
        text = path.read_bytes()
        if b"njit" in text:
            digest.update(path.relative_to(_ROOT).as_posix().encode())
            digest.update(text)
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    base = os.environ.get("SIM_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hunan-urbanization" / "numba" / source_key()


if "NUMBA_CACHE_DIR" not in os.environ:
    numba_config.CACHE_DIR = str(_cache_folder())

njit = numba.njit(cache=True, nogil=True, error_model="numpy")
"""Compile a rule or a loop; loops release the interpreter so that threads can share rows."""
