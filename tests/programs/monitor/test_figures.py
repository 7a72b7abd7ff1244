"""The file of new figures: YAML and CSV say the same, and what is wrong is named with line, value and next step."""

from __future__ import annotations

import pytest

from sim.programs.monitor.figures import NewFiguresError, read_figures

YAML = """\
year: 2026
source: made-up
made_up: true
province: {urban_rate: 63.4, residents: 6455.0}
prefectures:
  4301: {urban_rate: 84.7}
flows: {left: 0.95}
"""
CSV = """\
place,indicator,value
,year,2026
,source,made-up
,made_up,true
430000,urban_rate,63.4
430000,residents,6455
4301,urban_rate,84.7
flow,left,0.95
"""


def write(tmp_path, text, name="figures.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_both_forms_say_the_same(tmp_path, region):
    found = read_figures(write(tmp_path, YAML), region)
    assert found == read_figures(write(tmp_path, CSV, "figures.csv"), region)
    assert found.province.urban_rate == 63.4
    assert found.prefectures["4301"].residents is None
    assert found.flows.error == 0.1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("63.4", "0.634", "line 4: province.urban_rate: 0.634 is not allowed: allowed is a number of at least 1.0"),
        ("urban_rate: 63.4", "urbanrate: 63.4", "line 4: province.urbanrate: unknown key"),
        ("4301", "4399", "line 6: prefectures.4399: no such prefecture; did you mean"),
        ("2026", "2025", "line 1: year: 2025 is in the tables already: the tables end in 2025; allowed is 2026"),
        ("2026", "2028", "line 1: year: 2028 is a year too far"),
        ("source: made-up\n", "", "the key 'source' is missing"),
        ("0.95", "many", "line 7: flows.left: 'many' is not allowed: a number is expected"),
        (YAML[YAML.index("province") :], "", "no figure is given"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, region, old, new, words):
    with pytest.raises(NewFiguresError) as refused:
        read_figures(write(tmp_path, YAML.replace(old, new, 1)), region)
    assert words in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("place,indicator,value", "place,value", "line 1: the columns must be place,indicator,value"),
        ("63.4", "0.634", "line 5: province.urban_rate: 0.634 is not allowed"),
        ("430000,residents,6455", "430000,urban_rate,63", "line 6: 430000 urban_rate is given twice"),
        ("flow,left,0.95", "flow,left", "line 8: 2 cells; allowed are 3"),
        ("flow,left", "flow,right", "line 8: flows.right: unknown key"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_line(tmp_path, region, old, new, words):
    with pytest.raises(NewFiguresError) as refused:
        read_figures(write(tmp_path, CSV.replace(old, new, 1), "figures.csv"), region)
    assert words in str(refused.value)


def test_a_file_that_is_not_there(tmp_path, region):
    with pytest.raises(NewFiguresError, match=r"no such file. Name a .yaml or .csv file"):
        read_figures(tmp_path / "none.yaml", region)
