"""Two studies side by side: what made them differ, and by how much their summaries do."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

from sim.base.errors import StudyError
from sim.studies.files import literal, replacing
from sim.studies.folder import STAMPS, stored_config, stored_rows
from sim.studies.inputs import open_inputs
from sim.studies.manifest import Row
from sim.studies.reduced import read_table
from sim.studies.store import check_parts

__all__ = ["Comparison", "compare_studies"]

KEYS = ["scenario", "year", "place", "indicator"]
FOLDER = "comparisons"
SILENT = (
    "study",
    "results",
    "resume",
    "language",
    "workers",
    "threads",
    "executor",
    "on_error",
    "keep_states",
    "until_half_width",
)
"""Keys of the configuration that leave results alone."""

_PAIRED = """
    WITH a AS (
        SELECT m.scenario, m.draw, m.replicate, r.year, r.step, r.place, r.indicator, r.value
        FROM read_parquet($runs_a) r JOIN manifest_a m USING (run_id)
        WHERE m.status = 'done' AND r.place = $place AND r.step IN (0, $steps)
    ), b AS (
        SELECT m.scenario, m.draw, m.replicate, r.year, r.step, r.place, r.indicator, r.value
        FROM read_parquet($runs_b) r JOIN manifest_b m USING (run_id)
        WHERE m.status = 'done' AND r.place = $place AND r.step IN (0, $steps)
    )
    SELECT scenario, year::INT AS year, indicator, count(*) AS pairs, median(b.value - a.value) AS median,
           quantile_cont(b.value - a.value, 0.05) AS p05, quantile_cont(b.value - a.value, 0.95) AS p95
    FROM a JOIN b USING (scenario, draw, replicate, year, step, place, indicator)
    GROUP BY ALL ORDER BY ALL
"""


class Comparison(NamedTuple):
    """What sets two studies apart.

    Attributes:
        folder: where the tables and figures are.
        settings: key, a, b of everything that differs and can change results.
        differences: scenario, year, place, indicator, unit, medians and quantiles of both, ``difference`` of medians.
        targets: scenario, target, target_year and the probability of both with their intervals.
        paired: differences of the province run by run, empty unless the studies share draws.
        names: English and Chinese name of every common scenario.
    """

    folder: Path
    settings: pd.DataFrame
    differences: pd.DataFrame
    targets: pd.DataFrame
    paired: pd.DataFrame
    names: dict[str, dict[str, str]]


def compare_studies(first: Path, second: Path, province: str) -> Comparison:
    """Compare two finished studies and write the tables to ``comparisons/A-vs-B/``; B minus A throughout.

    Raises:
        StudyError: a study without tables, or two studies without a common scenario.
    """
    summaries = [read_table(folder, "summary.csv") for folder in (first, second)]
    both = summaries[0].merge(summaries[1], on=[*KEYS, "unit"], suffixes=("_a", "_b"))
    if both.empty:
        scenarios = [", ".join(dict.fromkeys(table["scenario"])) for table in summaries]
        raise StudyError(
            f"{first.name} ({scenarios[0]}) and {second.name} ({scenarios[1]}) have no scenario and year in common.\n"
            "  Next: compare studies of the same scenarios."
        )
    columns = [f"{name}_{side}" for name in ("median", "p05", "p95", "runs") for side in "ab"]
    both["difference"] = both["median_b"] - both["median_a"]
    chances = ["probability", "ci_low", "ci_high"]
    goal = ["scenario", "target", "target_year"]
    targets = [read_table(folder, "target.csv")[[*goal, *chances]] for folder in (first, second)]
    result = Comparison(
        folder=first.parent / FOLDER / f"{first.name}-vs-{second.name}",
        settings=_settings(first, second),
        differences=both[[*KEYS, "unit", *columns, "difference"]],
        targets=targets[0].merge(targets[1], on=goal, suffixes=("_a", "_b")),
        paired=_paired(first, second, province),
        names={n: {"en": s.name_en, "zh": s.name_zh} for n, s in open_inputs(first).scenarios.items()},
    )
    for name in ("settings", "differences", "targets", "paired"):
        with replacing(result.folder / f"{name}.csv") as temporary:
            getattr(result, name).to_csv(temporary, index=False, float_format="%.10g", lineterminator="\n")
    return result


def _settings(first: Path, second: Path) -> pd.DataFrame:
    """Return every key that can change results and differs."""
    configs = [stored_config(folder).model_dump() for folder in (first, second)]
    rows = [(key, configs[0][key], configs[1][key]) for key in configs[0] if key not in SILENT]
    bases = [open_inputs(folder).basis for folder in (first, second)]
    rows += [(text, getattr(bases[0], key), getattr(bases[1], key)) for key, text in STAMPS.items()]
    rows.append(("posterior (its table)", bases[0].settings["posterior"], bases[1].settings["posterior"]))
    known = [basis.scenarios for basis in bases]
    rows += [(f"scenario {name}", known[0][name], known[1][name]) for name in known[0] if name in known[1]]
    return pd.DataFrame([row for row in rows if row[1] != row[2]], columns=["key", "a", "b"])


def _paired(first: Path, second: Path, province: str) -> pd.DataFrame:
    """Return differences run by run where both studies drew from the same seed."""
    configs = [stored_config(folder) for folder in (first, second)]
    if configs[0].seed != configs[1].seed or configs[0].steps_per_year != configs[1].steps_per_year:
        return pd.DataFrame(columns=["scenario", "year", "indicator", "pairs", "median", "p05", "p95"])
    values: dict[str, object] = {"place": province, "steps": configs[0].steps_per_year}
    with duckdb.connect() as db:
        for side, folder in zip("ab", (first, second), strict=True):
            check_parts(folder)
            values[f"runs_{side}"] = literal((folder / "runs").glob("part-*.parquet"))
            db.register(f"manifest_{side}", pd.DataFrame(list(stored_rows(folder).values()), columns=Row._fields))
        return db.execute(_PAIRED, values).df()
