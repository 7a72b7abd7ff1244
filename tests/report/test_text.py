"""The table of strings and the numbers in it."""

import string

import pytest

from sim.report.fonts import chinese_font, covers
from sim.report.text import LANGUAGES, Text, TextError, signed_minus, table

KEYS = sorted(table())


def placeholders(entry):
    forms = entry.values() if isinstance(entry, dict) else [entry]
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(str(form)) if name}


@pytest.mark.parametrize("key", KEYS)
def test_every_string_exists_in_both_languages_with_the_same_values(key):
    entry = table()[key]
    assert set(entry) == set(LANGUAGES)
    assert placeholders(entry["zh"]) <= placeholders(entry["en"]) | {"n"}
    assert all(str(entry[language]).strip() for language in LANGUAGES)


def test_font_has_every_character_of_the_table():
    font = chinese_font()
    characters = "".join(sorted({c for entry in table().values() for c in str(entry["zh"]) if c.isprintable()}))
    assert font is None or covers(font, characters)


def test_no_blank_is_left_inside_chinese_text():
    text = Text("zh")
    for key in KEYS:
        if not placeholders(table()[key]["zh"]):
            assert "： " not in text(key)
            assert "。 " not in text(key)


def test_plural_forms():
    text = Text("en")
    assert text("note.runs", n=1) == "1 run per scenario."
    assert text("note.runs", n=200) == "200 runs per scenario."


def test_unknown_key_language_and_value_are_named():
    with pytest.raises(TextError, match=r"nothing\.here"):
        Text("en")("nothing.here")
    with pytest.raises(TextError, match="fr"):
        Text("fr")
    with pytest.raises(TextError, match="source"):
        Text("en")("note.observed")


@pytest.mark.parametrize(
    ("value", "digits", "shown"), [(-0.004, 2, "0.00"), (-0.006, 2, "−0.01"), (1234.5, 1, "1,234.5"), (0.0, 0, "0")]
)
def test_numbers_have_a_real_minus_and_no_minus_zero(value, digits, shown):
    assert signed_minus(value, digits) == shown


def test_shares_points_and_persons():
    english, chinese = Text("en"), Text("zh")
    assert english.percent(0.6207) == "62.1%"
    assert english.points(0.0042) == "+0.42"
    assert english.points(-0.00001) == "0.00"
    assert english.size(-0.0042) == "0.42"
    assert english.persons(38_650_000) == "38.65 million"
    assert english.persons(-12_400) == "−12 thousand"
    assert chinese.persons(38_650_000) == "3,865万"
    assert english.join(["a", "b", "c"]) == "a, b and c"
    assert chinese.join(["甲", "乙", "丙"]) == "甲、乙和丙"
