"""The report in a browser: charts and tables answer to pointer and keys, nothing is asked of the network, all fits."""

from __future__ import annotations

import base64
import csv
import io
import os
import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from sim.report.answer import compose
from sim.report.build import FIGURES
from sim.report.finished_study import RATE
from sim.report.page import render, sections
from sim.report.page_figures import Shown
from sim.report.text import Text

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as machine:
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        chromium = machine.chromium.launch(executable_path=CHROMIUM, args=[*root, "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def write(many, reports, study_dir):
    """Return a function that gives the report of as many runs as a probability needs, with the figures as drawn."""
    assert reports.keys() == {"en", "zh"}, "their figures lie in the folder"

    def figure(name):
        content = base64.b64encode((study_dir / "figures" / f"{name}.svg").read_bytes()).decode()
        return Shown(name, f"Title of {name}", "caption", f"what {name} shows", f"data:image/svg+xml;base64,{content}")

    def written(language):
        canvas = replace(many, page=Text(language))
        there = [name for name in FIGURES if (study_dir / "figures" / f"{name}.svg").is_file()]
        parts = sections(canvas, {name: figure(name) for name in there})
        return render(canvas, compose(canvas, canvas.causes, canvas.gaps), parts)

    return written


@pytest.fixture
def visit(browser, write, tmp_path):
    """Return a function that opens the report in a language alone in a folder, and records faults and requests."""
    pages = []

    def opened(language="en", width=1280, **context):
        path = tmp_path / f"{language}.html"
        path.write_text(write(language), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": 900}, **context)
        page.faults, page.asked = [], []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    yield opened
    for page in pages:
        page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("device", WIDTHS)
def test_charts_are_drawn_inside_the_page_and_nothing_is_fetched(visit, language, device):
    page = visit(language, WIDTHS[device])
    page.wait_for_selector("#figure-registered.drawn")
    assert page.locator("figure.live.drawn canvas").count() == 5
    assert not page.locator("figure.live img").first.is_visible()
    assert page.faults == []
    assert [url for url in page.asked if not url.startswith(("data:", "file:"))] == []
    assert len([url for url in page.asked if url.startswith("file:")]) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[device]
    wide = "[...document.querySelectorAll('figure, .answer, .tools')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert page.evaluate(f"{wide}.length") == 0


def test_pointing_at_a_year_tells_its_numbers(visit, study):
    page = visit()
    plot = page.locator("#figure-effects .plot")
    plot.scroll_into_view_if_needed()
    box = plot.locator(".u-over").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    readout = page.locator("#figure-effects .readout").inner_text()
    effects = pd.read_csv(study.folder / "effects.csv", dtype={"place": str})
    last = effects.query(f"scenario == 'plan' and place == '430000' and indicator == '{RATE}' and year == 2030").iloc[0]
    assert readout.startswith("2030")
    assert f"{100 * last['median']:+.2f}".replace("-", "−") in readout
    assert f"{100 * last['p95']:+.2f}".replace("-", "−") in readout


def test_keys_move_the_year_and_buttons_hide_a_scenario(visit):
    page = visit()
    figure = page.locator("#figure-hero")
    figure.locator(".plot").focus()
    page.keyboard.press("End")
    assert figure.locator(".readout caption").inner_text().startswith("2030")
    page.keyboard.press("ArrowLeft")
    assert figure.locator(".readout caption").inner_text().startswith("2029")
    plan = figure.get_by_role("button", name="The plan")
    assert plan.get_attribute("aria-pressed") == "true"
    before = figure.locator("canvas").evaluate("c => c.toDataURL()")
    plan.focus()
    page.keyboard.press("Space")
    assert plan.get_attribute("aria-pressed") == "false"
    assert "The plan" not in figure.locator(".readout").inner_text()
    page.wait_for_function("before => document.querySelector('#figure-hero canvas').toDataURL() !== before", arg=before)


def test_one_scenario_at_a_time_where_bars_are_stacked(visit):
    page = visit()
    figure = page.locator("#figure-causes")
    figure.get_by_role("button", name="No new policy").click()
    pressed = figure.locator(".toggles [aria-pressed=true]")
    assert pressed.all_inner_texts() == ["No new policy"]


def column(table, k):
    return [row.locator("th,td").nth(k).inner_text() for row in table.locator("tbody tr").all()]


def numbers(texts):
    return [float(re.search(r"[-+]?\d+(\.\d+)?", text.replace("−", "-").replace(",", ""))[0]) for text in texts]


def test_a_table_is_sorted_by_number_both_ways_and_keeps_its_rows(visit):
    page = visit()
    table = page.locator("#policies > .table table")
    before = sorted(column(table, 0))
    head = table.get_by_role("columnheader", name="The plan")
    head.locator("button").click()
    up = numbers(column(table, 1))
    assert up == sorted(up)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert numbers(column(table, 1)) == up[::-1] or sorted(up, reverse=True) == numbers(column(table, 1))
    assert sorted(column(table, 0)) == before


def test_a_table_is_copied_for_a_spreadsheet_and_saved_as_csv(visit):
    page = visit()
    box = page.locator("#goal > .table")
    shown = [[cell.inner_text() for cell in row.locator("th,td").all()] for row in box.locator("tr").all()]
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.kept = text; }")
    box.get_by_role("button", name="Copy table").click()
    page.wait_for_function("window.kept")
    kept = [line.split("\t") for line in page.evaluate("window.kept").split("\n")]
    assert kept == [[" ".join(cell.split()) for cell in row] for row in shown]
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Download as CSV").click()
    content = waiting.value.path().read_text(encoding="utf-8")
    assert content.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(content.removeprefix("\ufeff"))))
    assert [[cell.replace("-", "−") for cell in row] for row in rows] == [
        [cell.replace("-", "−") for cell in row] for row in kept
    ]
    assert box.get_by_role("link", name="target.csv").get_attribute("href") == "target.csv"


def test_print_and_pages_without_scripts_show_the_still_figures(visit):
    page = visit()
    page.emulate_media(media="print")
    assert page.locator("#figure-hero img").is_visible()
    assert not page.locator("#figure-hero .chart").is_visible()
    assert not page.locator(".tools").first.is_visible()
    still = visit(java_script_enabled=False)
    assert still.locator("#figure-hero img").is_visible()
    assert not still.locator("#figure-hero .chart").is_visible()
    still.locator("#figure-hero summary").click()
    assert still.locator("#figure-hero .numbers table").is_visible()


def test_bars_of_the_first_screen_have_one_scale(visit):
    for width in WIDTHS.values():
        widths = visit(width=width).evaluate(
            "[...document.querySelectorAll('.grid .track')].map(t => Math.round(t.getBoundingClientRect().width))"
        )
        assert max(widths) - min(widths) <= 1, width


def test_the_tables_of_results_fit_a_desk(visit):
    page = visit()
    cut = "[...document.querySelectorAll('.table')].filter(t => t.offsetParent && t.scrollWidth > t.clientWidth)"
    assert page.evaluate(f"{cut}.map(t => t.innerText.slice(0, 60))") == []
