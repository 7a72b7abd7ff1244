"""Tables of the attribution: groups, exact sums, prices with intervals, every lever's claim."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.base.names import BASELINE
from sim.base.paths import CONFIGS
from sim.data import load_region
from sim.policies import load_levers, load_scenario
from sim.programs.attribute import page
from sim.programs.attribute.attribution import (
    GROUPS,
    OUTCOMES,
    attribution_table,
    attribution_variants,
    coalition_name,
    fieller,
    group_of,
    listed_runs,
    outcomes,
    price_table,
)
from sim.programs.attribute.claims import CLAIMS, Term
from sim.programs.attribute.conflicts import SIPHON, SWITCHES, conflict_variants, measures
from sim.programs.attribute.partial import build_up, claimed, needs_reason, partial_table, verdict
from sim.programs.attribute.variants import VariantSetup, begin, branch
from sim.report.labels import missing_phrase
from sim.report.text import Text
from sim.statistics.regions import PACKAGE, group_table
from sim.statistics.shapley import coalitions
from sim.studies.identity import basis_of, run_id
from sim.studies.study import run_study
from tests.studies import fake_simulator


@pytest.fixture(scope="module")
def levers():
    return load_levers(region=load_region("hunan"))


@pytest.fixture(scope="module")
def package(levers):
    return load_scenario("plan", levers, load_region("hunan"))


def test_groups_are_the_action_areas_and_the_measures(levers):
    groups = group_of(levers)
    members = {group: [lever for lever in levers if groups[lever] == group] for group in GROUPS}
    assert [len(members[group]) for group in GROUPS] == [5, 4, 4, 4, 7]
    assert members["measures"] == [f"P{k}" for k in range(1, 8)]


def test_variants_pull_exactly_what_their_names_say(levers, package):
    variants = attribution_variants(package, levers)
    assert len(variants) == 32 + 3 * 21, "three levers are not evaluable"
    pulled = {
        name: {lever for lever, setting in variant.scenario.settings.items() if not setting.zero}
        for name, variant in variants.items()
    }
    assert pulled[BASELINE] == set()
    assert pulled[PACKAGE] == set(levers)
    assert pulled["groups_10000"] == {"T1", "T2", "T3", "T4", "T5"}
    assert pulled["without_T3"] == set(levers) - {"T3"}
    assert pulled["only_T3"] == pulled["full_T3"] == {"T3"}
    assert variants["full_T3"].scenario.settings["T3"].intensity == 1.0
    switches = conflict_variants(package, levers)
    for lever, quantity in (*SWITCHES, SIPHON):
        assert quantity in switches[f"without_{lever}_{quantity}"].scenario.settings[lever].without_effects
    assert {measure.variant for measure in measures()} <= set(variants) | set(switches)


def made_up(levers, package, draws=6):
    """Rows of runs whose rate is 0.6 + a number of the draw + the sum of what the groups add + one interaction."""
    worth = dict(zip(GROUPS, (0.02, 0.01, 0.0, -0.005, 0.003), strict=True))
    rng = np.random.default_rng(4)
    rows = []
    for draw in range(draws):
        own, noise = rng.normal(0.0, 0.01), rng.normal(1.0, 0.2)
        for coalition in coalitions(GROUPS):
            lift = noise * sum(worth[group] for group in coalition)
            lift += 0.004 if {"settling", "measures"} <= coalition else 0.0
            rows.append((coalition_name(coalition), draw, 2029, 0.6 + own + lift, 0.2 - lift, 1e6 * lift, 2e6 * lift))
    names = ["scenario", "draw", "year", "resident_urban_rate", "rate_gap", "urban_residents", "registered_urban"]
    table = pd.DataFrame(rows, columns=names)
    table["counted"], table["residents"], table["paper_registered"] = table["urban_residents"] / 4, 1e6, 0.0
    return table


def test_counted_people_are_summed_since_the_observed_years(levers, package):
    """A quarter of what is added is counted a year; two projected years are half; 2024 and after 2029 count not."""
    last = made_up(levers, package)
    years = pd.concat([last.assign(year=year) for year in (2024, 2028, 2029, 2030)])
    found = outcomes(years, 2025)["counted"]
    expected = outcomes(last, 2025)["urban_residents"] / 2 / 1e6 * 100
    assert np.allclose(found, expected[found.columns])


def test_who_did_not_register_has_no_price(levers, package):
    """More registered on paper or by reclassification, but nobody who registered."""
    rows = made_up(levers, package).assign(fiscal_cost=1.0, registrations=100.0)
    assert np.ptp(rows["registered_urban"]) > 0
    price = price_table(rows, 2029, 2029).set_index(["gain", "name"])
    assert (price.loc["registrations", "persons"] == 0.0).all()
    assert (price.loc["urban_residents", "persons"] != 0.0).any()


def test_parts_sum_to_the_package_and_the_interaction_is_found(levers, package):
    table = attribution_table(outcomes(made_up(levers, package), 2025), {})
    for outcome in OUTCOMES:
        mine = table[table["outcome"] == outcome]
        whole = mine.loc[mine["kind"] == "package", "mean"].item()
        assert mine.loc[mine["kind"] == "shapley", "mean"].sum() == pytest.approx(whole, abs=1e-9)
    pairs = table[(table["outcome"] == "rate") & (table["kind"] == "interaction")].set_index("name")["mean"]
    assert pairs["settling+measures"] == pytest.approx(0.4)
    assert pairs["settling+renewal"] == pytest.approx(0.0, abs=1e-9)


def test_a_group_that_gains_more_than_the_province_catches_up():
    def place(lift, people):
        rows = [
            (name, draw, year, 0.5 + 0.01 * (year == 2029) + lift * (name == PACKAGE) * (year == 2029), people[name])
            for name in (BASELINE, PACKAGE)
            for draw in range(3)
            for year in (2024, 2029)
        ]
        return pd.DataFrame(rows, columns=["scenario", "draw", "year", "resident_urban_rate", "residents"])

    even = {BASELINE: 100.0, PACKAGE: 100.0}
    table = group_table(
        {"430000": place(0.01, even), "group:west": place(0.03, {BASELINE: 20.0, PACKAGE: 19.0})}, 2029, 2024
    )
    assert table.set_index("group").loc["province", ["catch_up", "share"]].tolist() == [0.0, 0.0]
    row = table.set_index("group").loc["west"]
    assert row["rate"] == pytest.approx(50.0)
    assert (row["change"], row["effect"], row["catch_up"], row["share"]) == pytest.approx((1.0, 3.0, 2.0, -1.0))


def test_no_price_is_given_for_a_gain_that_may_be_nothing():
    rng = np.random.default_rng(2)
    cost = rng.normal(100.0, 5.0, 50)
    assert np.isnan(fieller(cost, rng.normal(0.0, 1.0, 50))).all()
    assert np.isnan(fieller(cost, rng.normal(-5.0, 1.0, 50))).all()
    ratio, low, high = fieller(cost, rng.normal(10.0, 1.0, 50))
    assert low < ratio < high
    assert ratio == pytest.approx(10.0, rel=0.05)
    assert high - low < 1.0


def test_prices_are_sums_of_costs_over_differences_at_the_end():
    rows = [
        (name, draw, year, 5.0 * (name == "a"), 100.0 + 10.0 * (name == "a"), 50.0 + 5.0 * (name == "a"))
        for name in (BASELINE, "a")
        for draw in range(4)
        for year in (2028, 2029)
    ]
    names = ["scenario", "draw", "year", "fiscal_cost", "urban_residents", "registrations"]
    table = price_table(pd.DataFrame(rows, columns=names), 2028, 2029).set_index("gain")
    urban = table.loc["urban_residents"]
    assert (urban["cost"], urban["persons"], urban["per_person"]) == (10.0, 10.0, 1.0)
    registered = table.loc["registrations"]
    assert (registered["persons"], registered["per_person"]) == (10.0, 1.0)


def test_every_lever_has_one_claim_and_verdicts_follow_the_interval(levers):
    assert [claim.lever for claim in CLAIMS] == [name for name, lever in levers.items() if lever.evaluable]
    rows = []
    for draw in range(5):
        for name in (BASELINE, *(f"full_{lever}" for lever in levers)):
            lift = 0.0 if name != "full_T10" else 0.01 + 0.0001 * draw
            rows.append({"scenario": name, "draw": draw, "year": 2029, "resident_urban_rate": 0.6 + lift})
    table = pd.DataFrame(rows)
    other = (
        "registrations",
        "urban_newcomers",
        "migrant_children",
        "urban_residents",
        "insured_share",
        "village_leavers",
    )
    table = table.assign(unregistered_residents=1.0, **dict.fromkeys(other, 1.0))
    years = pd.concat([table.assign(year=year) for year in (2027, 2028, 2029)])
    table = partial_table(dict.fromkeys({claim.place for claim in CLAIMS}, years), levers, 2026)
    found = table.set_index("lever")["verdict"]
    assert found["T10"] == "outside", "one point is far above the prior"
    assert found["T5"] == "outside", "no children more where the prior excludes zero"
    assert found["T8"] == "outside", "nobody leaves where the prior excludes zero"
    assert all(reason for claim in CLAIMS for reason in claim.why)


def test_a_verdict_can_be_each_of_the_three():
    known = (0.0, 2.0, 5.0)
    assert verdict(0.1, -0.2, 0.4, known) == "inside"
    assert verdict(-0.1, -0.2, 0.4, known) == verdict(5.1, 4.9, 5.3, known) == "unsure"
    assert verdict(-0.3, -0.4, -0.2, known) == verdict(6.0, 5.5, 6.5, known) == "outside"
    assert verdict(9.9, 9.5, 10.3, (10.0, 10.0, 10.0)) == "inside"
    assert verdict(9.0, 8.5, 9.5, (10.0, 10.0, 10.0)) == "outside"
    assert needs_reason("inside", 0.5, 2.0)
    assert needs_reason("outside", 2.0, 2.0)
    assert not needs_reason("inside", 1.0, 2.0)
    assert not needs_reason("inside", 0.3, 0.0)


def test_claims_follow_from_the_priors_of_the_levers(levers):
    """Worked out by hand from the lever files: T6 20% (0 to 50) of 30%, T5 half of 0.11 logit, T9 and T14 as sums, T1.

    Market feedback leaves 12%, 18% and 30%; T9 builds up in thirds from 2027, T14 in quarters.
    """
    found = {claim.lever: claimed(claim, levers, 2026) for claim in CLAIMS}
    assert found["T6"] == pytest.approx((0.0, 6.0, 15.0))
    assert found["T5"] == pytest.approx((0.75, 2.75, 9.75))
    assert found["T9"][1] == pytest.approx(3 * 0.05 + 0.18 * (0.6 * 0.10 + 0.5 * 0.3 * 0.25) * 0.5 * 2)
    assert found["T14"][0] == pytest.approx(-0.30 * 0.5 * 0.15 * 1.0 * 1.5)
    assert found["T14"][2] == pytest.approx(0.30 * 0.05 * 1.2 * 1.5)
    assert found["T1"][1] == pytest.approx(100 * (1.1 * 0.5 / 0.7 - 1))
    assert found["T8"] == pytest.approx((0.12 * 100 * 0.6 * 0.04, 0.18 * 6, 0.30 * 100 * 0.6 * 0.20))
    claim = next(claim for claim in CLAIMS if claim.lever == "T14")
    assert build_up(claim, Term("town_utility", 1.0), levers, 2026) == pytest.approx(0.25 + 0.5 + 0.75)


def test_an_enabler_alone_is_the_baseline_household_by_household(levers, package, central_setup):
    """Runs of 2025 on the same draw: enablers change nothing alone, services do."""
    variants = attribution_variants(package, levers)
    chosen = {name: variants[name] for name in (BASELINE, "full_P3", "full_P7", "full_T9")}
    ready = VariantSetup(central_setup, chosen, ())
    history = begin(ready, 0, 0)
    outputs = {name: branch(ready, history, name).indicators for name in chosen}
    free = [column for column in outputs[BASELINE]["indicator"].unique() if column != "fiscal_cost"]

    def table(name):
        rows = outputs[name]
        return rows[rows["indicator"].isin(free)].reset_index(drop=True)

    for name in ("full_P3", "full_P7"):
        pd.testing.assert_frame_equal(table(name), table(BASELINE))
    assert not table("full_T9").equals(table(BASELINE))


def test_an_edited_package_answers_with_none_of_its_old_runs(levers, make, tmp_path):
    """A package at half intensity, then at full: every variant at the level of the package is another run."""
    source = (CONFIGS / "scenario" / "plan.yaml").read_text(encoding="utf-8").replace("name: plan", "name: mine")
    file, found = tmp_path / "mine.yaml", {}
    for level in ("0.5", "1.0"):
        file.write_text(source.replace("every_lever: 0.5", f"every_lever: {level}"), encoding="utf-8")
        variants = attribution_variants(load_scenario(str(file), levers, load_region()), levers)
        found[level] = VariantSetup(SimpleNamespace(levers=levers), variants, (PACKAGE,)).scenario_content
    names = list(found["0.5"])
    config = make(draws=1)
    data = load_region().data_hash()
    bases = [basis_of(config, content, data) for content in found.values()]
    same = [name for name in names if run_id(bases[0], name, 0, 0) == run_id(bases[1], name, 0, 0)]
    assert same == [name for name in names if name == BASELINE or name.startswith("full_")]


def test_the_page_counts_the_runs_that_are_missing(make, monkeypatch):
    """One failed draw of four: three are compared, and the page says which one is not."""
    config = make(draws=4, end_year=2029)
    run_study(config, fake_simulator.simulator(fail_branch=(("plan", 2),)), fake_simulator.report)
    runs = listed_runs(config.study_dir)
    assert len(runs) == 8
    words = missing_phrase(runs, Text("en"))
    assert words == "Of 8 runs 7 are done, 1 failed and 0 are pending. Draws that are not whole: 2."
    monkeypatch.setattr(page, "_interval", lambda *_: dict.fromkeys(("change", "low", "high"), ""))
    monkeypatch.setattr(page, "questions", lambda *_: [])
    monkeypatch.setattr(page, "number", lambda *_: 0.0)
    monkeypatch.setattr(page, "part", lambda *_: {"mean": pd.Series(dict.fromkeys(GROUPS, 0.0))})
    goal = pd.DataFrame({"target": "resident_rate_66", "target_year": 2029, "scenario": [BASELINE, PACKAGE]})
    goal.assign(probability=0.5).to_csv(config.study_dir / "target.csv", index=False)
    pen = SimpleNamespace(page=Text("en"), tables={"groups": None})
    assert page._answer(pen, config.study_dir, load_region(), 2026).warnings[0].startswith(words)
    assert not missing_phrase(runs[runs["draw"] != 2], Text("en"))
