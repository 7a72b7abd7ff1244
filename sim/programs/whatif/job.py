"""The what-if program: the design of a finished study, its runs, the emulators, the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from sim.policies.plan import plan_years
from sim.programs.program import ProgramConfig, checked
from sim.programs.whatif.checks import against_study
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.page import write_page
from sim.programs.whatif.serve import serve
from sim.programs.whatif.study import FEWEST_DRAWS, FOLDER, Asked, fitted, ready
from sim.studies import environment
from sim.studies.files import write_table

__all__ = ["CHECKS", "WhatIfConfig", "whatif_job"]

CHECKS = "checks.csv"


class WhatIfConfig(ProgramConfig):
    """Keys of the what-if page; ``configs/whatif.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    points: int = Field(ge=16, le=1_000)
    draws: Annotated[int, Field(ge=FEWEST_DRAWS, le=100_000)] | None
    places: list[str]
    workers: Annotated[int, Field(ge=1, le=1_024)] | None
    language: Literal["en", "zh"]
    serve: bool
    port: int = Field(ge=1024, le=65_535)


def whatif_job(values: Mapping[str, Any]) -> int:
    """Run what is missing of the design, write errors and page, serve it if asked; return the exit status.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: there is no such finished study, or too many draws failed.
    """
    wanted = checked(WhatIfConfig, values, "whatif")
    prepared = ready(Asked(wanted.folder(wanted.study), wanted.points, wanted.draws, tuple(wanted.places)))
    found = fitted(prepared, wanted.workers or environment.workers(prepared.config))
    checks = against_study(prepared, found)
    write_table(checks, prepared.folder / FOLDER / CHECKS)
    page = write_page(prepared, found, checks, wanted.language)
    print(error_text(found, checks) + f"\nPage: {page}", flush=True)
    if wanted.serve:
        serve(prepared, page, wanted.port)
    return 0


def error_text(found: Fitted, checks: pd.DataFrame) -> str:
    """Return how far the emulator is from runs kept aside, and from the scenarios of the study."""
    table = found.errors[(found.errors["quantity"] == "resident_urban_rate") & (found.errors["place"] == "")]
    row = table[table["year"] == min(plan_years().last, found.years[-1])].iloc[0]
    told = (
        f"Emulator against {row['runs']:.0f} runs kept aside, effect on the resident rate of {row['year']:.0f}: root "
        f"mean square error {row['rmse']:.3f} points (effects have a spread of {row['spread']:.2f}), "
        f"{100 * row['coverage_90']:.0f}% inside its 90% band."
    )
    if checks.empty:
        return told
    missed = checks["probability_emulated"] - checks["probability"]
    return (
        f"{told}\nThe study's own scenarios ({checks['scenario'].nunique()}): probabilities differ by at most "
        f"{100 * missed.abs().max():.1f} points."
    )
