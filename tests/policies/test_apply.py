"""Modifier and cost tables against cases worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.policies import (
    DRIVERS,
    QUANTITIES,
    QUANTITY_INDEX,
    PolicyFileError,
    cost_table,
    draw_effects,
    fiscal_cost,
    lever_costs,
    median_effects,
    modifier_table,
    scenario_from_mapping,
)
from sim.policies.travel import saved_tenths

YEARS = [2024, 2025, 2026, 2028]
HEAD = {"name": "mix", "name_en": "Mix", "name_zh": "组合", "description": "a test"}


def effect(quantity: str, value: float, **more: Any) -> str:
    extra = "".join(f", {key}: {item}" for key, item in more.items())
    return f"  - {{quantity: {quantity}, prior: {{dist: point, value: {value}}}, unit: u, prior_id: judgement{extra}}}"


def table(levers: Any, region: Any, settings: dict[str, Any], years: list[int] = YEARS) -> np.ndarray:
    scenario = scenario_from_mapping({**HEAD, "levers": settings}, levers, region)
    return modifier_table(scenario, levers, median_effects(levers), region, years)


def column(modifiers: np.ndarray, quantity: str) -> np.ndarray:
    return modifiers[:, QUANTITY_INDEX[quantity], :]


def test_a_quantity_that_adds_receives_value_times_intensity_times_ramp(make_levers, text, region) -> None:
    levers = make_levers(T1=text("T1"))
    modifiers = table(levers, region, {"T1": 0.5})
    assert modifiers.shape == (4, len(QUANTITIES), 4)
    assert column(modifiers, "service_access")[:, 0] == pytest.approx([0, 0.05, 0.1, 0.2])
    others = np.delete(modifiers, QUANTITY_INDEX["service_access"], axis=1)
    neutral = np.delete(np.array([q.neutral for q in QUANTITIES]), QUANTITY_INDEX["service_access"])
    assert (others == neutral[None, :, None]).all()


def test_levers_on_one_quantity_add_or_multiply(make_levers, text, region) -> None:
    levers = make_levers(
        T1=text("T1", effect("registration_odds", 1.44) + "\n" + effect("out_move", 0.1)),
        P2=text("P2", effect("registration_odds", 0.81) + "\n" + effect("out_move", -0.04)),
    )
    modifiers = table(levers, region, {"T1": 0.5, "P2": 0.5})
    assert column(modifiers, "registration_odds")[3, 0] == pytest.approx(1.2 * 0.9)
    assert column(modifiers, "registration_odds")[1, 0] == pytest.approx(1.44**0.125 * 0.81**0.125)
    assert column(modifiers, "out_move")[3, 0] == pytest.approx(0.05 - 0.02)


def test_vacancies_share_one_multiplier(make_levers, text, region) -> None:
    levers = make_levers(
        T2=text("T2", effect("vacancies", 0.01)), T6=text("T6", effect("vacancies", 0.03), where="{groups: [river]}")
    )
    net = column(table(levers, region, {"T2": 1.0, "T6": 0.5}), "vacancies")[3]
    assert net == pytest.approx(np.array([0.01, 0.025, 0.025, 0.01]) * 1.2)


def test_a_cheaper_delivery_lowers_the_costs_of_its_targets_alone(make_levers, text, region) -> None:
    levers = make_levers(
        T14=text("T14", extra=COSTS),
        T15=text("T15", extra=COSTS),
        P6=text("P6", effect("unit_cost", 0.81, targets="[T14]")),
    )
    scenario = scenario_from_mapping({**HEAD, "levers": {"T14": 1.0, "T15": 1.0, "P6": 0.5}}, levers, region)
    costs = lever_costs(scenario, levers, median_effects(levers), region, [2028])
    row = [driver.name for driver in DRIVERS].index("registrations")
    assert costs["T14"][0, row] == pytest.approx(90.0)
    assert costs["T15"][0, row] == pytest.approx(100.0)


PROJECT = """projects:
  - name_en: Line
    name_zh: 线
    opens: 2026
    ends: [{counties: [990101]}, {prefectures: ['9902']}]
    saving: 0.19
    prior_id: judgement
"""


def test_projects_shorten_travel_both_ways_from_their_opening(make_levers, text, region) -> None:
    """A saving of 19% is two cuts of a tenth: 0.9 x 0.9 = 0.81."""
    both = effect("travel_time", 0.1) + "\n" + effect("siphon", 1.0)
    levers = make_levers(T10=text("T10", both, PROJECT))
    on = scenario_from_mapping({**HEAD, "levers": {"T10": {"intensity": 0.5, "delay": 1}}}, levers, region)
    tenths = saved_tenths(on, levers, region, [2026, 2027])
    assert not tenths[0].any()
    assert tenths[1] == pytest.approx(np.array([[0, 0, 2, 2], [0, 0, 0, 0], [2, 0, 0, 0], [2, 0, 0, 0]]))
    outward = {"intensity": 0.5, "without_effects": ["siphon"]}
    one_way = saved_tenths(
        scenario_from_mapping({**HEAD, "levers": {"T10": outward}}, levers, region), levers, region, [2026]
    )
    assert one_way[0] == pytest.approx(np.array([[0, 0, 2, 2], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    off = scenario_from_mapping(HEAD, levers, region)
    assert not saved_tenths(off, levers, region, [2030]).any()
    with pytest.raises(PolicyFileError, match="projects and an effect on travel_time need each other"):
        make_levers(T10=text("T10", effect("travel_time", 0.1)))


def test_the_sum_is_cut_to_the_limits_of_the_quantity(make_levers, text, region) -> None:
    levers = make_levers(T1=text("T1", effect("service_coverage", 0.8)), T2=text("T2", effect("service_coverage", 0.9)))
    assert column(table(levers, region, {"T1": 1.0, "T2": 1.0}), "service_coverage")[3, 0] == 1.0


def test_scale_and_switches(make_levers, text, region) -> None:
    levers = make_levers(
        T9=text(
            "T9",
            effect("town_amenity", 0.2, scale=0.5, scale_reason="half of them")
            + "\n"
            + effect("reclassification", 0.06)
            + "\n"
            + effect("out_move", 0.1, active="false"),
        )
    )
    modifiers = table(levers, region, {"T9": 1.0})
    assert column(modifiers, "town_amenity")[3, 0] == pytest.approx(0.1)
    assert column(modifiers, "reclassification")[3, 0] == pytest.approx(0.06)
    assert column(modifiers, "out_move")[3, 0] == 0.0
    switched = {"intensity": 1.0, "with_effects": ["out_move"], "without_effects": ["reclassification"]}
    modifiers = table(levers, region, {"T9": switched})
    assert column(modifiers, "reclassification")[3, 0] == 0.0
    assert column(modifiers, "out_move")[3, 0] == pytest.approx(0.1)


def test_delivery_multiplies_its_targets_and_nothing_else(make_levers, text, region) -> None:
    levers = make_levers(
        T4=text("T4", effect("rental_stay", 0.1) + "\n" + effect("purchase_subsidy", 0.04)),
        T5=text("T5", effect("portability", 0.1)),
        P1=text("P1", effect("delivery", 1.21, targets="[T4.rental_stay]")),
        P6=text("P6", effect("delivery", 0.5, targets="[T5]")),
    )
    modifiers = table(levers, region, {"T4": 1.0, "T5": 1.0, "P1": 0.5, "P6": 1.0})
    assert column(modifiers, "rental_stay")[3, 0] == pytest.approx(0.11)
    assert column(modifiers, "purchase_subsidy")[3, 0] == pytest.approx(0.04)
    assert column(modifiers, "portability")[3, 0] == pytest.approx(0.05)
    assert column(modifiers, "delivery")[3, 0] == pytest.approx(1.1 * 0.5)
    alone = table(levers, region, {"P1": 1.0})
    assert column(alone, "rental_stay")[3, 0] == 0.0


@pytest.mark.parametrize(
    ("where", "setting", "expected"),
    [
        ("all", 1.0, [1, 1, 1, 1]),
        ("{groups: [river]}", 1.0, [0, 1, 1, 0]),
        ("{prefectures: [9902]}", 1.0, [0, 0, 1, 1]),
        ("{counties: [990101], groups: [hills]}", 1.0, [1, 0, 0, 1]),
        ("{exclude: {groups: [river]}}", 1.0, [1, 0, 0, 1]),
        ("{prefectures: ['9902'], exclude: {counties: ['990202']}}", 1.0, [0, 0, 1, 0]),
        ("{groups: [river]}", {"intensity": 1.0, "where": {"groups": ["hills"]}}, [0, 0, 0, 1]),
        ("{groups: [river]}", {"intensity": 1.0, "where": "all"}, [1, 1, 1, 1]),
    ],
)
def test_where(make_levers, text, region, where: str, setting: Any, expected: list[int]) -> None:
    levers = make_levers(T1=text("T1", effect("out_move", 1.0), where=where))
    assert column(table(levers, region, {"T1": setting}), "out_move")[3].tolist() == expected


def test_an_effect_with_its_own_place_acts_where_the_scenario_agrees(make_levers, text, region) -> None:
    levers = make_levers(T1=text("T1", effect("out_move", 1.0, where="{groups: [river]}")))
    assert column(table(levers, region, {"T1": 1.0}), "out_move")[3].tolist() == [0, 1, 1, 0]
    narrowed = {"T1": {"intensity": 1.0, "where": {"prefectures": ["9902"]}}}
    assert column(table(levers, region, narrowed), "out_move")[3].tolist() == [0, 0, 1, 0]


def test_a_boost_decays_with_its_drawn_half_life(make_levers, text, region) -> None:
    half_life = "{prior: {dist: lognormal, median: 2, gsd: 1.5}, prior_id: G08}"
    ramp = f"{{kind: pulse, start: 2025, half_life: {half_life}}}"
    levers = make_levers(T6=text("T6", effect("inflow_boost", 0.2, ramp=ramp)))
    scenario = scenario_from_mapping({**HEAD, "levers": {"T6": 1.0}}, levers, region)
    effects = draw_effects(levers, seed=3, draw=5)
    years = [2024, 2025, 2027, 2030]
    boost = column(modifier_table(scenario, levers, effects, region, years), "inflow_boost")[:, 0]
    life = effects["T6", "inflow_boost.half_life"]
    assert boost == pytest.approx([0, 0.2, 0.2 * 0.5 ** (2 / life), 0.2 * 0.5 ** (5 / life)])
    assert life != 2.0
    at_median = column(modifier_table(scenario, levers, median_effects(levers), region, years), "inflow_boost")[2, 0]
    assert at_median == pytest.approx(0.1)


def test_no_policy_is_exactly_neutral(make_levers, text, region) -> None:
    levers = make_levers(T1=text("T1"), T2=text("T2", effect("vacancies", 0.01)))
    neutral = np.array([q.neutral for q in QUANTITIES])[None, :, None]
    assert (table(levers, region, {}) == neutral).all()


def test_draws_depend_on_seed_draw_and_name_only(make_levers, text, write) -> None:
    prior = "{quantity: out_move, prior: {dist: normal, mean: 0, sd: 1}, unit: u, prior_id: judgement}"
    one = draw_effects(make_levers(T1=text("T1", "  - " + prior)), 1, 7)
    two = draw_effects(make_levers(T2=text("T2", "  - " + prior)), 1, 7)
    assert one["T1", "out_move"] == two["T1", "out_move"] != two["T2", "out_move"]
    again = make_levers(T1=text("T1", "  - " + prior))
    assert draw_effects(again, 1, 7) == two
    assert draw_effects(again, 1, 8)["T1", "out_move"] != one["T1", "out_move"]
    assert draw_effects(again, 2, 7)["T1", "out_move"] != one["T1", "out_move"]
    assert draw_effects(again, 1, 7, {"T1.out_move": 0.25})["T1", "out_move"] == 0.25
    with pytest.raises(ValueError, match=r"T1\.out_mve.*T1\.out_move"):
        draw_effects(again, 1, 7, {"T1.out_mve": 0.25})


COSTS = """costs:
  - {driver: registrations, prior: {dist: point, value: 100}, unit: yuan, prior_id: judgement}
  - {driver: urban_newcomers, prior: {dist: normal, mean: 60, sd: 9}, unit: yuan, prior_id: K06, scale: 0.5,
     scale_reason: half of them, ramp: {kind: step, start: 2026}}
"""


def test_cost_is_people_times_unit_cost_times_effort(make_levers, text, region) -> None:
    levers = make_levers(
        T4=text("T4", extra=COSTS, where="{groups: [river]}"),
        T9=text("T9", extra=COSTS.replace("scale: 0.5", "scale: 0.25")),
    )
    scenario = scenario_from_mapping({**HEAD, "levers": {"T4": 0.5, "T9": 1.0}}, levers, region)
    costs = cost_table(scenario, levers, median_effects(levers), region, YEARS)
    assert costs.shape == (4, len(DRIVERS), 4)
    names = [driver.name for driver in DRIVERS]
    assert costs[1, names.index("registrations")] == pytest.approx([25, 37.5, 37.5, 25])
    assert costs[1, names.index("urban_newcomers")] == pytest.approx([0, 0, 0, 0])
    assert costs[3, names.index("urban_newcomers")] == pytest.approx([15, 30, 30, 15])
    people = {name: np.full(4, 10.0) for name in names}
    assert fiscal_cost(costs[3], people) == pytest.approx([1150, 1800, 1800, 1150])
    by_year = {name: np.full((4, 4), 10.0) for name in names}
    assert fiscal_cost(costs, by_year)[3] == pytest.approx([1150, 1800, 1800, 1150])
    drawn = draw_effects(levers, 1, 1)
    assert drawn["T4", "cost.urban_newcomers"] == drawn["T9", "cost.urban_newcomers"]
    with pytest.raises(ValueError, match="needed are exactly"):
        fiscal_cost(costs[3], {"registrations": np.ones(4)})
    with pytest.raises(ValueError, match="shape"):
        fiscal_cost(costs[3], by_year)
