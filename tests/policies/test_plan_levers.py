"""The plan's levers and scenarios as committed: structure, evidence, timing, places, tables."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from sim.data import load_region
from sim.parameters.distributions import summary
from sim.policies import (
    QUANTITIES,
    QUANTITY_INDEX,
    Lever,
    Levers,
    draw_effects,
    lever_notes,
    lever_table,
    load_levers,
    load_scenario,
    median_effects,
    modifier_table,
    quantity_table,
    scenario_names,
    scenario_table,
)
from sim.policies.fingerprint import clauses, fingerprint, in_plan
from sim.policies.loader import POLICY_FOLDER
from sim.policies.table import cost_table_text

DOCS = Path(__file__).resolve().parents[2] / "docs"
EVIDENCE = DOCS / "evidence.csv"

EVERY_LEVER = {f"T{k}" for k in range(1, 18)} | {f"P{k}" for k in range(1, 8)}
SCENARIOS = {"no_new_policy", "plan", "services_first", "jobs_first", "housing_first", "registration_first"}

PUBLISHED_RANGES = {
    ("T1", "service_access"): (0.0, 0.05, 0.12),
    ("T1", "registration_odds"): (0.7, 1.1, 1.5),
    ("T2", "vacancies"): (0.0, 0.005, 0.015),
    ("T2", "job_finding"): (0.0, 0.03, 0.08),
    ("T3", "bring_children"): (0.02, 0.10, 0.30),
    ("T4", "rental_stay"): (-0.05, 0.10, 0.35),
    ("T5", "bring_children"): (0.03, 0.11, 0.39),
    ("T5", "portability"): (0.0, 0.05, 0.15),
    ("T6", "inflow_boost"): (0.0, 0.2, 0.5),
    ("T9", "town_amenity"): (0.0, 0.10, 0.25),
    ("T9", "county_school_quality"): (0.1, 0.3, 0.6),
    ("T9", "reclassification"): (0.0, 0.05, 0.15),
    ("P1", "registration_odds"): (1.0, 1.2, 1.6),
    ("P1", "school_capacity"): (1.0, 1.03, 1.08),
    ("T7", "vacancies"): (0.0, 0.003, 0.01),
    ("T10", "travel_time"): (0.10 - 1.6448536 * 0.05, 0.10, 0.10 + 1.6448536 * 0.05),
    ("T11", "job_shift"): (0.001, 0.01, 0.019),
    ("T13", "town_utility"): (0.0, 0.03, 0.08),
    ("T14", "town_utility"): (0.0, 0.02, 0.05),
    ("T14", "rental_loss"): (0.0, 0.05, 0.15),
    ("T16", "town_utility"): (0.0, 0.005, 0.02),
    ("P3", "delivery"): (1.0, 1.25, 1.5),
    ("P4", "vacancies"): (0.0, 0.001, 0.005),
    ("P5", "delivery"): (0.8, 0.98, 1.1),
    ("P6", "delivery"): (0.9, 1.05, 1.2),
    ("P6", "unit_cost"): (0.85, 0.95, 1.0),
    ("P2", "registration_odds"): (1.0, 1.5, 2.5),
    ("P2", "out_move"): (-0.03, 0.05, 0.13),
}
"""5%, 50% and 95% of the effect at intensity 1, as the evidence states them."""

ACT_BEFORE_2027 = {
    "T1": {"service_access", "service_coverage", "registration_odds", "registration_threshold"},
    "T3": {"bring_children"},
    "T4": {"purchase_subsidy"},
    "T5": {"insurance_enrolment", "bring_children"},
    "T16": {"local_recovery", "out_move"},
    "P1": {"registration_odds", "paper_registrations"},
    "P2": {"registration_odds", "out_move"},
    "P5": {"delivery"},
    "P7": {"budget"},
}
"""Rules, money, reconstruction after the floods of 2024; buildings, jobs and changes of status take until 2027."""


@pytest.fixture(scope="module")
def region():
    return load_region("hunan")


@pytest.fixture(scope="module")
def levers(region) -> Levers:
    return load_levers(region=region)


def test_every_task_and_measure_is_a_lever(levers: Levers) -> None:
    assert set(levers) == EVERY_LEVER
    assert set(levers) == {file.stem for file in POLICY_FOLDER.glob("*.yaml")} - {"combining"}
    for lever in levers.values():
        assert lever.section[0] in "二三"
        assert lever.evidence.sources or lever.evidence.grade in ("weak", "none")
        assert lever.costs or lever.id == "P7"


def test_phrases_are_the_words_of_the_plan(levers: Levers) -> None:
    for lever in levers.values():
        for phrase in lever.phrase:
            assert in_plan(phrase), (lever.id, phrase)
            assert not in_plan(phrase[:-1] + "了"), (lever.id, phrase)


def test_fingerprint_of_a_text_cut_by_hand() -> None:
    """Two clauses after each other pass, out of order or changed they do not."""
    assert clauses("（一）健全\n\n1.完善制度，适时 调增；") == ["一", "健全", "完善制度", "适时调增"]
    assert len(set(fingerprint("甲，乙；甲"))) == 2
    assert not in_plan("没有这句话")


def test_every_prior_is_in_the_register_of_evidence(levers: Levers) -> None:
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        known = {row["key"] for row in csv.DictReader(file)} | {"judgement"}
    for lever in levers.values():
        assert {item.prior_id for item in (*lever.effects, *lever.costs, *lever.projects)} <= known, lever.id


@pytest.mark.parametrize("key", PUBLISHED_RANGES)
def test_priors_have_the_quantiles_of_the_evidence(levers: Levers, key: tuple[str, str]) -> None:
    effect = next(e for e in levers[key[0]].effects if e.quantity == key[1])
    assert summary(effect.prior) == pytest.approx(PUBLISHED_RANGES[key])


def test_shared_and_half_life_priors(levers: Levers) -> None:
    assert summary(levers.combining.displacement.prior) == pytest.approx((0.22, 0.4, 0.58))
    assert summary(levers.combining.multiplier.prior) == pytest.approx((-0.1, 0.2, 0.5))
    boost = next(e for e in levers["T6"].effects if e.quantity == "inflow_boost")
    assert summary(boost.ramp.half_life.prior) == pytest.approx((1, 2, 4))


def test_factors_stay_positive_and_changes_inside_the_limits(levers: Levers) -> None:
    for draw in range(200):
        for (_, name), value in draw_effects(levers, 1, draw).items():
            if name in QUANTITY_INDEX:
                quantity = QUANTITIES[QUANTITY_INDEX[name]]
                assert quantity.low <= value <= quantity.high, (name, value)


def test_only_rules_act_before_2027_and_nothing_before_2025(levers: Levers, region) -> None:
    years = [2024, 2025, 2026, 2027]
    assert min(project.opens for project in levers["T10"].projects) == 2027
    neutral = np.array([q.neutral for q in QUANTITIES])[:, None]
    plan = load_scenario("plan", levers, region)
    modifiers = modifier_table(plan, levers, median_effects(levers), region, years)
    assert (modifiers[0] == neutral).all()
    moved = {q.name for i, q in enumerate(QUANTITIES) if (modifiers[1:3, i] != neutral[i]).any()} - {
        "travel_time",
        "siphon",
    }
    assert moved == set().union(*ACT_BEFORE_2027.values())
    for lever in EVERY_LEVER - {"T10"}:
        for effect in (effect for effect in levers[lever].effects if effect.active):
            early = (effect.ramp or levers[lever].ramp).start < 2027
            assert early == (effect.quantity in ACT_BEFORE_2027.get(lever, set())), (lever, effect.quantity)


def test_levers_act_where_the_plan_says(levers: Levers, region) -> None:
    plan = load_scenario("plan", levers, region)
    modifiers = modifier_table(plan, levers, median_effects(levers), region, [2028])[0]
    boosted = set(np.flatnonzero(modifiers[QUANTITY_INDEX["inflow_boost"]]))
    named = set(region.groups["potential_areas"]) | set(region.groups["xiangnan_xiangxi"])
    assert boosted == named
    assert 0 < len(named) < region.n_counties
    threshold = np.flatnonzero(modifiers[QUANTITY_INDEX["registration_threshold"]])
    assert {region.county_codes[c][:4] for c in threshold} == {"4301"}
    assert all(
        "The plan" in lever.aimed or " as named" in lever.aimed or re.search("[一-龥]", lever.aimed)
        for lever in levers.values()
    )


@pytest.mark.parametrize(
    ("lever", "quantity", "groups"),
    [
        ("T4", "purchase_subsidy", {"county_seats"}),
        ("T7", "vacancies", {"potential_areas", "xiangnan_xiangxi"}),
        ("T8", "out_move", {"potential_areas"}),
        ("T9", "town_amenity", {"county_seats", "sub_centres"}),
        ("T9", "out_move", {"shrinking_counties"}),
        ("T10", "travel_time", {"chang_zhu_tan"}),
        ("T16", "local_recovery", {"zixing_huarong"}),
        ("P1", "school_capacity", {"net_inflow_cities"}),
        ("P1", "delivery", {"net_inflow_cities"}),
        ("P3", "delivery", {"xiangnan_xiangxi"}),
        ("P4", "reclassification", {"potential_areas"}),
    ],
)
def test_effects_are_aimed_at_the_groups_the_plan_names(levers: Levers, region, lever, quantity, groups) -> None:
    effect = next(e for e in levers[lever].effects if e.quantity == quantity)
    acts = np.flatnonzero((effect.where or levers[lever].where).mask(region))
    assert set(acts) == set().union(*(set(region.groups[group]) for group in groups))


def test_joint_governance_covers_the_metropolitan_area_and_loudi(levers: Levers, region) -> None:
    acts = np.flatnonzero(levers["P5"].where.mask(region))
    loudi = {k for k, code in enumerate(region.county_codes) if code.startswith("4313")}
    assert set(acts) == set(region.groups["chang_zhu_tan"]) | loudi


def test_reclassification_is_a_switch_and_workshops_pull_the_other_way(levers: Levers) -> None:
    assert "reclassification" in {e.quantity for e in levers["T9"].effects}
    assert "village_jobs" in {e.quantity for e in levers["T2"].effects}
    off = {(lever.id, e.quantity) for lever in levers.values() for e in lever.effects if not e.active}
    assert off == {("T6", "vacancies"), ("T5", "portability")}


def test_what_has_no_evidence_is_not_evaluable(levers: Levers) -> None:
    """Graded none in the evidence table of the levers: T12, T15 and T17 act on nobody, enablers on other levers."""
    none = {lever.id for lever in levers.values() if lever.evidence.grade == "none"}
    assert none == {"T12", "T15", "T17", "P5", "P6", "P7"}
    assert {lever.id for lever in levers.values() if not lever.evaluable} == {"T12", "T15", "T17"}
    assert all(lever.costs for lever in levers.values() if not lever.evaluable)
    written = levers["T12"].model_dump() | {"effects": [levers["T13"].effects[0].model_dump()]}
    with pytest.raises(ValidationError, match="graded none, so an effect on town_utility cannot be known"):
        Lever.model_validate(written)


def test_packages_are_the_plan_at_other_intensities(levers: Levers, region) -> None:
    assert set(scenario_names()) >= SCENARIOS
    scenarios = {name: load_scenario(name, levers, region) for name in SCENARIOS}
    for name, scenario in scenarios.items():
        rule = scenario.equal_cost
        assert (rule is not None) == name.endswith("_first")
        assert rule is None or (
            rule.of.name == "plan" and {scenario.settings[n].intensity for n in rule.named} == {1.0}
        )
        assert scenario.baseline == (name == "no_new_policy")
        assert scenario.name_zh
        assert scenario.description_zh
    assert all(setting.intensity == 0.5 for setting in scenarios["plan"].settings.values())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_tables_have_a_row_for_everything(levers: Levers, region, language) -> None:
    effects = sum(max(len(lever.effects), 1) for lever in levers.values())
    costs = sum(len(lever.costs) for lever in levers.values())
    assert len(lever_table(levers, language).splitlines()) == 2 + effects
    assert len(quantity_table(language).splitlines()) == 2 + len(QUANTITIES)
    assert len(cost_table_text(levers, language).splitlines()) == 2 + costs
    scenarios = [load_scenario(name, levers, region) for name in scenario_names()]
    text = scenario_table(scenarios, language)
    assert len(text.splitlines()) == 2 + len(scenarios)
    assert "T1, T3, T5: 1" in text
    assert len({line.count("|") for line in lever_table(levers, language).splitlines()}) == 1


def test_notes_quote_the_plan(levers: Levers) -> None:
    notes = lever_notes(levers)
    for lever in levers.values():
        assert all(phrase in notes for phrase in lever.phrase)
        assert lever.note in notes
