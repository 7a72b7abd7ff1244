"""Files that appear whole or not at all, and folders that one process at a time may write."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from sim.base.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "NOT_WRITABLE",
    "TEMPORARY",
    "cannot_write",
    "check_writable",
    "is_locked",
    "literal",
    "locked",
    "remove_temporaries",
    "replacing",
    "write_table",
]

LOCK = ".lock"
TEMPORARY = ".tmp-"


NOT_WRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO)
"""Errors of a disk that takes no more, by its own size or by permission."""


def cannot_write(folder: Path | str, error: BaseException) -> StudyError:
    """Return the one message about a folder that takes no more: the reason and the next step."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error).splitlines()[0]
    return StudyError(
        f"{folder}: can no longer be written ({reason}).\n"
        "  Next: make room or the folder writable, then start the same command again"
        " (a study goes on with resume=true); finished runs are kept."
    )


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that takes its place when the block ends well.

    Raises:
        StudyError: the folder cannot be written; nothing has changed in it.

    Example:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "a.txt"
        >>> with replacing(target) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    temporary = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_temporaries(folder: Path, within: bool = True) -> None:
    """Remove what interrupted writers left in ``folder``, and in the folders ``within``."""
    pattern = f"{TEMPORARY}*"
    for path in list(folder.rglob(pattern) if within else folder.glob(pattern)):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def check_writable(folder: Path, key: str = "results") -> None:
    """Refuse a folder, asked for by a key, in which nothing can be created; leave no trace of the attempt.

    Raises:
        StudyError: one message with the folder, the reason and the next step.
    """
    missing = [p for p in (folder, *folder.parents) if not os.path.lexists(p)]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StudyError(
            f"{key} = {folder}: cannot be written ({error.strerror}); nothing was simulated.\n"
            f"  Next: make the folder writable, or name another one with {key}=FOLDER."
        ) from None
    finally:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing the same study; the lock ends with the process.

    Raises:
        StudyError: another process is writing there.
    """
    path = folder / LOCK
    with path.open("a") as file:
        if not _lock(file.fileno()) or not _still_there(path, file.fileno()):
            raise StudyError(
                f"{folder}: another process is writing this study.\n"
                "  Next: wait until it ends, or choose another name with study=NAME."
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_locked(folder: Path) -> bool:
    """Tell whether a process is writing the study in a folder."""
    try:
        with (folder / LOCK).open("rb") as file:
            return not _lock(file.fileno())
    except OSError:
        return False


def _still_there(path: Path, descriptor: int) -> bool:
    """Tell whether an open lock file was not removed by its last owner meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> bool:
    """Take an exclusive lock without waiting; systems without ``fcntl`` do not lock."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def literal(paths: Iterable[Path]) -> list[str]:
    """Return sorted paths as DuckDB reads them, which would take brackets, stars and question marks for patterns.

    Example:
        >>> literal([Path("a[1]/part-0.parquet")])
        ['a[[]1]/part-0.parquet']
    """
    return sorted(glob.escape(str(path)) for path in paths)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table whole, numbers to six digits."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
