"""What a program leaves in its folder, without the times and the peaks of memory that it tells."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from sim.studies import manifest
from sim.studies.ensemble import JOB, read_rows

COSTS = ["seconds", "peak_mb"]
COST_TABLES = ("cost.csv", "paths.csv")
"""Tables with columns of costs."""
TIMES = ("created", "updated", "digest")
"""Keys of ``env.json`` that differ between two studies of the same."""
SAID = re.compile(
    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00|(?<=digest of the lines above: )\w+"
    rb"|[\d.,]+(?= s a run of all scenarios)|[\d.]+(?= GiB\.)"
)
"""When a study was made, the digest of its keys, of which its folder is one, and what a run of a sample costs."""

Trace = bytes | str


def traces(folder: Path) -> dict[str, Trace]:
    """Return what a program left, by name: files as they are, costs left out.

    The runs of an ensemble are written by eights of what is left to do, so that their files depend on
    the blows; they are compared as rows. A study may be in any folder.
    """
    found = {
        str(path.relative_to(folder)): _trace(path, folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (path.parent / "basis.txt").is_file()
    }
    for path in sorted(folder.rglob("basis.txt")):
        rows = read_rows(path.parent, path.read_text().strip())
        rows = rows.sort_values(JOB).drop(columns=COSTS, errors="ignore")
        found[str(path.parent.relative_to(folder))] = rows[sorted(rows)].to_csv(index=False)
    return found


def _trace(path: Path, folder: Path) -> Trace:
    """Return the content of a file without costs."""
    if path.name == manifest.FILE:
        return pq.read_table(path).drop_columns(COSTS).to_pandas().to_csv(index=False)
    if path.name in COST_TABLES:
        return pd.read_csv(path).drop(columns=COSTS).to_csv(index=False)
    if path.name == "env.json":
        content = json.loads(path.read_bytes())
        return json.dumps({key: value for key, value in content.items() if key not in TIMES})
    if path.parent.name == "draws":
        record = json.loads(path.read_bytes())
        runs = [run["run_id"] for run in record["runs"]]
        return json.dumps({**record, "runs": runs, "digest": ""})
    return SAID.sub(b"SAID", path.read_bytes().replace(str(folder).encode(), b"FOLDER"))


def differences(found: Mapping[str, Trace], expected: Mapping[str, Trace]) -> list[str]:
    """Return the files that are missing, too many or not the same."""
    return [name for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name)]
