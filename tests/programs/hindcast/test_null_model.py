"""The null model of a draw: the same people, the published totals, the flows that the draw asks for."""

from __future__ import annotations

import numpy as np
import pytest

from sim.agents.state import EMPTY, map_columns
from sim.config import load_config
from sim.data import load_region
from sim.model.path.setup import draw_of, prepare
from sim.model.solve.observed_years import SolvedYear
from sim.population import cached_population
from sim.programs.hindcast import null_model
from sim.statistics.cohorts import ELSEWHERE, TOWN, VILLAGE

REGION = load_region("hunan")


def setup_of(**keys):
    return prepare(load_config(scenarios=["no_new_policy"], posterior=None, households=5_000, draws=2, seed=1, **keys))


def test_people_are_counted_where_they_live():
    """Against a count member by member, of every fiftieth household."""
    whole = cached_population(REGION, 2020, 5_000, 1, 0.0)
    some = whole._replace(households=map_columns(whole.households, lambda column: column[::50]))
    hh, n = some.households, REGION.n_counties
    expected = np.zeros((n, 3, 2, 121))
    for i in range(len(hh.key)):
        for slot in range(8):
            if (member := int(hh.members[i, slot])) != EMPTY:
                place = int(hh.away_place[i] if int(hh.away[i]) >> slot & 1 else hh.base[i])
                at = divmod(place, 2) if place < 2 * n else (int(hh.home_county[i]), ELSEWHERE)
                expected[(*at, member % 2, member // 2)] += some.weight
    assert expected[:, ELSEWHERE].sum() > 0.0
    assert null_model.people(some, REGION) == pytest.approx(expected)


def test_the_flows_are_those_of_the_draw():
    """Sum of hazards times persons: the parameters, by the accounting of the base year."""
    setup = setup_of(start=2020, end_year=2025)
    draw, population = draw_of(setup, 0, 0)
    persons, p = null_model.people(population, REGION), draw.params
    rates = null_model._flows(draw, 2020, persons)
    ages = persons.sum(axis=2)
    back = p["return_hazard"] * ages[:, ELSEWHERE].sum()
    out = (rates.leaving[VILLAGE] * ages[:, VILLAGE]).sum(), (rates.leaving[TOWN] * ages[:, TOWN]).sum()
    assert sum(out) - back == pytest.approx(p["outside_loss_per_year"], rel=1e-9)
    assert out[1] / sum(out) == pytest.approx(p["town_out_share"])
    into = (rates.to_town * ages[:, VILLAGE]).sum() + p["return_town_share"] * back - out[1]
    assert into == pytest.approx(p["transfer_per_year"] * (1.0 - p["reclassification_share"]))


def test_published_totals_are_passed_and_flows_go_on_from_them():
    setup = setup_of(start=2020, end_year=2027)
    numbers = null_model.null_path(setup, 0)
    last = max(setup.published)
    for year, total in setup.published.items():
        assert numbers[f"rate:{year}"] == pytest.approx(total.urban_rate, abs=1e-5)
        assert numbers[f"residents:{year}"] == pytest.approx(total.residents, rel=1e-5)
    assert 0.0 < numbers["rate:2027"] - numbers[f"rate:{last}"] < 0.05
    county = sum(numbers[f"rate:{c}:2027"] * numbers[f"residents:{c}:2027"] for c in REGION.county_codes)
    assert county / numbers["residents:2027"] == pytest.approx(numbers["rate:2027"])
    assert null_model.null_path(setup, 1)["rate:2027"] != numbers["rate:2027"]


def test_the_mean_flow_of_the_observed_years_is_carried_on():
    """Pulls of log 1 and log 3 carry log 2, the pull of the mean flow; without observed years nothing is carried."""
    years = [
        SolvedYear(year, np.log(flow), np.log(2 * flow), 1, 1.0, 0.5, 1.0, 0.5) for year, flow in ((1, 1.0), (2, 3.0))
    ]
    last = null_model._with_carried(years)[-1]
    assert (last.carried_in, last.carried_out) == pytest.approx((np.log(2.0), np.log(4.0)))
    assert null_model._with_carried([]) == []
