"""Files of the project and their content: without what editors leave, and the same with any line ends."""

from __future__ import annotations

from pathlib import Path

__all__ = ["content_of", "files_in", "modules_in"]


def files_in(folder: Path, pattern: str) -> list[Path]:
    """Return the files and folders that match a pattern, sorted, without hidden ones and those in hidden folders.

    Editors, file managers and notebooks keep copies under names that begin with a dot or end with ``~``.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("plan.yaml", "._plan.yaml", ".#plan.yaml"):
        ...     (folder / name).touch()
        >>> [path.name for path in files_in(folder, "*.yaml")]
        ['plan.yaml']
    """
    return sorted(
        path
        for path in folder.glob(pattern)
        if not any(part.startswith(".") or part.endswith("~") for part in path.relative_to(folder).parts)
    )


def modules_in(folder: Path) -> list[Path]:
    """Return the Python files in and below a folder that can be imported: a copy such as ``moves (1).py`` cannot."""
    return [
        path
        for path in files_in(folder, "**/*.py")
        if all(part.isidentifier() for part in path.relative_to(folder).with_suffix("").parts)
    ]


def content_of(path: Path) -> bytes:
    """Return the content of a text file with line feeds alone, whatever line ends the checkout has."""
    return path.read_bytes().replace(b"\r\n", b"\n")
