"""Compilation settings: one place where Numba is configured.

Compiled code is cached on disk in a folder per module, under a key made of the sources of that
module, of those that it imports from, directly or through others, and of what else compiled code
depends on, so that an edit of a rule, function or constant can never meet a stale cache, whatever
folder is named, and compiles again what depends on it alone. Every file of the cache is verified before it is
loaded. Vectorised maths libraries and fast maths stay off: results must be the same bytes with
any number of threads.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"

import llvmlite
import numba
import numpy
from numba import config as numba_config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserProvidedCacheLocator

from sim.base.paths import PACKAGE, cache_root
from sim.base.sealed import DamagedError, seal, unseal
from sim.base.sources import content_of, modules_in

__all__ = ["CACHE_FOLDER", "SOURCE_KEY", "inlined", "njit", "rule", "source_key", "source_keys"]

SETTINGS = (
    "BOUNDSCHECK",
    "CPU_FEATURES",
    "CPU_NAME",
    "DEBUGINFO_DEFAULT",
    "ENABLE_AVX",
    "LLVM_REFPRUNE_FLAGS",
    "LLVM_REFPRUNE_PASS",
    "LOOP_VECTORIZE",
    "OPT",
    "SLP_VECTORIZE",
)
"""Settings of Numba that change what it compiles, from its environment variables or its file."""

_WORD = re.compile(rb"\w+")
_IMPORT = re.compile(rb"^ *(?:from|import) (sim[\w.]*)(?: import (\([^)]*\)|[^\n]*))?", re.MULTILINE)
_COMPILES = re.compile(rb"^from sim\.agents\._compile import (?:\([^)]*|[^\n]*)\b(?:inlined|njit|rule)\b", re.MULTILINE)


class _Source(NamedTuple):
    """A module that compiles functions: its key, and what the files that make it were like before they were read."""

    key: str
    files: Mapping[Path, tuple[int, ...]]


def source_keys(root: Path = PACKAGE) -> dict[Path, str]:
    """Return by module that compiles functions the hash of it and of all modules that it imports names from.

    Args:
        root: folder of the package ``sim``.
    """
    return {path: source.key for path, source in _sources(root).items()}


def _sources(root: Path) -> dict[Path, _Source]:
    """Return every module that compiles functions."""
    stamps = {path: _stamp(path) for path in modules_in(root)}
    contents = {path: content_of(path) for path in stamps}
    imports = cache(lambda path: contents.keys() & _imports(root, contents[path]))
    settings = [str(getattr(numba_config, name, None)) for name in SETTINGS]
    versions = [numba.__version__, llvmlite.__version__, numpy.__version__, platform.python_version()]
    common = hashlib.sha256("\n".join([*versions, *settings]).encode())
    found = {}
    for module in (path for path, content in contents.items() if _COMPILES.search(content)):
        digest, files = common.copy(), sorted(_reached(module, imports))
        for path in files:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(contents[path] + b"\0")
        found[module] = _Source(digest.hexdigest()[:16], {path: stamps[path] for path in files})
    return found


def _stamp(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written, whatever an editor sets its time to."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size


def source_key(root: Path = PACKAGE) -> str:
    """Return the hash of every module that compiles functions and of all that these import names from.

    Args:
        root: folder of the package ``sim``.
    """
    return _joint(root, source_keys(root))


def _joint(root: Path, keys: Mapping[Path, str]) -> str:
    names = [f"{path.relative_to(root).as_posix()} {keys[path]}" for path in sorted(keys)]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def _reached(module: Path, imports: Callable[[Path], AbstractSet[Path]]) -> set[Path]:
    """Return a module and all that it imports from, directly or through others."""
    found, waiting = {module}, [module]
    while waiting:
        new = imports(waiting.pop()) - found
        found |= new
        waiting += new
    return found


def _imports(root: Path, content: bytes) -> set[Path]:
    """Return the files that a module may import names from, and others that do not exist."""
    found = set()
    for module, names in _IMPORT.findall(content):
        for part in (b"", *_WORD.findall(names)):
            path = root.joinpath(*f"{module.decode()}.{part.decode()}".split(".")[1:])
            found |= {path.with_suffix(".py"), path / "__init__.py"}
    return found


CACHE_FOLDER = cache_root() / "rules"
"""Folder of compiled code, with a folder per module and key."""
_SOURCES = _sources(PACKAGE)
SOURCE_KEY = _joint(PACKAGE, {path: source.key for path, source in _SOURCES.items()})
"""As ``source_key`` returns it for the sources that this process began with."""


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


class SealedCacheFile(IndexDataCacheFile):
    """Numba's index and code of one function; each file is verified before it is unpickled, or taken as missing."""

    def save(self, key: Any, data: Any) -> None:
        """Save compiled code: Numba reads and writes the index of a function in two steps.

        Two processes that save the same function for different types at the same time would else
        give both the same file, and load the code of one for the other.
        """
        with _alone(self._cache_path):
            super().save(key, (key, data))

    def load(self, key: Any) -> Any:
        """Return compiled code, None if there is none for these types or its file is damaged."""
        try:
            of, data = super().load(key) or (None, None)
        except DamagedError:
            return None
        return data if of == key else None

    def _load_index(self) -> Any:
        try:
            stamp, files = self._load_data(self._index_name)
        except (FileNotFoundError, DamagedError):
            return {}
        return files if stamp == self._source_stamp else {}

    def _save_index(self, overloads: Any) -> None:
        self._save_data(self._index_name, (self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        return pickle.loads(unseal(Path(self._data_path(name)).read_bytes(), name))  # noqa: S301 - written by us

    def _save_data(self, name: str, data: Any) -> None:
        with self._open_for_write(self._data_path(name)) as file:
            file.write(seal(self._dump(data), name))


class _CacheImpl(CompileResultCacheImpl):
    """Numba's, in one folder: where that cannot be written there is no other that would do."""

    _locator_classes = (UserProvidedCacheLocator,)


class _RuleCache(FunctionCache):
    """Numba's, with verified files; a folder that cannot be read or written costs the time to compile, no more."""

    _impl_class = _CacheImpl

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = SealedCacheFile(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for these types, None if there is nothing."""
        try:
            return super().load_overload(sig, target_context)
        except OSError as error:
            _warn(error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for these types."""
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _warn(error)


_told: list[object] = []


ROOM = "make room, make the folder writable, or name another one with SIM_CACHE_DIR"


def _warn(reason: object, following: str = ROOM) -> None:
    """Say once that compiled rules cannot be kept, and what helps."""
    if not _told:
        _told.append(reason)
        sys.stderr.write(
            f"{CACHE_FOLDER}: compiled rules cannot be kept there ({reason}); they are compiled anew.\n"
            f"  Next: {following}.\n"
        )


@cache
def _folder(module: Path) -> Path | None:
    """Return where code of a module is kept; None outside the package, or if a source was edited since it was read.

    When its functions are decorated, all that the module imports from is in memory.
    """
    source = _SOURCES.get(module)
    if source is None:
        if module.is_relative_to(PACKAGE):
            _warn(f"{module.name} is not seen to import its decorator", "import it at the beginning of a line")
        return None
    if any(not path.exists() or _stamp(path) != stamp for path, stamp in source.files.items()):
        _warn(f"{module.name} or what it imports from was edited while this process started", "start it again")
        return None
    return CACHE_FOLDER / f"{module.stem}-{source.key}"


def _decorator(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator that compiles a function when it is called and keeps the code below ``CACHE_FOLDER``.

    Functions outside the package are no part of a key, so their code is not kept.
    """
    compiled = numba.njit(nogil=True, error_model="numpy", **options)

    def decorate(function: Callable[..., Any]) -> Any:
        made = compiled(function)
        folder = None if numba_config.DISABLE_JIT else _folder(Path(function.__code__.co_filename).resolve())
        if folder is None:
            return made
        # Numba forgets both settings when a variable of its environment changes.
        numba_config.CACHE_DIR = str(folder)
        numba_config.CACHE_LOCATOR_CLASSES = ""
        try:
            made._cache = _RuleCache(function)
        except RuntimeError:
            _warn("not writable")
        return made

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
