"""Robust or fragile: every claim of the report is judged again under every variant of the model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field, field_validator

from sim.config import ConfigError, ProjectConfig, refusal, validate
from sim.data import load_region
from sim.model.path.equal_cost import last_observed
from sim.programs.claims.page import spoken, write_page
from sim.programs.claims.verdicts import Claim, Variant, judged
from sim.programs.command_line import read_command
from sim.programs.program import ProgramConfig, checked
from sim.studies.discrepancy import rate_offsets
from sim.studies.files import write_table
from sim.studies.folder import stored_rows
from sim.studies.progress import say
from sim.studies.simulator import Simulator, default_simulator
from sim.studies.study import run_study
from sim.studies.summarize import province_values

OWN = ("scenarios", "end_year", "study", "results", "resume", "language")
"""Keys of the main job that the claims themselves decide."""
COMMON = ("posterior", "households", "draws", "seed", "threads", "workers", "language")
"""Keys of the program that all variants have, where they set nothing else."""


class ClaimsConfig(ProgramConfig):
    """Keys of the program; ``configs/claims.yaml`` holds them, claims and variants included."""

    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    posterior: str | None
    households: int = Field(ge=5_000, le=40_000_000)
    draws: int = Field(ge=1, le=100_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    threads: int = Field(ge=1, le=1_024)
    workers: Annotated[int, Field(ge=1, le=1_024)] | None
    language: Literal["en", "zh"]
    claims: Annotated[list[Claim], Field(min_length=1)]
    variants: Annotated[list[Variant], Field(min_length=1)]

    @field_validator("claims", "variants")
    @classmethod
    def _once(cls, value: list[Any]) -> list[Any]:
        names = [getattr(row, "id", None) or row.name for row in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is given twice: allowed is every name once")
        return value


def claims_job(values: Mapping[str, Any], simulator: Simulator | None = None) -> int:
    """Run the study of every variant that is not done yet, judge the claims and print the verdicts.

    Raises:
        ConfigError: a key, a claim or a setting of a variant is not as it must be.
        StudyError: the results folder cannot take the studies.
    """
    config = checked(ClaimsConfig, values, "claims")
    studies = {variant.name: study_of(config, variant) for variant in config.variants}
    folder = config.folder(config.study)
    parts, lost = [], 0
    for number, variant in enumerate(config.variants, 1):
        say(f"Variant {number} of {len(studies)}: {variant.name} ({' '.join(variant.settings) or 'as it is'}).")
        study = studies[variant.name]
        outcome = run_study(study, simulator or default_simulator(), only_tables)
        lost += outcome.failed + outcome.pending
        if outcome.done:
            found, region = province_values(study, stored_rows(study.study_dir)), load_region(study.region)
            told = (last_observed(study, region), rate_offsets(study, region))
            parts.append(judged(config.claims, variant.name, found, *told))
    if not parts:
        raise refusal(["no run of any variant succeeded; the folders of the variants hold the errors"], "claims")
    table = pd.concat(parts, ignore_index=True)
    write_table(table, folder / "claims.csv")
    page = write_page(folder, table, config.claims, config.variants, config.language)
    print("\n".join(spoken(table, config.claims, config.language)))
    print(f"{page}" + (f"\n{lost} runs failed and are left out; the same command tries them again." if lost else ""))
    return 1 if lost else 0


def study_of(config: ClaimsConfig, variant: Variant) -> ProjectConfig:
    """Return the study of a variant: the main job with the keys of the program and then those of the variant.

    Raises:
        ConfigError: a setting that the main job refuses; the message names the variant.
    """
    if taken := [setting for setting in variant.settings if setting.partition("=")[0].lstrip("+~") in OWN]:
        problem = f"variants, {variant.name}: {taken[0]}: the claims decide {', '.join(OWN)}; allowed is any other key"
        raise refusal([problem], "claims")
    scenarios = [name for claim in config.claims for name in (claim.against, claim.scenario) if name is not None]
    given = [f"{key}={'null' if (value := getattr(config, key)) is None else value}" for key in COMMON]
    given += [f"scenarios=[{','.join(dict.fromkeys(scenarios))}]", f"end_year={max(c.year for c in config.claims)}"]
    own = {"study": variant.name, "results": str(Path(config.results) / config.study), "resume": True}
    try:
        keys = read_command([*given, *variant.settings], "project")[0]
        return validate(keys | own)
    except ConfigError as error:
        raise refusal([f"variants, {variant.name}: {problem}" for problem in error.problems], "claims") from None


def only_tables(config: ProjectConfig, summarise: Callable[[], None]) -> Path:
    """Make the tables of the study of a variant, from which ``experiments.report`` can make its report."""
    summarise()
    return config.study_dir
