"""Bring the tables of the validation into ``docs/validation/`` and draw their figures."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd

from sim.config import refusal
from sim.data import load_region
from sim.parameters.declared import declared
from sim.programs.docs import blocks as docs
from sim.programs.program import ProgramConfig, checked
from sim.report.figures.canvas import Canvas
from sim.report.figures.track_record import draw_contraction, draw_ranks, draw_scorecard, draw_tornado
from sim.report.style import figure_style, save
from sim.report.text import Text
from sim.report.track_record import TABLES
from sim.studies.files import replacing, write_table

PARTS = {
    "scorecard": "hindcast/scorecard.csv",
    "forecasts": "hindcast/forecasts.csv",
    "encompassing": "hindcast/encompassing.csv",
    "agency": "hindcast/agency.csv",
    "discrepancy": "hindcast/discrepancy.csv",
    "sbc": "calibrate/sbc.csv",
    "predictive": "calibrate/predictive.csv",
    "patterns": "patterns/patterns.csv",
    "sensitivity": "sensitivity/sensitivity.csv",
    "claims": "claims/claims.csv",
}
"""Committed table: file below the results folder that it comes from."""
KEPT_CASES = ("province", "prefectures")
"""Cases whose forecasts are committed value by value; those of counties stay with the results."""
FIGURES = {
    "scorecard": draw_scorecard,
    "contraction": draw_contraction,
    "ranks": draw_ranks,
    "tornado": draw_tornado,
}


class CollectConfig(ProgramConfig):
    """Keys of the collection; ``configs/validation.yaml`` holds the defaults."""

    region: str


class _Track:
    """What the figures need of a study: its region and the declared parameters."""

    def __init__(self, region: str) -> None:
        self.region = load_region(region)
        self.inputs = SimpleNamespace(parameters=declared())


def collect(config: CollectConfig, target: Path = TABLES) -> list[str]:
    """Copy the tables that are there and return the names of those that are not."""
    missing = []
    for name, source in PARTS.items():
        path = Path(config.results).expanduser() / source
        if not path.is_file():
            missing.append(name)
            continue
        table = pd.read_csv(path, dtype={"place": str})
        if name == "forecasts":
            table = table[table["case"].isin(KEPT_CASES)]
        write_table(table, target / f"{name}.csv")
    with replacing(target / "region.txt") as temporary:
        temporary.write_text(config.region + "\n", encoding="utf-8")
    return missing


def draw(region: str, folder: Path) -> list[Path]:
    """Draw the figures of the documentation, in English, and return their files."""
    folder.mkdir(parents=True, exist_ok=True)
    text = Text("en")
    canvas = Canvas(cast("Any", _Track(region)), text, text)
    files = []
    with figure_style():
        for name, make in FIGURES.items():
            drawing = make(canvas)
            if drawing is not None:
                png, svg = save(drawing.figure, folder, f"validation_{name}")
                svg.unlink()
                files.append(png)
    return files


def collect_job(values: dict[str, Any]) -> int:
    """Collect tables, draw figures, renew the documentation and say what is missing.

    Raises:
        ConfigError: a key is unknown, or the results hold none of the tables.
    """
    config = checked(CollectConfig, values, "validation")
    results = Path(config.results).expanduser()
    if not any((results / source).is_file() for source in PARTS.values()):
        problem = f"results = {config.results}: none of {', '.join(PARTS.values())} is there, so nothing can be renewed"
        raise refusal([f"{problem}; experiments.calibrate, hindcast, patterns and sensitivity make them"], "validation")
    missing = collect(config)
    files = draw(config.region, docs.DOCS / "figures")
    print("\n".join(str(path) for path in files))
    if missing:
        print(f"not found below {config.results}, so what was committed before stays: {', '.join(missing)}")
    return docs.main([])
