"""Compilation settings: one place where Numba is configured.

Compiled code is cached on disk under a key made of the sources of every module that
compiles something and of the modules whose names these import, so that an edit of an
imported function or constant can never meet a stale cache. Vectorised maths libraries and
fast maths stay off: results must be the same bytes with any number of threads.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
from numba import config as numba_config

__all__ = ["inlined", "njit", "rule", "source_key"]

_ROOT = Path(__file__).resolve().parent
_IMPORT = re.compile(r"^from sim((?:\.\w+)*) import (\w+)", re.MULTILINE)


def source_key(root: Path = _ROOT) -> str:
    """Return the hash of every module that compiles functions and of the modules it imports names from.

    Args:
        root: folder of the package ``sim``.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    hashed = {path for path, text in texts.items() if "sim._compile" in text}
    for path in tuple(hashed):
        for module, name in _IMPORT.findall(texts[path]):
            folder = root.joinpath(*module.split(".")[1:])
            hashed |= {folder.with_suffix(".py"), folder / f"{name}.py"} & texts.keys()
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(hashed):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(texts[path].encode())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    base = Path(os.environ.get("SIM_CACHE_DIR") or _ROOT.parent / ".numba_cache")
    return base / source_key()


if "NUMBA_CACHE_DIR" not in os.environ:
    numba_config.CACHE_DIR = str(_cache_folder())

rule = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""Compile a rule or loop that creates no array.

Reference counting is off: the world tables are tuples of some sixty arrays, and counting
their references at every call costs ten times the rules themselves.
"""

inlined = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)
"""Compile a rule into the loop that calls it, which saves handing over the world tables."""

njit = numba.njit(cache=True, nogil=True, error_model="numpy")
"""Compile a function that creates arrays."""
