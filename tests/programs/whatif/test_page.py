"""The page in a browser: it computes what Python does, in both languages, on both sizes, and asks no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri

from sim.policies import load_scenario
from sim.programs.whatif.ask import band, chance, effect_band, money, paths
from sim.programs.whatif.design import EVERYWHERE, Point, neutral_point, scenario_at
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.payload import offsets, packed
from sim.programs.whatif.study import Ready
from sim.report.text import LANGUAGES, table

YEAR, GOAL = 2029, 65.0
VIEW = {"T1": 0.5, "T6": 1.0, "P3": 0.4, "T9": 0.25}
HASH = "#" + "&".join(f"{k}={v}" for k, v in VIEW.items()) + f"&start=2027&place=potential_areas&wave=0.2&goal={GOAL}"


@pytest.fixture
def opened(browser: Any, page: Path) -> Iterator[Any]:
    """Return a function that opens the page; errors of the script and requests to elsewhere fail the test."""
    wrong: list[str] = []

    def start(width: int = 1280, fragment: str = "") -> Any:
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
        tab.on(
            "request", lambda asked: wrong.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None
        )
        tab.goto(page.as_uri() + fragment)
        tab.wait_for_function("window.whatif")
        return tab

    yield start
    assert not wrong


def viewed(prepared: Ready) -> Point:
    levels = tuple(VIEW.get(lever, 0.0) for lever in prepared.design.space.levers)
    return Point(levels, 2027, "potential_areas", (0.0, 0.0, 0.0, 0.2))


def test_it_computes_what_python_does(opened: Any, prepared: Ready, emulators: Fitted) -> None:
    said = opened(fragment=HASH).evaluate("window.whatif.answer")
    point, told = viewed(prepared), offsets(prepared, "published")
    (path, error), at = paths(emulators, point), emulators.years.index(YEAR)
    assert said["chance"] == pytest.approx(chance(path[at], error[at], told[:, at], GOAL), abs=2e-4)
    np.testing.assert_allclose(said["band"], band(path, error, told), atol=3e-3)
    rate = "resident_urban_rate"
    alike = neutral_point(emulators.space, point.assumptions)
    own = emulators.effect(rate, point) - emulators.effect(rate, alike)
    np.testing.assert_allclose(said["effect"], effect_band(own, emulators.error(rate, point))[at], atol=2e-3)
    cost = emulators.effect("fiscal_cost", point) - emulators.effect("fiscal_cost", alike)
    unsure = emulators.error("fiscal_cost", point)[: at + 1].sum(axis=0)
    scores = ndtri((np.arange(9) + 0.5) / 9)
    told = np.maximum(cost[: at + 1].sum(axis=0)[:, None] + unsure[:, None] * scores, 0.0)
    np.testing.assert_allclose(said["total"], np.quantile(told, [0.05, 0.25, 0.5, 0.75, 0.95]), rtol=2e-3, atol=0.05)
    total = np.maximum(cost[: at + 1].sum(axis=0), 0.0)
    np.testing.assert_allclose(money(emulators, point, YEAR).total, total)


def test_without_a_choice_it_is_the_baseline(opened: Any) -> None:
    said = opened().evaluate("window.whatif.answer")
    assert said["chance"] == pytest.approx(said["before"], abs=1e-6)
    assert said["effect"] == [0, 0, 0, 0, 0]


def test_a_move_is_answered_and_kept_in_the_address(opened: Any) -> None:
    tab = opened()
    before = tab.evaluate("window.whatif.answer.chance")
    tab.focus("#group-settling")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert tab.evaluate("window.whatif.answer.total[2]") > 0.0
    assert tab.evaluate("window.whatif.answer.chance") != before
    assert "T1=0.2" in tab.evaluate("location.hash") and "T5=0.2" in tab.evaluate("location.hash")
    assert tab.evaluate("document.getElementById('T3').value") == "0.2"
    assert tab.get_attribute("#group-settling", "aria-valuetext") == "20%"
    again = opened(fragment=tab.evaluate("location.hash"))
    assert again.evaluate("window.whatif.answer.chance") == tab.evaluate("window.whatif.answer.chance")


def test_the_code_is_a_scenario_of_the_view(opened: Any, prepared: Ready, tmp_path: Path) -> None:
    tab = opened(fragment=HASH)
    file = tmp_path / "what_if.yaml"
    file.write_text(tab.text_content("#yaml"), encoding="utf-8")
    setup = prepared.setup
    found = load_scenario(file, setup.levers, setup.region)
    wanted = scenario_at(viewed(prepared), prepared.design.space, setup.scenarios["no_new_policy"], "what_if")
    assert found.exogenous == wanted.exogenous
    for lever in setup.levers:
        assert found.settings[lever].zero == wanted.settings[lever].zero
        if not wanted.settings[lever].zero:
            assert found.settings[lever] == wanted.settings[lever]
    command = tab.text_content("#command")
    assert "households=5000" in command and "draws=20" in command and "end_year=2029" in command


def test_what_lies_outside_the_design_is_said(opened: Any) -> None:
    tab = opened(fragment="#T1=3&start=2050&colour=red&outside=-0.4")
    told = tab.text_content("#cut")
    assert all(word in told for word in ("T1=3", "start=2050", "colour", "outside=-0.4"))
    state = tab.evaluate("window.whatif.state")
    assert state["levels"][0] == 1 and state["outside"] == pytest.approx(-0.1)


def test_both_languages(opened: Any) -> None:
    tab = opened(fragment="#T1=0.5")
    english = tab.inner_text("main")
    tab.click("#language")
    chinese = tab.inner_text("main")
    assert tab.get_attribute("html", "lang") == "zh-CN" and "lang=zh" in tab.evaluate("location.hash")
    assert "措施" in chinese and "措施" not in english
    words = re.findall(r"[A-Za-z]{4,}", chinese)
    assert set(words) <= {"Hunan"}


def test_words_have_the_same_gaps_in_both_languages() -> None:
    for key, entry in table().items():
        if key.startswith("whatif."):
            gaps = [sorted(set(re.findall(r"{(\w+)}", str(entry[language])))) for language in LANGUAGES]
            assert gaps[0] == gaps[1], key


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut(opened: Any, width: int) -> None:
    tab = opened(width, HASH)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("#fan", "#map", "#cards", "#sentence"):
        box = tab.locator(name).bounding_box()
        assert box["width"] > 0 and box["x"] >= 0 and box["x"] + box["width"] <= width


def test_print_leaves_the_controls_out(opened: Any) -> None:
    tab = opened(fragment=HASH)
    tab.emulate_media(media="print")
    assert not tab.is_visible("#controls") and tab.is_visible("#fan") and tab.is_visible("#cards")


def test_every_control_has_a_name(opened: Any) -> None:
    unnamed = """[...document.querySelectorAll('input, select, button')].filter((e) =>
        !(e.labels && e.labels.length && e.labels[0].textContent.trim()) && !e.textContent.trim()).map((e) => e.id)"""
    assert opened().evaluate(unnamed) == []


def test_real_runs_are_offered_where_the_page_is_served_alone(opened: Any) -> None:
    assert not opened().is_visible("#real")


def test_the_page_is_small_and_whole(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < 3_000_000
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_packed_numbers_are_exact_to_1_in_30_000() -> None:
    import base64

    values = np.random.default_rng(1).normal(size=(2, 30, 4))
    one = packed(values)
    small = np.frombuffer(base64.b64decode(one["i16"]), "<i2").reshape(values.shape)
    scale = np.frombuffer(base64.b64decode(one["scale"]), "<f4").reshape(2, 1, 4)
    np.testing.assert_allclose(small * scale, values, atol=np.abs(values).max() / 60_000)


def test_the_design_is_everywhere_by_default(prepared: Ready) -> None:
    assert prepared.design.space.places[0] == EVERYWHERE
