"""What was known at a date: priors that use no data after the year-end ``observed_until``.

``configs/parameters.yaml`` rests on data up to ``last_data``. A hindcast must not: the parameters
listed in ``configs/information.yaml`` are then drawn from the published series up to the
date, by the same accounting that the later priors used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import StrictModel, parse, read_document, suggest
from sim.base.paths import CONFIGS
from sim.data import Region
from sim.parameters.declared import (
    PARAMETER_FILE,
    Grade,
    Parameter,
    ParameterError,
    ParameterSource,
    Text,
    check_names,
    declared,
    range_problem,
    with_ranges,
)
from sim.parameters.distributions import PriorMapping
from sim.parameters.posterior import Posterior, PosteriorError, edited_priors

INFORMATION = "information.yaml"
WINDOW = 4
"""Published years whose median is the accounting estimate of a level (judged: as many as are carried forward)."""


Positive = Annotated[float, Field(gt=0.0)]


class Replacement(StrictModel):
    """What a parameter is drawn from at an earlier date: a prior, or a rule and a spread around what it gives."""

    prior: PriorMapping | None = None
    rule: Literal["transfer", "outside_loss", "labour_demand"] | None = None
    spread: Positive | None = None
    relative_spread: Positive | None = None
    source: Text
    grade: Grade
    note: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        spreads = sum(value is not None for value in (self.spread, self.relative_spread))
        if (self.prior is None) == (self.rule is None) or spreads != (self.rule is not None):
            problem = "give a prior, or a rule with a spread or a relative_spread"
            raise PydanticCustomError("replacement", "{problem}", {"problem": problem})
        return self


class InformationFile(StrictModel):
    """``configs/information.yaml`` as written."""

    last_data: int = Field(ge=2011, le=2060)
    replaced: dict[str, Replacement]


@cache
def information(file: Path = CONFIGS / INFORMATION) -> InformationFile:
    """Return what is known at earlier dates.

    Raises:
        ParameterError: with file, line and what is allowed.
    """
    content, source = read_document(file, ParameterError)
    found = parse(InformationFile, content, source)
    beside = file.with_name(PARAMETER_FILE.name)
    known = declared(beside if beside.is_file() else PARAMETER_FILE)
    for name, entry in found.replaced.items():
        if name not in known:
            raise source.error(("replaced", name), f"no such parameter; {suggest(name, known)}")
        parameter = known[name]
        if entry.prior is not None and (problem := range_problem(entry.prior, parameter.low, parameter.high)):
            raise source.error(("replaced", name, "prior"), problem)
    return found


def last_data(configs: Path = CONFIGS) -> int:
    """Return the last year-end on whose data the declared priors rest; later figures are passed and change no prior."""
    return information(configs / INFORMATION).last_data


def replaced_names() -> tuple[str, ...]:
    """Return the parameters whose priors use data after the earliest information date."""
    return tuple(information().replaced)


DEMAND_SHARE = 0.4
"""Growth of labour demand at unchanged wages over that of urban residents (judged; as 0.4% to 1% in 2021-2024)."""


def accounting(region: Region, date: int) -> dict[str, float]:
    """Return yearly levels as known at a date: transfer into towns, net loss to other provinces, labour demand.

    Each is the median over the last ``WINDOW`` published years. Transfer (with reclassification):
    increase of urban residents less natural increase in towns, taken at the provincial rate.
    Loss: natural increase less the change of residents. Persons per year. Labour demand: growth
    of urban residents times ``DEMAND_SHARE``, log points per year.

    Args:
        region: the region.
        date: last year-end that may be used.
    """
    series = region.table("province_series").set_index("year").sort_index()
    years = np.arange(date - WINDOW + 1, date + 1)
    column = {name: series[name].astype(np.float64) for name in ("residents", "urban_residents", "births", "deaths")}
    natural = (column["births"] - column["deaths"])[years].to_numpy()
    residents, before = (column["residents"][y].to_numpy() for y in (years, years - 1))
    urban, urban_before = (column["urban_residents"][y].to_numpy() for y in (years, years - 1))
    in_towns = natural * (urban + urban_before) / (residents + before)
    return {
        "transfer": float(np.median(urban - urban_before - in_towns)),
        "outside_loss": float(np.median(natural - (residents - before))),
        "labour_demand": DEMAND_SHARE * float(np.median(np.log(urban / urban_before))),
    }


def parameters_at(region: Region, date: int, configs: Path = CONFIGS) -> dict[str, Parameter]:
    """Return all declared parameters with the priors of an information date."""
    known = dict(declared(configs / PARAMETER_FILE.name))
    if date >= last_data(configs):
        return known
    levels = accounting(region, date)
    for name, entry in information(configs / INFORMATION).replaced.items():
        known[name] = replace(
            known[name],
            prior=_prior(entry, levels, known[name]),
            source=entry.source,
            grade=entry.grade,
            note=entry.note,
        )
    return known


def _prior(entry: Replacement, levels: Mapping[str, float], parameter: Parameter) -> Mapping[str, Any]:
    """Return the prior of an entry: as written, or normal around the accounting level."""
    if entry.prior is not None:
        return entry.prior
    mean = levels[str(entry.rule)]
    spread = entry.spread if entry.spread is not None else abs(mean) * float(entry.relative_spread or 0.0)
    return {"dist": "normal", "mean": mean, "sd": float(spread), "low": parameter.low, "high": parameter.high}


def source_at(
    region: Region,
    date: int | None,
    posterior: Posterior | None = None,
    configs: Path = CONFIGS,
    ranges: Mapping[str, Sequence[float]] | None = None,
    fixed: Iterable[str] = (),
) -> ParameterSource:
    """Return where the parameters of a draw come from.

    Args:
        region: the region.
        date: last year-end that may be used; None for all that is published.
        posterior: weighted rows that replace the priors of the parameters they hold.
        configs: folder of the declarations.
        ranges: ranges that replace prior and posterior of single parameters.
        fixed: parameters that are not drawn.

    Raises:
        ParameterError: the declared names are not those that the model reads, or a range cannot be drawn from.
        PosteriorError: a prior was edited that the posterior would override.
    """
    known, ranges = declared(configs / PARAMETER_FILE.name), ranges or {}
    check_names(known)
    if posterior is not None:
        _refuse_edited(region, posterior, configs, {*ranges, *fixed})
    source = ParameterSource(dict(known), posterior)
    if date is not None and date < last_data(configs):
        series = region.table("province_series").set_index("year")["residents"].astype(np.float64)
        source = ParameterSource(parameters_at(region, date, configs), posterior, float(series[date]))
    return with_ranges(source, ranges)


def _refuse_edited(region: Region, posterior: Posterior, configs: Path, given: Collection[str]) -> None:
    """Refuse priors that differ from those that a posterior was made from, unless the user gave values of his own."""
    date, name = posterior.head.information, posterior.head.name
    problems = []
    for parameter in edited_priors(posterior, parameters_at(region, date, configs)):
        if parameter in given:
            continue
        at_date = date < last_data(configs) and parameter in information(configs / INFORMATION).replaced
        place = (INFORMATION, ("replaced", parameter)) if at_date else (PARAMETER_FILE.name, (parameter, "prior"))
        text = read_document(configs / place[0], PosteriorError)[1]
        problem = f"the prior is not the one that {name} was made from, and draws come from {name}: it would do nothing"
        ways = (
            f"Next: posterior=null draws all from the priors, priors.{parameter}=[LOW,HIGH] this one from a range, or "
            "python -m experiments.calibrate makes the posterior again"
        )
        problems.append(text.describe(place[1], problem, f"{ways}."))
    if problems:
        raise PosteriorError("\n".join(problems))
