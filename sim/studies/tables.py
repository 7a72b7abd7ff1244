"""The reduced tables of a study: sealed when they are written, compared with their digests when they are read."""

from __future__ import annotations

import hashlib
from io import BytesIO
from pathlib import Path

import pandas as pd

from sim.base.errors import StudyError
from sim.studies.files import replacing

__all__ = ["SUMS", "TABLES", "DamagedTableError", "is_kept", "seal", "sealed_table", "unseal"]

SUMS = "SHA256SUMS"
"""Digests of the tables, in the form that ``sha256sum -c`` reads; written last."""
TABLES = (
    "summary.csv",
    "effects.csv",
    "target.csv",
    "census.csv",
    "uncertainty.csv",
    "precision.csv",
    "value_for_money.csv",
    "accounts.csv",
    "flows.csv",
    "pyramid.csv",
    "costs.csv",
    "start.csv",
    "fit.csv",
    "coverage.csv",
    "parameters.parquet",
    "levers.parquet",
)
CODES = {"place": str, "origin": str, "destination": str, "category": str}


def unseal(study_dir: Path) -> None:
    """Take the digests away before tables are written again."""
    (study_dir / SUMS).unlink(missing_ok=True)


def seal(study_dir: Path) -> None:
    """Write the digest of every table that is there."""
    names = [name for name in TABLES if (study_dir / name).is_file()]
    lines = [f"{hashlib.sha256((study_dir / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    with replacing(study_dir / SUMS) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")


class DamagedTableError(StudyError):
    """A table that is missing or not as it was written."""


def is_kept(study_dir: Path, name: str) -> bool:
    """Tell whether a table is there, or was when the tables were sealed."""
    return (study_dir / name).is_file() or name in _digests(study_dir)


def sealed_table(study_dir: Path, name: str) -> pd.DataFrame:
    """Return a reduced table as it was written.

    Args:
        study_dir: folder of the study.
        name: one of ``TABLES``.

    Raises:
        DamagedTableError: there is none, or it is not as it was written.
    """
    path = study_dir / name
    if not (study_dir / SUMS).is_file():
        raise DamagedTableError(f"{path}: the study has no tables yet, or they are not whole.\n{_next(study_dir)}")
    content = path.read_bytes() if path.is_file() else b""
    if _digests(study_dir).get(name) != hashlib.sha256(content).hexdigest():
        raise DamagedTableError(f"{path}: missing or not as it was written.\n{_next(study_dir)}")
    if path.suffix == ".parquet":
        return pd.read_parquet(BytesIO(content))
    return pd.read_csv(BytesIO(content), dtype=CODES)


def _digests(study_dir: Path) -> dict[str, str]:
    """Return the digests that were written, by table; none where they cannot be read."""
    path = study_dir / SUMS
    lines = path.read_text("utf-8", "replace").splitlines() if path.is_file() else []
    return dict(line.split("  ", 1)[::-1] for line in lines if "  " in line)


def _next(study_dir: Path) -> str:
    name = study_dir.name
    return f"  Next: python -m experiments.study resume study={name} writes every table again; no run is repeated."
