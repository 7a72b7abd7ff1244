"""The brief as a whole: two pages whatever the study, two languages beside each other, numbers of the tables."""

from __future__ import annotations

import html
import re
import shutil
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.base.arguments import ArgumentError
from sim.programs.report import arguments, report_job
from sim.report.brief import write
from sim.report.brief.write import brief_name, write_brief
from sim.report.build import open_canvas
from sim.report.figures import canvas as canvas_module
from sim.report.finished_study import load_study
from tests.report.fake import Fake, write_fake_study

pytest.importorskip("weasyprint")

MANY = (
    *("no_new_policy", "plan", "services_first", "jobs_first", "housing_first", "registration_first"),
    *("late_delivery", "weak_delivery", "full_intensity", "only_settling", "only_renewal", "plan_slump"),
)
STUDIES = {
    "one": Fake(draws=6, scenarios=("plan",)),
    "baseline_alone": Fake(draws=6, scenarios=("no_new_policy",)),
    "many": Fake(draws=6, scenarios=MANY),
    "no_plan": Fake(draws=6, scenarios=("no_new_policy", "jobs_first")),
    "no_baseline": Fake(draws=6, scenarios=("plan", "jobs_first")),
    "few": Fake(draws=2),
    "short": Fake(draws=6, end=2027),
    "observed": Fake(draws=6, end=2023),
    "past": Fake(draws=2, start=2010, end=2012),
}
FAKES = {"many": ("en", "zh"), "one": ("zh",), "baseline_alone": ("en",), "no_plan": ("zh",), "no_baseline": ("en",)}
FAKES |= {"few": ("zh",), "short": ("en",), "observed": ("zh",), "past": ("en",)}
"""Studies with the languages in which their pages are counted."""
NUMBER = re.compile(r'<a class="n" href="#source-(\d+)" data-source="([^"]*)">(.*?)</a>', re.DOTALL)
SCALES = {"share": (100.0,), "persons": (1e-3, 1e-4), "yuan per year": (1e-9, 1e-8)}


def pages(canvas) -> int:
    """Return how many pages the PDF of a brief has: the objects of its streams that are pages."""
    written = write_brief(canvas)
    assert written.print is not None
    content = written.print.read_bytes()
    assert content.startswith(b"%PDF-")
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    inside = [zlib.decompressobj().decompress(one) for one in streams if one.startswith(b"\x78")]
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in (content, *inside))


@pytest.mark.parametrize(("name", "languages"), FAKES.items(), ids=FAKES)
def test_every_study_fills_two_pages(tmp_path, region, enough, name, languages):
    folder = write_fake_study(tmp_path / name, region, STUDIES[name])
    for language in languages:
        assert pages(open_canvas(folder, language)) == 2


def test_names_and_warnings_without_end_still_fit(told, monkeypatch):
    name = "a very long name of a scenario <b> & more " * 5
    monkeypatch.setattr(canvas_module, "scenario_names", lambda s: {n: {"en": name, "zh": name} for n in s.scenarios})
    monkeypatch.setattr("sim.report.brief.content.warnings", lambda canvas: ["Something is wrong with the study."] * 12)
    canvas = told()
    assert pages(canvas) == 2
    text = (canvas.study.folder / "brief_en.html").read_text(encoding="utf-8")
    assert html.escape(name.strip()) in text
    assert name not in text


def cited(page: str) -> list[tuple[int, dict[str, str], str]]:
    """Return every number of a brief: its source, the address of its cell, and the text shown."""
    found = []
    for source, address, inside in NUMBER.findall(page):
        file, *cells = html.unescape(address).split(";")
        shown = html.unescape(re.sub(r"<sup.*?</sup>|<[^>]+>", "", inside))
        found.append((int(source), {"file": file, **dict(cell.split("=", 1) for cell in cells)}, shown))
    return found


def as_number(text: str) -> float:
    return float(re.sub(r"[^0-9.\-]", "", text.replace("−", "-")))


def in_table(folder: Path, cell: dict[str, str]) -> tuple[float, str]:
    """Return the value of a cell of a table of the study and its unit."""
    table = pd.read_csv(folder / cell["file"], dtype=str)
    keys = {key: value for key, value in cell.items() if key not in ("file", "column")}
    rows = table[(table[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(rows) == 1, cell
    unit = {"resident_urban_rate": "share", "rate_gap": "share"}.get(cell.get("indicator", ""), "persons")
    return float(rows[cell["column"]].iloc[0]), "share" if cell["file"] == "target.csv" else unit


@pytest.mark.parametrize("language", ["en", "zh"])
def test_numbers_are_those_of_the_tables(told, language):
    canvas = told(language)
    page = write_brief(canvas).page.read_text(encoding="utf-8")
    listed = re.findall(r'<li id="source-(\d+)">', page)
    assert listed == [str(number) for number in range(1, len(listed) + 1)]
    numbers = cited(page)
    assert {source for source, _, _ in numbers} <= set(map(int, listed))
    checked = set()
    for _, cell, shown in numbers:
        own = not cell["file"].startswith(("docs/", "inputs/"))
        if not (cell["file"].endswith(".csv") and own) or "computed" in cell or "column" not in cell:
            continue
        value, unit = in_table(canvas.study.folder, cell)
        number = re.sub(r"^100次中", "", shown) if language == "zh" else shown.split(" in 100")[0]
        digits = len(number.split(".")[1].rstrip("%")) if "." in number else 0
        if unit == "share" and number.startswith(("fewer", "more", "不到", "超过")):
            assert value < 0.005 or value > 0.995
        else:
            told_as = abs(as_number(number)) if shown[0].isdigit() else as_number(number)
            wanted = [abs(value) if shown[0].isdigit() else value][0]
            assert any(abs(told_as - wanted * scale) <= 0.5 * 10**-digits + 1e-9 for scale in SCALES[unit]), cell
        checked.add(cell["file"])
    assert checked == {"target.csv", "effects.csv", "summary.csv"}


def test_every_number_that_is_large_or_in_the_table_is_linked(told):
    page = write_brief(told()).page.read_text(encoding="utf-8")
    table = re.search(r'<table class="compare">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    for pattern, where in ((r'<span class="large">(.*?)</span><span class="words', page), (r"<td>(.*?)</td>", table)):
        found = re.findall(pattern, where, re.DOTALL)
        assert len(found) >= 5
        for cell in found:
            bare = re.sub(r"<a .*?</a>|<sup.*?</sup>|<[^>]+>", "", cell, flags=re.DOTALL)
            assert not re.search(r"\d", bare), cell


def test_a_second_language_leaves_the_first_and_a_second_time_gives_the_same_bytes(told):
    first = [path.read_bytes() for path in write_brief(told("en"))]
    write_brief(told("zh"))
    assert [path.read_bytes() for path in write_brief(told("en"))] == first
    page = (told().study.folder / "brief_zh.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "湖南省常住人口城镇化率到2029年能否达到66%" in page


@pytest.mark.parametrize("error", [ImportError("No module named 'weasyprint'"), OSError("cannot load library 'pango'")])
def test_without_weasyprint_the_page_is_written_and_one_message_says_how_to_print(told, monkeypatch, capsys, error):
    canvas = told()
    assert write_brief(canvas).print is not None
    capsys.readouterr()

    def missing(told):
        raise error

    monkeypatch.setattr(write, "_print", missing)
    written = write_brief(canvas)
    said = capsys.readouterr().err
    assert written.print is None
    assert "</html>" in written.page.read_text(encoding="utf-8")
    assert not (canvas.study.folder / "brief_en.pdf").exists(), "a PDF of older numbers would mislead"
    assert said.count("brief_en.html: written without a PDF") == 1
    assert str(error) in said
    assert "pip install weasyprint" in said


def test_a_checkout_without_the_package_takes_that_path(told, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert write_brief(told()).print is None
    assert "written without a PDF" in capsys.readouterr().err


def test_a_chinese_print_needs_a_chinese_font(told, monkeypatch, capsys):
    monkeypatch.setattr(write, "chinese_font", lambda: None)
    assert write_brief(told("zh")).print is None
    assert "no font with Chinese characters" in capsys.readouterr().err
    assert write_brief(told("en")).print is not None


def test_few_runs_have_counts_and_no_probability(tmp_path, region):
    folder = write_fake_study(tmp_path / "few", region, STUDIES["few"])
    page = write_brief(open_canvas(folder, "en")).page.read_text(encoding="utf-8")
    assert "Too few runs for a probability" in page
    assert re.search(r"\d of 2 runs", re.sub(r"<[^>]+>", "", page))
    assert " in 100" not in page


def test_the_program_writes_the_brief_alone(brief_study, tmp_path, capsys, enough):
    folder = shutil.copytree(brief_study, tmp_path / "mine", ignore=shutil.ignore_patterns("brief_*"))
    assert report_job(["study=mine", f"results={tmp_path}", "language=zh", "only=brief"]) == 0
    assert capsys.readouterr().out == f"Brief: {folder / 'brief_zh.html'}\nBrief: {folder / 'brief_zh.pdf'}\n"
    assert not (folder / "report.html").exists()
    assert not (folder / "figures").exists()
    with pytest.raises(ArgumentError, match="allowed is brief"):
        arguments(["study=mine", "only=figures"])


def test_report_and_brief_lead_to_each_other(reports, study_dir):
    for language, page in reports.items():
        assert f'href="{brief_name(language)}"' in page
        assert 'href="report.html"' in (study_dir / brief_name(language)).read_text(encoding="utf-8")


def test_a_study_without_run_tables_says_what_its_summaries_say(told):
    canvas = told()
    bare = replace(canvas, study=load_study(canvas.study.folder))
    bare.study.answers["year_ends"] = None
    page = write_brief(replace(bare)).page.read_text(encoding="utf-8")
    assert "bn yuan" not in page
    assert '<span class="large">' in page
