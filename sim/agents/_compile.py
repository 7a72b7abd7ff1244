"""Compilation settings: one place where Numba is configured.

Compiled code is cached on disk under a key made of the sources of every module that
compiles something and of the modules whose names these import, so that an edit of an
imported function or constant can never meet a stale cache. Vectorised maths libraries and
fast maths stay off: results must be the same bytes with any number of threads.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("NUMBA_DISABLE_INTEL_SVML", "1")

import numba
from numba import config as numba_config
from numba.core.caching import IndexDataCacheFile

from sim.base.paths import PACKAGE, ROOT

__all__ = ["CACHE_FOLDER", "inlined", "njit", "rule", "source_key"]

_COMPILES = re.compile(r"^from sim\.agents\._compile import .*\b(?:inlined|njit|rule)\b", re.MULTILINE)


def source_key(root: Path = PACKAGE) -> str:
    """Return the hash of every module that compiles functions and of the modules it imports names from.

    Args:
        root: folder of the package ``sim``.
    """
    texts = {path: path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    hashed = {path for path, text in texts.items() if _COMPILES.search(text)} | {root / "agents" / "_compile.py"}
    for path in tuple(hashed):
        for node in ast.walk(ast.parse(texts[path])):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "sim":
                folder = root.joinpath(*str(node.module).split(".")[1:])
                found = {folder.with_suffix(".py"), *(folder / f"{alias.name}.py" for alias in node.names)}
                hashed |= found & texts.keys()
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(hashed):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(texts[path].encode())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    own = Path(os.environ.get("SIM_CACHE_DIR") or ROOT / ".numba_cache") / source_key()
    return Path(os.environ.get("NUMBA_CACHE_DIR") or own)


CACHE_FOLDER = _cache_folder()
"""Folder of the compiled code of these sources."""


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Let one process at a time through (systems without ``fcntl``: all of them)."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (Path(folder) / "lock").open("w") as file:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        yield


def _save_alone(self: IndexDataCacheFile, key: Any, data: Any) -> None:
    """Save compiled code: Numba reads and writes the index of a function in two steps.

    Two processes that save the same function for different types at the same time would else
    give both the same file, and load the code of one for the other.
    """
    with _alone(self._cache_path):
        _save(self, key, data)


_save = IndexDataCacheFile.save
IndexDataCacheFile.save = _save_alone


def _decorator(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function when it is called and keeps the code in ``CACHE_FOLDER``."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy", **options)

    def decorate(function: Callable[..., Any]) -> Any:
        numba_config.CACHE_DIR = str(CACHE_FOLDER)  # Numba forgets it when a variable of its environment changes
        return compiled(function)

    return decorate


rule = _decorator(_nrt=False)
"""Compile a rule or loop that creates no array.

Reference counting is off: the world tables are tuples of some sixty arrays, and counting
their references at every call costs ten times the rules themselves.
"""

inlined = _decorator(_nrt=False, forceinline=True)
"""Compile a rule into the loop that calls it, which saves handing over the world tables."""

njit = _decorator()
"""Compile a function that creates arrays."""
