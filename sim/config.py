"""The keys of the main job: their meaning, ranges and the rules between them.

Defaults live in ``configs/project.yaml``; this module checks every value before
anything is simulated or written. A wrong value ends in one ``ConfigError`` that
lists everything that is wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sim.base.config_files import ConfigError, composed, read_yaml, refusal
from sim.base.config_text import findings, near, plain, unknown
from sim.base.config_text import help_text as _help_text
from sim.base.names import BASELINE, PLAN
from sim.base.settings import native

__all__ = ["CONFIGS", "ConfigError", "ProjectConfig", "help_text", "load_config", "read_yaml", "refusal", "validate"]

from sim.base.paths import CONFIGS, PACKAGE
from sim.base.sources import files_in

REFERENCE_LIMIT = 100_000
"""Most households of the reference engine: it is for reading and testing."""
RUN_LIMIT = 1_000_000
DRAW_LIMIT = 100_000
REPLICATE_LIMIT = 10_000
LAST_YEAR = 2060
EXECUTOR = r"auto|serial|pool|dask|(tcp|tls|ws|wss|ucx)://\S+|\S+\.json"

Intensity = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]


def _no_zero(value: str) -> str:
    if "\0" in value:
        raise ValueError(f"{value!r}: allowed is a path, which has no character 0")
    return value


Folder = Annotated[str, Field(min_length=1), AfterValidator(_no_zero)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class ProjectConfig(BaseModel):
    """The checked configuration of a study.

    Example:
        >>> load_config(draws=2, households=10_000).households
        10000
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] = Field(
        description="name of the study; results go to <results>/<study>/",
    )
    region: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="folder of data tables below sim/data/",
    )
    scenarios: Annotated[list[str], Field(min_length=1, max_length=200)] = Field(
        description="names in configs/scenario/, or paths of scenario files",
    )
    levers: dict[str, Intensity] = Field(
        description="levers.T3=0.8 sets the intensity of a lever in every scenario but the baseline",
    )
    params: dict[str, Number] = Field(
        description="params.NAME=value fixes a parameter of configs/parameters.yaml in every draw",
    )
    priors: dict[str, Annotated[list[Number], Field(min_length=2, max_length=2)]] = Field(
        default_factory=dict,
        description="priors.NAME=[low,high] draws a parameter evenly from a range, whatever prior or posterior say",
    )
    start: Literal[2010, 2020] = Field(description="year-end at which the simulation starts")
    observed_until: Annotated[int, Field(ge=2009, le=LAST_YEAR)] | None = Field(
        description="information date: last year-end whose totals, births and deaths are used; null uses all published",
    )
    posterior: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")] | None = Field(
        description="calibrated draws: a name in configs/posteriors/; null draws from the priors",
    )
    end_year: int = Field(ge=2011, le=LAST_YEAR, description="last simulated year, after start")
    steps_per_year: Literal[4, 12] = Field(description="quarterly or monthly steps")
    order: dict[str, str] = Field(
        default_factory=dict,
        description="order.registration=moves lets a process of the year come just ahead of another",
    )
    households: int = Field(ge=5_000, le=40_000_000, description="household agents; one stands for several if fewer")
    draws: int = Field(ge=1, le=DRAW_LIMIT, description="parameter vectors; 200 draws extend 40")
    until_half_width: Annotated[float, Field(ge=0.005, le=0.5, allow_inf_nan=False)] | None = Field(
        description="add draws until the 95% interval of the probability of 66% is at most +- this; null adds none",
    )
    replicates: int = Field(ge=1, le=REPLICATE_LIMIT, description="random seeds for each draw")
    seed: int = Field(ge=0, le=2**32 - 1, description="root seed of everything random")
    engine: Literal["fast", "reference"] = Field(description="Numba loops or Mesa agents: the same results")
    threads: int = Field(ge=1, le=1_024, description="threads inside one run")
    workers: Annotated[int, Field(ge=1, le=1_024)] | None = Field(
        description="processes over runs; null uses every core",
    )
    executor: str = Field(
        description="where runs go: auto, serial, pool, dask, or the address or file of a Dask scheduler",
    )
    on_error: Literal["continue", "stop"] = Field(description="after a failed run: go on, or stop and keep the rest")
    discrepancy: bool = Field(
        description="add to bands and probabilities what forecasts of other provinces got wrong; runs stay as they are",
    )
    keep_states: bool = Field(
        description="save every draw at its last observed year-end, so that scenarios added later start there",
    )
    language: Literal["en", "zh"] = Field(description="language of figures and report")
    resume: bool = Field(description="continue a study: finish pending and failed runs, or add draws")
    results: Folder = Field(description="folder of all studies")

    @field_validator("study", mode="before")
    @classmethod
    def _plain_name(cls, value: object) -> object:
        return as_name(value)

    @field_validator("start", "steps_per_year", mode="before")
    @classmethod
    def _whole(cls, value: object) -> object:
        if type(value) is not int:
            raise ValueError(f"{value!r} is no whole number")
        return value

    @field_validator("executor")
    @classmethod
    def _place(cls, value: str) -> str:
        if not re.fullmatch(EXECUTOR, value):
            raise ValueError(
                f"{value!r} is not understood: allowed is auto, serial, pool, dask, an address such as "
                "tcp://10.0.0.5:8786, or the path of a scheduler file ending in .json"
            )
        return value

    @field_validator("scenarios")
    @classmethod
    def _unique(cls, value: list[str]) -> list[str]:
        names = [scenario_name(v) for v in value]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} is given twice: allowed is every scenario once")
        return value

    @model_validator(mode="after")
    def _cross_check(self) -> ProjectConfig:
        if self.end_year <= self.start:
            raise ValueError(f"end_year = {self.end_year}: allowed is a year after start = {self.start}")
        if self.observed_until is not None and self.observed_until < self.start:
            raise ValueError(f"observed_until = {self.observed_until}: allowed is start = {self.start} or a later year")
        if self.until_half_width is not None:
            first = int(read_yaml(CONFIGS / "plan.yaml")["target_years"][0])
            if self.end_year < first:
                raise ValueError(
                    f"until_half_width = {self.until_half_width}: the headline figure is of {first} or later; "
                    f"allowed with end_year = {self.end_year} is null"
                )
        if self.engine == "reference" and self.households > REFERENCE_LIMIT:
            raise ValueError(
                f"households = {self.households}: allowed with engine = reference are at most "
                f"{REFERENCE_LIMIT:,}; engine=fast gives the same results"
            )
        if self.runs > RUN_LIMIT:
            raise ValueError(f"scenarios x draws x replicates = {self.runs:,} runs: allowed are at most {RUN_LIMIT:,}")
        return self

    @property
    def runs(self) -> int:
        """Number of runs: scenarios x draws x replicates."""
        return len(self.scenarios) * self.draws * self.replicates

    @property
    def study_dir(self) -> Path:
        """Folder of the study."""
        return Path(self.results).expanduser() / self.study


def as_name(value: object) -> object:
    """Take a study named by a number, such as ``study=2030``, as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def scenario_name(name_or_path: str) -> str:
    """Return the name of a scenario given by name or by the path of its file."""
    return Path(name_or_path).stem if name_or_path.endswith((".yaml", ".yml")) else name_or_path


def load_config(name: str = "project", **overrides: Any) -> ProjectConfig:
    """Return the configuration ``configs/<name>.yaml`` with ``overrides``, checked.

    Raises:
        ConfigError: unknown key, wrong type, value out of range, unknown scenario, lever or parameter.
    """
    return validate(composed(name) | overrides)


def validate(values: Mapping[str, Any]) -> ProjectConfig:
    """Check ``values`` (every key of the main job) and return the configuration.

    Raises:
        ConfigError: one message with everything that is wrong.
    """
    try:
        config = ProjectConfig.model_validate(native(values))
    except ValidationError as error:
        raise refusal(findings(error, ProjectConfig.model_fields, "project")) from None
    problems = [*_check_region(config), *_check_scenarios(config), *_check_levers(config), *_check_params(config)]
    problems += _check_posterior(config)
    if problems:
        raise refusal(problems)
    return config


def help_text() -> str:
    """Return the help of the main job."""
    return _help_text(ProjectConfig.model_fields, read_yaml(CONFIGS / "project.yaml"))


def _check_region(config: ProjectConfig) -> list[str]:
    """Find a region without tables."""
    root = PACKAGE / "data"
    known = [p.parent.name for p in files_in(root, "*/counties.csv")]
    return [] if config.region in known else [unknown("region", f"region = {config.region}", known)]


def _check_posterior(config: ProjectConfig) -> list[str]:
    """Find a posterior that has no file."""
    known = [p.stem for p in files_in(CONFIGS / "posteriors", "*.yaml")]
    if config.posterior is None or config.posterior in known:
        return []
    return [unknown("posterior", f"posterior = {config.posterior}", known) + "; experiments.calibrate makes one"]


def _check_scenarios(config: ProjectConfig) -> list[str]:
    """Find scenarios that have no file."""
    known = [p.stem for p in files_in(CONFIGS / "scenario", "*.yaml")]
    problems = []
    for name in config.scenarios:
        if name.endswith((".yaml", ".yml")):
            if not os.path.isfile(name):
                problems.append(f"scenarios: {name}: no such file")
        elif name not in known:
            problems.append(f"scenarios: {unknown('scenario', name, known)}, or the path of a .yaml file")
    return problems


def _check_levers(config: ProjectConfig) -> list[str]:
    """Find levers that have no file, and overrides of levers that no scenario takes."""
    if not config.levers:
        return []
    if all(scenario_name(name) == BASELINE for name in config.scenarios):
        name, value = next(iter(config.levers.items()))
        problem = f"levers.{name} = {value:g}: overrides leave the baseline {BASELINE} alone, and nothing else runs"
        return [f"{problem}; allowed with a further scenario, such as scenarios=[{BASELINE},{PLAN}]"]
    files = [read_yaml(p) for p in files_in(CONFIGS / "policy", "*.yaml")]
    known = {str(content["id"]) for content in files if "id" in content}
    return [
        unknown("lever", f"levers.{name}", (f"levers.{k}" for k in known))
        for name in config.levers
        if name not in known
    ]


def _check_params(config: ProjectConfig) -> list[str]:
    """Find parameters that are not declared, values outside their declared range, and ranges that are none."""
    given: dict[str, tuple[str, list[float], object]] = {}
    given |= {f"params.{name}": (name, [value], value) for name, value in config.params.items()}
    given |= {f"priors.{name}": (name, ends, ends) for name, ends in config.priors.items()}
    declared = read_yaml(CONFIGS / "parameters.yaml") if given else {}
    problems = [
        f"priors.{name}: allowed is a range or a fixed value, and params.{name} fixes it"
        for name in config.priors
        if name in config.params
    ]
    for key, (name, values, shown) in given.items():
        if name not in declared:
            problems.append(f"{key}: unknown parameter{near(name, declared)}; configs/parameters.yaml declares them")
            continue
        accepted = declared[name].get("range") if isinstance(declared[name], dict) else None
        if not isinstance(accepted, list) or [type(end) in (int, float) for end in accepted] != [True, True]:
            continue
        low, high = accepted
        if not all(low <= value <= high for value in values) or values != sorted(set(values)):
            what = "a number" if len(values) == 1 else "two numbers, the lower first,"
            problems.append(f"{key} = {shown}: allowed is {what} from {plain(low)} to {plain(high)}")
    return problems
