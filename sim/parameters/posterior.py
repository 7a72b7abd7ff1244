"""Posterior tables: what calibration left of the priors, with provenance.

``configs/posteriors/NAME.csv`` holds weighted rows of parameter values, ``NAME.yaml`` says
what data, targets, runs and sources made them. Draw k takes one row; which one depends on
(seed, k) alone. Parameters that the table does not hold are drawn from their priors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sim.agents.rng import Purpose, name_key, uniform
from sim.base.config_files import read_yaml
from sim.base.config_text import unknown
from sim.base.errors import InputError
from sim.base.paths import CONFIGS
from sim.parameters.declared import Parameter, declared

if TYPE_CHECKING:
    from sim.config import ProjectConfig

FOLDER = CONFIGS / "posteriors"
WEIGHT = "weight"
PRIOR_DRIVEN = 0.2
"""Contraction of the standard deviation below which a parameter is called prior-driven (contract)."""


class PosteriorError(InputError):
    """A posterior table that cannot be used."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FitTarget(_Part):
    """An observation that the runs were compared with.

    Attributes:
        name: output of the runs.
        observed: published value.
        discrepancy: standard deviation of what the model cannot be asked to hit, in the unit of the value.
        noise: standard deviation of the sampling of one run.
        basis: where the value comes from and why the discrepancy is that large.
        grade: observed, derived or recalled.
    """

    name: str
    observed: float
    discrepancy: Annotated[float, Field(gt=0)]
    noise: Annotated[float, Field(ge=0)]
    basis: str
    grade: str


class Marginal(_Part):
    """What happened to one parameter; ranges are 5%, 50% and 95% quantiles."""

    name: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    contraction: float
    label: Literal["informed", "prior-driven"]


class Correlation(_Part):
    """A rank correlation of two parameters in the posterior."""

    first: str
    second: str
    correlation: float


class Wave(_Part):
    """Runs of one wave, how many were not implausible, and the cut-off."""

    runs: int
    kept: int
    cutoff: float


class Head(_Part):
    """Provenance of a posterior table.

    Attributes:
        name: stem of both files.
        region: folder of data tables.
        information: last year-end whose data were used.
        command: what makes the table again.
        households: agents of the runs.
        seed: root seed of the design.
        waves: waves in order.
        effective_size: 1 / sum of squared weights.
        targets: what runs were compared with.
        parameters: prior to posterior by parameter.
        correlations: rank correlations of at least 0.3 in size.
        data_hash, code_hash: data tables and sources that made it.
        rows_hash: SHA-256 of the table.
    """

    name: str
    region: str
    information: int
    command: str
    households: int
    seed: int
    waves: list[Wave]
    effective_size: float
    targets: list[FitTarget]
    parameters: list[Marginal]
    correlations: list[Correlation]
    data_hash: str
    code_hash: str
    rows_hash: str


@dataclass(frozen=True)
class Posterior:
    """A posterior table in memory.

    Attributes:
        head: provenance.
        names: parameters of the table.
        values: float64[rows, parameters].
        cumulative: cumulative weight of the rows, float64[rows], ends at 1.
    """

    head: Head
    names: tuple[str, ...]
    values: NDArray[np.float64]
    cumulative: NDArray[np.float64]

    def row(self, seed: int, draw: int) -> Mapping[str, float]:
        """Return the values of one draw, which depend on (seed, draw) alone."""
        u = uniform(seed, name_key("posterior"), draw, int(Purpose.PARAMETER), 0)
        at = min(int(np.searchsorted(self.cumulative, u)), len(self.cumulative) - 1)
        return dict(zip(self.names, self.values[at].tolist(), strict=True))


def prior_quantiles(parameter: Parameter) -> tuple[float, float, float]:
    """Return the 5%, 50% and 95% quantiles of a prior, as ``Marginal`` keeps them."""
    low, middle, high = (float(f"{parameter.at(u):.5g}") for u in (0.05, 0.5, 0.95))
    return low, middle, high


def edited_priors(posterior: Posterior, known: Mapping[str, Parameter]) -> list[str]:
    """Return the parameters of a posterior whose priors are no longer those that it was made from.

    Args:
        posterior: the posterior.
        known: parameters with the priors of its information date.
    """
    made = {marginal.name: marginal.prior for marginal in posterior.head.parameters}
    return [name for name, quantiles in made.items() if name in known and prior_quantiles(known[name]) != quantiles]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_posterior(name: str, folder: Path = FOLDER) -> Posterior:
    """Return a posterior table after checking it.

    Raises:
        PosteriorError: a file is missing or damaged, or a value is not one its parameter accepts.
    """
    path, rows = folder / f"{name}.yaml", folder / f"{name}.csv"
    again = "python -m experiments.calibrate makes it again"
    if not path.is_file():
        known = [file.stem for file in folder.glob("*.yaml")]
        raise PosteriorError(unknown("posterior", f"posterior = {name}", known) + "; experiments.calibrate makes one")
    try:
        head = Head.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise PosteriorError(f"{path.name}: {key}: {first['msg']}; {again}") from None
    if not rows.is_file() or file_hash(rows) != head.rows_hash:
        raise PosteriorError(f"{rows.name}: missing, or not the table that {path.name} describes; {again}")
    table = pd.read_csv(rows)
    names = tuple(str(column) for column in table.columns if column != WEIGHT)
    weight = table[WEIGHT].to_numpy(np.float64)
    _check(rows.name, table[list(names)], weight)
    return Posterior(head, names, table[list(names)].to_numpy(np.float64), np.cumsum(weight) / weight.sum())


def _check(file: str, values: pd.DataFrame, weight: NDArray[np.float64]) -> None:
    """Refuse weights and values that cannot be drawn."""
    if len(weight) == 0 or not (np.isfinite(weight).all() and (weight >= 0).all() and weight.sum() > 0):
        raise PosteriorError(f"{file}: weights must be numbers from 0 and not all 0")
    known = declared()
    for name in values.columns:
        if name not in known:
            raise PosteriorError(f"{file}: column {name}: no such parameter; configs/parameters.yaml lists them")
        parameter, column = known[name], values[name].to_numpy(np.float64)
        if not ((column >= parameter.low) & (column <= parameter.high)).all():
            raise PosteriorError(f"{file}: column {name}: a value outside {parameter.low:g} to {parameter.high:g}")


def load_posterior(name: str | None, config: ProjectConfig) -> Posterior | None:
    """Return the posterior of a configuration, or None.

    Raises:
        PosteriorError: it belongs to another region, or uses data after the information date.
    """
    if name is None:
        return None
    posterior = read_posterior(name)
    head = posterior.head
    if head.region != config.region:
        raise PosteriorError(f"posterior = {name}: made for region {head.region}, not {config.region}")
    if config.observed_until is not None and head.information > config.observed_until:
        raise PosteriorError(
            f"posterior = {name}: uses data up to {head.information}, later than observed_until = "
            f"{config.observed_until}; take {_fitting(config)}null, which draws from the priors"
        )
    return posterior


def _fitting(config: ProjectConfig, folder: Path = FOLDER) -> str:
    """Name the posteriors that use no data after the information date."""
    heads = {path.stem: read_yaml(path) for path in sorted(folder.glob("*.yaml"))}
    return "".join(
        f"{name} or "
        for name, head in heads.items()
        if head.get("region") == config.region and int(head.get("information", 9999)) <= (config.observed_until or 9999)
    )


def made_with(name: str, folder: Path = FOLDER) -> dict[str, str]:
    """Return the hashes of the data tables and of the sources that made a posterior."""
    head = read_yaml(folder / f"{name}.yaml")
    return {"data": str(head["data_hash"]), "code": str(head["code_hash"])}


def other_data(name: str | None, data_hash: str, folder: Path = FOLDER) -> str:
    """Say in a line that a posterior was made from other data tables than these; empty if it was not.

    Sources differ after every edit and are no reason for a line.
    """
    if name is None or (made := made_with(name, folder)["data"]) == data_hash:
        return ""
    return (
        f"posterior = {name}: made from other data tables ({made}) than those of the region now ({data_hash}); "
        "experiments.calibrate makes it again, posterior=null draws from the priors."
    )


def content_hash(name: str | None, folder: Path = FOLDER) -> str | None:
    """Return the hash of the rows of a posterior: what a run depends on."""
    return None if name is None else str(read_yaml(folder / f"{name}.yaml")["rows_hash"])[:16]
