"""Every lever pulled alone through the whole model: what the evidence gives a sign to goes that way.

One draw at median parameters, paired runs to 2029. Effects stand at the 95% quantile of their
prior, or larger where one draw of a small population could not tell them from nothing.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim import load_config, prepare
from sim.parameters.declared import declared
from sim.parameters.distributions import quantile
from sim.policies.effects import draw_effects
from sim.programs.attribute import variants
from sim.programs.attribute.variants import Variant, VariantSetup, pulled

LARGER = {
    ("T4", "rental_stay"): 3.0,
    ("T14", "rental_loss"): 0.9,
    ("T2", "village_jobs"): 0.5,
    ("T7", "labour_intensity"): 0.7,
    ("T10", "travel_time"): 0.5,
    ("T11", "job_shift"): 0.5,
    ("T16", "local_recovery"): 1.0,
}
"""Effects beyond their priors, so that the sign of a small mechanism shows."""


YEAR = {"T6": 2027, "T8": 2028}
"""Years of pulses; that of T6 shows in its first one: errors last, so that it brings forward who would come later."""
CITIES = ("4301", "4302", "4303")
"""The centre of Chang-Zhu-Tan and the two cities on its lines."""


@pytest.fixture(scope="module")
def setup():
    medians = {name: float(parameter.median) for name, parameter in declared().items()}
    return prepare(load_config(households=20_000, draws=1, end_year=2029, scenarios=["no_new_policy"], params=medians))


@pytest.fixture(scope="module")
def history(setup):
    return variants.begin(VariantSetup(setup, {}, ()), 0, 0)


@pytest.fixture(scope="module")
def run(setup, history):
    """Return a function from a lever, effects left out and parameters to the values of a run."""
    large = draw_effects(setup.levers, setup.seed, 0) | {
        (lever.id, effect.quantity): quantile(effect.prior, 0.95)
        for lever in setup.levers.values()
        for effect in lever.effects
    }
    done = {}

    def go(lever=None, without=(), params=None, also=(), fixed=None):
        key = (lever, tuple(without), tuple((params or {}).items()), tuple(also), tuple((fixed or {}).items()))
        if key not in done:
            chosen = {lever, *also} - {None}
            scenario = pulled(setup.scenarios["no_new_policy"], setup.levers, chosen, 1.0)
            if without:
                setting = scenario.settings[lever].model_copy(update={"without_effects": tuple(without)})
                scenario.settings[lever] = setting
            ready = VariantSetup(setup, {"one": Variant("one", scenario, params or {})}, ())
            given = replace(history, effects={**large, **LARGER, **(fixed or {})})
            rows = variants.branch(ready, given, "one").indicators
            done[key] = rows.groupby(["indicator", "year", "place"], observed=True)["value"].last()
        table = done[key]
        return lambda indicator, year=2029, place="430000": float(table[indicator, year, place])

    return go


@pytest.mark.parametrize(
    ("lever", "indicator", "place"),
    [
        ("T2", "urban_newcomers", "430000"),
        ("T3", "migrant_children", "430000"),
        ("T4", "urban_residents", "430000"),
        ("T5", "insured_share", "430000"),
        ("T6", "urban_newcomers", "group:potential_areas"),
        ("T7", "urban_newcomers", "430000"),
        ("T8", "village_leavers", "430000"),
        ("T9", "resident_urban_rate", "430000"),
        ("T11", "urban_newcomers", "4302"),
        ("T13", "urban_newcomers", "group:xiangnan_xiangxi"),
        ("T16", "village_residents", "group:zixing_huarong"),
        ("P1", "registrations", "430000"),
        ("P2", "registrations", "430000"),
        ("P4", "resident_urban_rate", "430000"),
    ],
)
def test_lever_moves_what_it_is_for(run, lever, indicator, place):
    year = YEAR.get(lever, 2029)
    assert run(lever)(indicator, year, place) > run()(indicator, year, place)


@pytest.mark.parametrize(
    ("lever", "quantity", "indicator", "year"),
    [
        ("T2", "village_jobs", "village_leavers", 2027),
        ("T14", "rental_loss", "urban_residents", 2029),
        ("T7", "labour_intensity", "urban_newcomers", 2029),
    ],
)
def test_what_works_against_the_lever_lowers_it(run, lever, quantity, indicator, year):
    """Village jobs are a pulse as well."""
    assert run(lever)(indicator, year) < run(lever, (quantity,))(indicator, year)


def test_services_by_residence_raise_or_lower_registration_with_rho(run):
    """With rho = 0 simpler rules raise registration; with rho = 1 and every service open nobody need register."""
    assert run("T1", params={"service_substitution": 0.0})("registrations") > run()("registrations")
    assert run("T1", params={"service_substitution": 1.0})("registrations") == 0.0


def test_paper_registrations_move_nobody(run):
    """P1 with and without its registrations on paper: the registered rate differs, where people live does not."""
    real, both = run("P1", ("paper_registrations",)), run("P1")
    assert both("registered_urban") - both("paper_registered") == pytest.approx(real("registered_urban"), rel=1e-12)
    assert both("paper_registered") > 0
    for indicator in ("residents", "urban_residents", "registrations", "urban_newcomers"):
        assert both(indicator) == real(indicator)


@pytest.mark.parametrize("enabler", ["P3", "P5", "P6", "P7", "T12", "T15", "T17"])
def test_what_cannot_act_alone_changes_nothing(run, enabler):
    for indicator in ("residents", "urban_residents", "registered_urban", "urban_newcomers", "registrations"):
        assert run(enabler)(indicator) == run()(indicator)


def test_the_siphon_draws_people_to_the_centre_and_from_the_cities_on_its_lines(run):
    """T10 with and without the pull of the centre: Changsha gains by it, Zhuzhou and Xiangtan lose."""
    both, outward = run("T10"), run("T10", ("siphon",))
    pull = {place: both("urban_residents", place=place) - outward("urban_residents", place=place) for place in CITIES}
    assert pull["4301"] > 0 > pull["4302"] + pull["4303"]


def newcomers(run, *levers, **fixed):
    """Return what levers add to the people moving into towns in 2027 to 2029."""
    acted = run(levers[0], also=levers[1:], fixed=fixed["fixed"])
    return sum(acted("urban_newcomers", year) - run()("urban_newcomers", year) for year in (2027, 2028, 2029))


def test_jobs_of_several_levers_are_one_stock(run):
    """T6 and T7 under P3 bring more than each, and at most P3's factor of what the two bring apart."""
    fixed = {("T6", "inflow_boost"): 0.5, ("T7", "vacancies"): 0.02, ("P3", "delivery"): 1.5}
    apart = newcomers(run, "T6", fixed=fixed), newcomers(run, "T7", fixed=fixed)
    assert min(apart) > 0
    assert newcomers(run, "P3", fixed=fixed) == 0
    assert max(apart) < newcomers(run, "T6", "T7", "P3", fixed=fixed) < 1.5 * sum(apart)


def test_jobs_saturate_at_the_limit_of_the_stock(run):
    """Once T7 fills the stock where it acts, a tenfold of its jobs and P3 on top bring nobody more."""
    full = run("T7", ("labour_intensity",), fixed={("T7", "vacancies"): 0.2})
    more = run("T7", ("labour_intensity",), also=("P3",), fixed={("T7", "vacancies"): 2.0})
    for year in (2027, 2028, 2029):
        assert full("urban_newcomers", year) == more("urban_newcomers", year)
