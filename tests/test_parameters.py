"""What is said about a wrong file of parameters."""

from pathlib import Path

import pytest

from sim.parameters import ParameterError, check_values, declared, draw_parameters

GOOD = "a:\n  {prior: {dist: uniform, low: 0, high: 1}, range: [0, 1], unit: share, source: judgement, grade: judged, "
TEXTS = 'en: "a", zh: "甲"}\n'


def read(folder: Path, text: str) -> None:
    file = folder / "parameters.yaml"
    file.write_text(text, encoding="utf-8")
    declared(file)


def test_a_good_file_is_read(tmp_path):
    read(tmp_path, GOOD + TEXTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "en: a", "parameters.yaml, line 2: not valid YAML"),
        (GOOD + 'en: "a"}\n', "parameter 'a' lacks the field 'zh'"),
        ((GOOD + TEXTS).replace("uniform", "uniforn"), "parameter 'a': dist = 'uniforn': allowed are point, uniform"),
        ((GOOD + TEXTS).replace("range: [0, 1]", "range: 1"), "parameter 'a': "),
        ("a: 3\n", "a mapping of name"),
        ("", "a mapping of name"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path, text, message):
    with pytest.raises(ParameterError, match=message):
        read(tmp_path, text)


def test_values_out_of_range_and_unknown_names_are_refused():
    with pytest.raises(ParameterError, match=r"housing_price=9: outside the range -1.5 to 0.5"):
        check_values({"housing_price": 9.0})
    with pytest.raises(ParameterError, match="did you mean 'housing_price'"):
        check_values({"house_price": 0.0})


def test_a_draw_depends_on_seed_draw_and_name_alone():
    first, fixed = draw_parameters(1, 3), draw_parameters(1, 3, {"taste_sd": 1.0})
    assert fixed["taste_sd"] == 1.0
    assert {k: v for k, v in first.items() if k != "taste_sd"} == {k: v for k, v in fixed.items() if k != "taste_sd"}
    assert first != draw_parameters(1, 4)
