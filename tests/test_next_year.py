"""A further year of figures is one row per table: everything follows from it, and no file is edited."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.base.names import BASELINE
from sim.base.paths import CONFIGS, PACKAGE
from sim.config import load_config
from sim.data import load_region
from sim.data.__main__ import main
from sim.data.schemas import TABLES
from sim.model.path.begin import begin
from sim.model.path.history import branch, planner_of
from sim.model.path.setup import Setup, prepare
from sim.parameters.declared import declared
from sim.policies import idle_settings, load_levers, modifier_table, scenario_from_mapping
from sim.policies.plan import plan_years
from sim.policies.quantities import QUANTITY_INDEX
from sim.programs.docs.forecasts import published
from sim.programs.hindcast.cases import prefecture_case, province_case
from sim.report.figures import fan
from sim.report.finished_study import load_study
from sim.studies.target import target_table
from tests.report.fake import Fake, write_fake_study

LAST = load_region().last_observed
NEXT = LAST + 1
PERSONS, RATE = 64_500_000, 0.638


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of Hunan with a made-up row for the next year in both yearly tables."""
    folder = tmp_path_factory.mktemp("configs")
    for name in ("policy", "scenario"):
        shutil.copytree(CONFIGS / name, folder / name)
    shutil.copy(CONFIGS / "parameters.yaml", folder / "parameters.yaml")
    tables = shutil.copytree(PACKAGE / "data" / "hunan", folder / "data" / "hunan")
    series = pd.read_csv(tables / "province_series.csv")
    births, deaths = (round(rate * (series["residents"].iloc[-1] + PERSONS) / 2000) for rate in (4.5, 9.3))
    append(
        tables / "province_series.csv",
        f"{NEXT},{PERSONS},{round(PERSONS * RATE, -4):.0f},{RATE},4.5,9.3,,,{births},{deaths}",
    )
    append(tables / "prefecture_annual.csv", f"4301,{NEXT},10800000,9180000,0.85")
    return folder


def append(path: Path, row: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + row + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def setup(tables: Path) -> Setup:
    medians = {name: p.median for name, p in declared().items()}
    keys = {"households": 5_000, "draws": 1, "scenarios": [BASELINE, "plan"], "end_year": NEXT + 1}
    return prepare(load_config(**keys, posterior=None, params=medians), tables)


def test_the_tables_hold(tables, capsys):
    assert main(["--root", str(tables / "data"), "check"]) == 0
    assert f"{len(TABLES)} of {len(TABLES)} tables hold" in capsys.readouterr().out
    assert load_region("hunan", tables / "data").last_observed == NEXT


@pytest.mark.parametrize(
    ("file", "row", "words"),
    [
        (
            "province_series.csv",
            f"{NEXT + 2},64000000,41000000,0.6406,4.5,9.3,,,289125,597525",
            f"{NEXT}: the year after",
        ),
        (
            "prefecture_annual.csv",
            f"4301,{NEXT + 1},10800000,,",
            f"{NEXT + 1}: missing, but prefecture_annual has 4301",
        ),
    ],
)
def test_a_gap_is_refused(tables, tmp_path, capsys, file, row, words):
    copy = shutil.copytree(tables / "data" / "hunan", tmp_path / "hunan")
    append(copy / file, row)
    assert main(["--root", str(tmp_path), "check"]) == 1
    printed = capsys.readouterr()
    assert words in printed.out + printed.err


def test_prefectures_that_do_not_add_to_the_province_are_refused(tmp_path, capsys):
    copy = shutil.copytree(PACKAGE / "data" / "hunan", tmp_path / "hunan")
    annual = copy / "prefecture_annual.csv"
    text = annual.read_text(encoding="utf-8")
    assert "4301,2025,10721400,9060700" in text
    annual.write_text(text.replace("4301,2025,10721400,9060700", "4301,2025,10821400,9145200"), encoding="utf-8")
    assert main(["--root", str(tmp_path), "check"]) == 1
    printed = capsys.readouterr()
    assert "2025: residents of prefectures do not add to the province" in printed.out + printed.err


def test_every_scenario_passes_the_new_figure_and_levers_act_from_the_year_after(setup):
    assert sorted(setup.published) == list(range(2021, NEXT + 1))
    history = begin(setup, 0, 0)
    outputs = {name: branch(setup, history, name) for name in setup.scenarios}
    rates = {
        name: output.indicators.query("place == '430000' and indicator == 'resident_urban_rate' and step == 4")
        for name, output in outputs.items()
    }
    ends = pd.DataFrame({name: rows.set_index("year")["value"] for name, rows in rates.items()})
    assert ends.loc[NEXT, "plan"] == ends.loc[NEXT, BASELINE] == pytest.approx(RATE, abs=0.0016)
    assert ends.loc[NEXT + 1, "plan"] != ends.loc[NEXT + 1, BASELINE]
    assert set(outputs["plan"].costs["year"]) == {NEXT + 1}, "what an observed year cost is not counted"
    assert set(outputs["plan"].pyramid["year"]) == set(range(2020, NEXT + 2))

    planner = planner_of(setup, history, "plan")
    assert not planner.mods(NEXT)["service_coverage"].any()
    assert planner.costs(NEXT, history.records[-1]) == {}
    column = QUANTITY_INDEX["service_coverage"]
    path = modifier_table(setup.scenarios["plan"], setup.levers, history.effects, setup.region, range(2025, 2030))
    assert np.array_equal(planner.mods(NEXT + 1)["service_coverage"], path[NEXT + 1 - 2025, column])
    assert planner.mods(NEXT + 1)["service_coverage"][0] == pytest.approx(0.5 * (NEXT + 1 - 2024) / 5)


def test_a_path_that_lies_wholly_in_observed_years_is_named_and_no_other(tables):
    region, levers = load_region("hunan", tables / "data"), load_levers()
    head = {"name": "mine", "name_en": "Mine", "name_zh": "我的", "description": "d"}

    def told(setting):
        scenario = scenario_from_mapping(head | {"levers": {"T3": setting}}, levers, region)
        return [idle.en for idle in idle_settings(scenario, levers, region, region.last_observed + 1, 2035)]

    assert f"T3: pulled, but nothing changes from {NEXT + 1} to 2035" in told({LAST: 0.5, NEXT: 0.0})[0]
    assert told({LAST: 0.5}) == told({"intensity": 0.5, "start": LAST}) == []


def test_hindcast_registry_and_summary_follow(tables):
    region = load_region("hunan", tables / "data")
    assert province_case(region).years == list(range(2021, NEXT + 1))
    assert NEXT in prefecture_case(region).years
    figures = published(region).set_index(["year", "place", "indicator"])["value"]
    assert figures[NEXT, "430000", "resident_urban_rate"] == RATE
    assert figures[NEXT, "4301", "residents"] == 10_800_000
    years = (plan_years().before - 1, plan_years().before, NEXT, 2029)
    rows = [("plan", 0, 0, year, "rate_gap", 0.2 - 0.01 * (year - 2024)) for year in years]
    values = pd.DataFrame(rows, columns=["scenario", "draw", "replicate", "year", "indicator", "value"])
    assert target_table(values, ["plan"]).set_index("target").loc["gap_narrows", "probability"] == 1.0


def test_the_benchmarks_of_the_fan_are_fitted_up_to_the_new_figure(tables, tmp_path):
    region = load_region("hunan", tables / "data")
    study = dataclasses.replace(
        load_study(write_fake_study(tmp_path / "s", load_region(), Fake(draws=2))), region=region
    )
    assert fan.fit_window(study) == (2020, NEXT)
    table = fan.benchmark_table(study)
    assert table["year"].min() == NEXT
    linear = table[table["benchmark"] == "linear"].set_index("year")["share"]
    pace = (RATE - study.observed.loc[2020]) / (NEXT - 2020)
    assert linear.loc[2029] == pytest.approx(RATE + pace * (2029 - NEXT))
