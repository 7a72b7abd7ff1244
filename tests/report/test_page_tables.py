"""Tables of the report: cells in words."""

import dataclasses

import pandas as pd
import pytest

from sim.report import inputs
from sim.report import page_tables as tables
from sim.report.figures.canvas import Canvas
from sim.report.page import sections
from sim.report.pairs import pair_words, told_apart
from sim.report.text import Text


def by_name(table):
    return {row[0]: row[1:] for row in table.rows}


def test_target_table_has_every_reading_and_year(canvas):
    table = tables.target_table(canvas)
    assert len(table.head) == 1 + 4 + 2
    study = canvas.study
    row = study.chance("plan", "resident_rate_65_5", 2029)
    cell = by_name(table)[canvas.page_name("plan")][3]
    assert cell.startswith(f"{round(8 * row['probability'])} of 8 runs (")


def test_effect_table_is_in_points_and_thousands(canvas):
    rows = by_name(tables.effect_table(canvas))
    median = canvas.study.effect("plan", "resident_urban_rate").loc[2029, "median"]
    assert rows["Resident urbanization rate, points"][0].startswith(f"+{100 * median:.2f}")
    gap = 0.12 * (2029 - canvas.study.last_observed)
    assert rows["Gap between the two rates, points"] == [f"−{gap:.2f}"]
    assert any("thousand persons" in name for name in rows)


def test_cause_table_adds_up(canvas):
    rows = tables.cause_table(canvas, canvas.causes).rows
    values = [[float(cell.replace("−", "-")) for cell in row[1:]] for row in rows]
    for column in zip(*values, strict=True):
        assert sum(column[:-1]) == pytest.approx(column[-1], abs=0.03)


def test_start_table_gives_the_largest_deviation(canvas, study):
    rows = by_name(tables.start_table(canvas))
    assert set(rows) == {str(year) for year in range(2021, study.last_observed + 1)}
    assert rows["2024"][2] == "0.07%"
    assert rows["2024"][5] == "0.02"


def test_solved_table_gives_median_and_range(canvas):
    assert by_name(tables.solved_table(canvas))["2021"] == ["0.35 (0.04 – 0.67)", "−0.05 (−0.05 – −0.05)"]


def test_fit_table_separates_province_and_counties(canvas):
    rows = by_name(inputs.fit_table(canvas))
    assert rows["Residents, urban and rural"] == ["4", "1.00%", "1.00%", "1.00%"]
    assert rows["fake margin"] == ["1", "–", "–", "–"]


def test_scenarios_levers_and_parameters_are_those_of_the_files(canvas):
    from sim.parameters.declared import declared
    from sim.policies import load_levers

    assert by_name(inputs.scenario_table(canvas))["No new policy"][1] == "none"
    assert len(inputs.lever_table(canvas).rows) == len(load_levers())
    assert len(inputs.parameter_table(canvas).rows) == len(declared())


def test_fixed_parameters_and_overrides_are_marked(study):
    from dataclasses import replace

    changed = replace(study, config=study.config | {"params": {"moving_cost": 0.5}, "levers": {"T3": 0.8}})
    canvas = Canvas(changed, Text("en"), Text("en"))
    rows = by_name(inputs.parameter_table(canvas))
    assert any("moving_cost" in name and "0.5 (fixed by the user)" in cells for name, cells in rows.items())
    assert "T3=0.8" in inputs.scenario_table(canvas).note
    assert "levers.T3=0.8" in inputs.command(canvas)


def test_a_range_from_the_command_line_is_marked_and_in_the_command(study):
    canvas = Canvas(
        dataclasses.replace(study, config=study.config | {"priors": {"taste_sd": [0.25, 1.0]}}), Text("en"), Text("en")
    )
    rows = by_name(inputs.parameter_table(canvas))
    (cells,) = (cells for name, cells in rows.items() if "taste_sd" in name)
    assert "0.25 to 1 (any value alike, range set from the command line)" in cells
    assert "'priors.taste_sd=[0.25, 1.0]'" in inputs.command(canvas)
    assert "taste_sd=[0.25, 1.0]" in by_name(inputs.run_table(canvas))["priors"]


@pytest.mark.parametrize(("language", "title"), [("en", "Settings that never act"), ("zh", "不起作用的设定")])
def test_settings_that_never_act_have_a_section_where_there_are_any(study, language, title):
    told = [{"en": "mine: T3 never acts", "zh": "mine：T3不起作用"}]
    pages = [dataclasses.replace(study, env=study.env | {"idle_settings": found}) for found in ([], told)]
    without, with_idle = (sections(Canvas(page, Text(language), Text(language)), {}) for page in pages)
    (idle,) = (section for section in with_idle if section.key not in {s.key for s in without})
    assert (idle.title, idle.items) == (title, [told[0][language]])


def test_recalled_inputs_are_listed_one_by_one(canvas):
    names = by_name(inputs.recalled_table(canvas))
    assert "outside_migrants_2020" in names
    assert "8,041,000" in names["outside_migrants_2020"][0]


def test_grades_count_every_table(canvas):
    rows = by_name(inputs.grade_table(canvas))
    assert "county_census" in rows
    assert rows["anchors"][3]


def test_units_and_recalled_inputs_are_named_in_both_languages(canvas):
    from sim.parameters.declared import declared
    from sim.policies import QUANTITIES

    chinese = Text("zh")
    units = {parameter.unit for parameter in declared().values()} | {quantity.unit for quantity in QUANTITIES}
    assert [unit for unit in units if inputs.unit_name(chinese, unit).isascii()] == []
    assert {inputs.unit_name(Text("en"), unit) for unit in units} == units
    table = inputs.recalled_table(Canvas(canvas.study, chinese, chinese))
    assert [row for row in table.rows if row[2].isascii()] == []
    assert "labour_peak_age" in {row[0] for row in table.rows}


def reached(**hits):
    """Values of one year by scenario: draws given as 1 reach 66%, others do not."""
    rows = [(name, k, 0, 0.67 if hit == "1" else 0.65) for name, marks in hits.items() for k, hit in enumerate(marks)]
    return pd.DataFrame(rows, columns=["scenario", "draw", "replicate", "value"])


def test_pairs_are_told_apart_by_the_draws_in_which_they_differ():
    values = reached(a="1" * 8 + "0" * 8, b="1" * 2 + "0" * 14, c="1" * 7 + "0" * 9)
    assert told_apart(values, ["a", "b", "c"], 0.66) == [("a", "b")]
    assert told_apart(values, ["b", "a"], 0.66) == [("a", "b")]
    doubled = pd.concat([values, values.assign(replicate=1)])
    assert told_apart(doubled, ["a", "b", "c"], 0.66) == [("a", "b")]
    assert told_apart(values, ["a", "c"], 0.66) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_target_table_says_which_packages_cannot_be_told_apart(study, language):
    words = Text(language)
    ends = reached(no_new_policy="0" * 16, plan="1" * 8 + "0" * 8, jobs_first="1" * 7 + "0" * 9, housing_first="0" * 16)
    ends = ends.assign(year=study.focus, indicator="resident_urban_rate")
    three = dataclasses.replace(study)
    three.__dict__["scenarios"] = ("no_new_policy", "plan", "jobs_first", "housing_first")
    three.answers["year_ends"] = ends
    canvas = Canvas(three, words, words)
    note = pair_words(canvas)
    assert note in tables.target_table(canvas).note
    for name in ("plan", "jobs_first"):
        assert words("pairs.pair", more=canvas.page_name(name), less=canvas.page_name("housing_first")) in note
    three.answers["year_ends"] = ends[ends["scenario"] != "housing_first"]
    assert pair_words(canvas) == words("pairs.none", goal=words("target.resident_rate_66"), year=study.focus)
    assert pair_words(Canvas(study, words, words)) == ""
