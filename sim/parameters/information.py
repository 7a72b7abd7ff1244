"""What was known at a date: priors that use no data after the year-end ``observed_until``.

``configs/parameters.yaml`` rests on data up to 2024. A hindcast must not: the parameters
listed in ``configs/information.yaml`` are then drawn from the published series up to the
date, by the same accounting that the later priors used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from sim.base.config_files import read_yaml
from sim.base.paths import CONFIGS
from sim.data import Region
from sim.parameters.declared import Parameter, ParameterSource, declared
from sim.parameters.posterior import Posterior

INFORMATION = "information.yaml"
WINDOW = 4
"""Published years whose median is the accounting estimate of a level (judged: as many as are carried forward)."""


@cache
def last_data(configs: Path = CONFIGS) -> int:
    """Return the last year-end on whose data the declared parameters rest."""
    return int(read_yaml(configs / INFORMATION)["last_data"])


def replaced_names() -> tuple[str, ...]:
    """Return the parameters whose priors use data after the earliest information date."""
    return tuple(read_yaml(CONFIGS / INFORMATION)["replaced"])


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
    known = dict(declared(configs / "parameters.yaml"))
    if date >= last_data(configs):
        return known
    levels = accounting(region, date)
    for name, entry in read_yaml(configs / INFORMATION)["replaced"].items():
        known[name] = replace(
            known[name],
            prior=_prior(entry, levels, known[name]),
            source=entry["source"],
            grade=entry["grade"],
            note=entry.get("note", ""),
        )
    return known


def _prior(entry: Mapping[str, Any], levels: Mapping[str, float], parameter: Parameter) -> Mapping[str, Any]:
    """Return the prior of an entry: as written, or normal around the accounting level."""
    if "prior" in entry:
        return dict(entry["prior"])
    mean = levels[entry["rule"]]
    spread = entry["spread"] if "spread" in entry else abs(mean) * entry["relative_spread"]
    return {"dist": "normal", "mean": mean, "sd": float(spread), "low": parameter.low, "high": parameter.high}


def source_at(
    region: Region, date: int | None, posterior: Posterior | None = None, configs: Path = CONFIGS
) -> ParameterSource:
    """Return where the parameters of a draw come from.

    Args:
        region: the region.
        date: last year-end that may be used; None for all that is published.
        posterior: weighted rows that replace the priors of the parameters they hold.
        configs: folder of the declarations.
    """
    if date is None or date >= last_data(configs):
        return ParameterSource(dict(declared(configs / "parameters.yaml")), posterior)
    series = region.table("province_series").set_index("year")["residents"].astype(np.float64)
    return ParameterSource(parameters_at(region, date, configs), posterior, float(series[date]))
