"""Layout helpers, fonts and the fallback to English."""

import itertools
import warnings
from pathlib import Path

import matplotlib
import pytest

from sim.report import fonts
from sim.report.build import FIGURES
from sim.report.figures.canvas import Canvas
from sim.report.figures.chances import draw_chances
from sim.report.style import SCENARIO_COLOURS, TERM_COLOURS, Steps, figure_style, save, scenario_colours, spread, wrap
from sim.report.text import Text

DEJAVU = Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"


def test_spread_keeps_order_and_distance():
    values = [69.3, 69.4, 71.0, 69.35, 66.0]
    placed = spread(values, 1.0)
    order = sorted(range(5), key=lambda i: values[i])
    gaps = [placed[b] - placed[a] for a, b in itertools.pairwise(order)]
    assert min(gaps) >= 1.0 - 1e-9
    assert placed[4] == 66.0
    assert spread([1.0, 5.0], 1.0) == [1.0, 5.0]


def test_wrap_counts_wide_characters_twice_and_keeps_closing_marks():
    lines = wrap("每个情景四十次运行。实线为中位数，浅色带为中间百分之九十的运行。", 20)
    assert all(len(line) <= 9 for line in lines)
    assert not any(line[0] in "，。" for line in lines)
    assert not any(line.endswith("（") for line in wrap("湘南湘西承接产业转移示范区（百分之六十三）", 30))
    assert wrap("one two three", 7) == ["one two", "three"]


def test_tick_labels_have_enough_digits_to_differ():
    ticks = Steps(signed=True)
    ticks.set_locs([-0.25, 0.0, 0.25])
    assert [ticks(x) for x in (-0.25, 0.0, 0.25)] == ["−0.25", "0.00", "+0.25"]
    ticks.set_locs([60, 62, 64])
    assert ticks(60) == "+60"


def test_colours_are_distinct_and_stable():
    names = ("no_new_policy", "mine", "plan", "other")
    colours = scenario_colours(names)
    assert len(set(colours.values())) == 4
    assert colours["plan"] == SCENARIO_COLOURS["plan"]
    assert TERM_COLOURS["moved"] != TERM_COLOURS["counted"]


def test_a_font_without_chinese_is_refused(monkeypatch):
    assert not fonts.covers(DEJAVU, fonts.PROBE)
    monkeypatch.setattr(fonts, "_candidates", lambda: [DEJAVU])
    assert fonts.chinese_font() is None
    assert fonts.figure_language("zh") == "en"
    assert fonts.families() == ["DejaVu Sans"]


def test_a_missing_font_package_is_no_error(monkeypatch):
    monkeypatch.setattr(fonts, "PACKAGE", "no_such_font_package")
    monkeypatch.setattr(fonts, "SYSTEM_FAMILIES", ())
    assert fonts.chinese_font() is None


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("with_font", [True, False])
def test_no_figure_has_a_character_without_glyph(study, tmp_path, monkeypatch, language, with_font):
    if not with_font:
        monkeypatch.setattr(fonts, "_candidates", list)
    canvas = Canvas(study, Text(fonts.figure_language(language)), Text(language))
    with warnings.catch_warnings(), figure_style():
        warnings.filterwarnings("error", message=".*missing from.*")
        for name in ("probability", "groups"):
            save(FIGURES[name](canvas).figure, tmp_path, name)


def test_the_same_figure_is_the_same_drawing(canvas, tmp_path):
    with figure_style():
        pairs = [save(draw_chances(canvas).figure, tmp_path, name) for name in ("one", "two")]
    first, second = ([path.read_bytes() for path in pair] for pair in pairs)
    assert first == second
