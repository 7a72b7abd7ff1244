"""The fit report: every margin of the synthetic population with target, achieved value and error."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.agents.state import Population
from sim.base.arrays import Floats
from sim.population.margins import BAND_EDGES, Margins, load_margins
from sim.population.units import Living, living_units

if TYPE_CHECKING:
    from sim.data import Region

_BANDS = [f"{low}-{high - 1}" if high <= 85 else "85+" for low, high in pairwise(BAND_EDGES.tolist())]
_CLASSES = ("same_county", "other_county", "other_province")
_COLUMNS = ["place", "margin", "category", "unit", "target", "achieved", "error", "relative_error"]


class _Margin(NamedTuple):
    """One margin by county: categories, targets and achieved values float64[n, categories].

    Province rows are sums, or means weighted by ``weight`` (float64[n]) where one is given.
    """

    name: str
    categories: tuple[str, ...]
    unit: str
    target: Floats
    achieved: Floats
    weight: Floats | None = None


def fit_report(population: Population, region: Region) -> pd.DataFrame:
    """Return the fit of every margin by county and for the province.

    Columns: place (county or province code), margin, category, unit (persons, units, share,
    persons per unit), target, achieved, error (achieved minus target), relative_error (error over
    target; empty where the target is 0). Province rows of counts are sums; of shares
    they are means weighted by residents or by family units (owner, mean size). Sizes and
    generations count living units, as the census does: members away count where they live.
    """
    margins = load_margins(region, population.year, 0.0)
    living = living_units(population, margins.residents.shape[0], margins.outside.shape[1])
    frames = [_long(m, region) for m in _all(margins, region, population, living)]
    return pd.concat([*frames, _plausibility(population, region, living)], ignore_index=True)[_COLUMNS]


def _all(m: Margins, region: Region, population: Population, living: Living) -> list[_Margin]:
    """Return every margin by county."""
    w = np.float64(population.weight)
    n = m.residents.shape[0]
    residents = living.persons.sum((1, 2))[: 2 * n].reshape(n, 2) * w
    bands = np.add.reduceat(m.ages.sum(1), BAND_EDGES[:-1], axis=2)
    ages = np.add.reduceat(living.persons[: 2 * n].reshape(n, 2, 2, -1).sum(1), BAND_EDGES[:-1], axis=2) * w
    units = np.concatenate([m.sizes, m.generations], axis=1) * m.units[:, None]
    family = m.residents.sum(1) - m.collective
    family_got = residents.sum(1) - living.collective * w
    names = tuple(f"{sex} {band}" for sex in ("m", "f") for band in _BANDS)
    return [
        _Margin("residents", ("rural", "urban"), "persons", m.residents, residents),
        _Margin("urban_share", ("urban",), "share", _share(m.residents), _share(residents), m.residents.sum(1)),
        _Margin("registered", ("all",), "persons", m.registered[:, None], living.registered[:, None] * w),
        _Margin("outside", region.outside_codes, "persons", m.outside, living.outside * w),
        _Margin("in_migrants", _CLASSES, "persons", m.migrants, living.migrants * w),
        _Margin("out_in_province", ("all",), "persons", m.out_in_province[:, None], living.out[:, None] * w),
        _Margin("collective", ("all",), "persons", m.collective[:, None], living.collective[:, None] * w),
        _Margin("age_sex", names, "persons", bands.reshape(n, -1), ages.reshape(n, -1)),
        _Margin("unit_size", ("1", "2", "3", "4", "5", "6", "7+"), "units", units[:, :7], living.sizes * w),
        _Margin("generations", ("1", "2", "3", "4+"), "units", units[:, 7:], living.generations * w),
        _Margin("family_units", ("all",), "units", m.units[:, None], living.sizes.sum(1)[:, None] * w),
        _Margin(
            "mean_unit_size",
            ("all",),
            "persons per unit",
            (family / m.units)[:, None],
            (family_got / np.maximum(living.sizes.sum(1) * w, 1e-9))[:, None],
            m.units,
        ),
        _Margin("owner", ("owner",), "share", m.owner[:, None], living.owner[:, None], m.units),
        _Margin("skill", ("low", "middle", "high"), "share", m.skill, living.skill, m.residents.sum(1)),
    ]


def _share(residents: Floats) -> Floats:
    return residents[:, 1:] / np.maximum(residents.sum(1, keepdims=True), 1e-9)


def _long(margin: _Margin, region: Region) -> pd.DataFrame:
    """Return one margin as rows, the province first."""
    weight = np.ones(len(margin.target)) if margin.weight is None else margin.weight / margin.weight.sum()
    target = np.concatenate([[weight @ margin.target], margin.target])
    achieved = np.concatenate([[weight @ margin.achieved], margin.achieved])
    places = np.array([region.province_code, *region.county_codes])
    k = len(margin.categories)
    return _rows(np.repeat(places, k), margin, np.tile(margin.categories, places.size), target, achieved)


def _rows(
    places: NDArray[np.str_], margin: _Margin, categories: NDArray[np.str_], target: Floats, achieved: Floats
) -> pd.DataFrame:
    target, achieved = target.reshape(-1), achieved.reshape(-1)
    error = achieved - target
    return pd.DataFrame(
        {
            "place": places,
            "margin": margin.name,
            "category": categories,
            "unit": margin.unit,
            "target": target,
            "achieved": achieved,
            "error": error,
            "relative_error": np.divide(error, target, out=np.full(error.size, np.nan), where=target > 0),
        }
    )


def _plausibility(population: Population, region: Region, living: Living) -> pd.DataFrame:
    """Return checks that are not fitted: the anchor's value as target."""
    anchors = region.table("anchors").set_index("name")["value"]
    wanted = {
        "left_behind_children": ("left_behind_children_2018", living.left_behind * population.weight, "persons"),
        "outside_under_15": ("outside_child_share", living.outside_children, "share"),
    }
    parts = []
    for name, (anchor, got, unit) in wanted.items():
        target = np.array([float(anchors[anchor]) if anchor in anchors.index else np.nan])
        margin = _Margin(name, ("plausibility",), unit, target, np.array([got]))
        place = np.array([region.province_code])
        parts.append(_rows(place, margin, np.array(["plausibility"]), target, margin.achieved))
    return pd.concat(parts, ignore_index=True)
