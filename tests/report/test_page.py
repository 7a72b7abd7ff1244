"""The report as a file: complete, self-contained, readable without pictures."""

import base64
import re
import shutil
from html.parser import HTMLParser
from importlib.util import find_spec
from io import BytesIO

import pandas as pd
import pytest
import yaml
from fontTools.ttLib import TTFont

from sim.base.errors import StudyError
from sim.policies import load_levers
from sim.programs.attribute import page as attribution
from sim.programs.attribute.figures import Pen
from sim.programs.report import ArgumentError, arguments, report_job
from sim.report import build, fonts
from sim.report.answer import Answer
from sim.report.build import FIGURES, build_report
from sim.report.inputs import command, prior_range
from sim.report.page import TEMPLATES, with_font
from sim.report.text import Text
from sim.report.track_record import load_validation
from sim.studies.tables import seal

VOID = {"meta", "img", "br", "hr", "input", "link"}


class Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.images, self.ids, self.links, self.scripts, self.text = [], [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "img":
            self.images.append(values)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            self.links.append(values["href"])
        if tag == "script":
            self.scripts.append(values)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.mark.parametrize("language", ["en", "zh"])
def test_report_is_well_formed_and_needs_no_network(reports, language):
    html = reports[language]
    page = read(html)
    assert all(image["src"].startswith("data:image/") for image in page.images)
    assert not any("src" in script for script in page.scripts)
    assert "default-src 'none'" in html, "the page forbids what it does not need"
    assert "<link" not in html
    assert "@import" not in html
    assert not re.search(r"url\((?!data:font/woff;base64,)", html)
    assert len(html.encode()) < 8_000_000
    inside = [link for link in page.links if link.startswith("#")]
    assert all(link.removeprefix("#") in page.ids for link in inside)
    assert set(page.links) - set(inside) <= {
        "summary.csv",
        "target.csv",
        "effects.csv",
        "value_for_money.csv",
        "accounts.csv",
        "start.csv",
        "fit.csv",
        f"brief_{language}.html",
    }
    assert len(page.ids) == len(set(page.ids))


def drawn():
    """Return the figures that have data: those of the track record need their committed table."""
    record = load_validation("hunan")
    needs = {"scorecard": "scorecard", "ranks": "sbc", "tornado": "sensitivity"}
    without = {figure for figure, table in needs.items() if not record.has(table)}
    return set(FIGURES) - without - (set() if record.posteriors else {"contraction"})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_figure_is_embedded_with_words_for_it(reports, language):
    page = read(reports[language])
    assert len(page.images) == len(drawn())
    assert all(len(image["alt"]) > 20 for image in page.images)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_gap_is_left_in_the_text(reports, language):
    text = " ".join(read(reports[language]).text)
    for leak in ("nan", "None", "{", "Text(", "undefined"):
        assert not re.search(rf"(?<![A-Za-z]){re.escape(leak)}(?![A-Za-z])", text), leak


def test_language_is_that_of_the_reader(reports):
    assert '<html lang="en">' in reports["en"]
    assert '<html lang="zh-CN">' in reports["zh"]
    assert "行动计划" in reports["zh"]
    assert "能否达到66%" in reports["zh"]


def embedded(html):
    """Return the code points of the font that a page carries, or None."""
    found = re.search(r"url\(data:font/woff;base64,([A-Za-z0-9+/=]+)\)", html)
    return set(TTFont(BytesIO(base64.b64decode(found[1]))).getBestCmap()) if found else None


def test_every_character_of_the_chinese_page_has_a_glyph_inside(reports):
    if find_spec(fonts.PACKAGE) is None:
        pytest.skip("no packaged font")
    page = read(reports["zh"])
    words = "".join([*page.text, *(image["alt"] for image in page.images)])
    missing = {character for character in words if character.isprintable()} - set(map(chr, embedded(reports["zh"])))
    assert missing == set()
    rules = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    stacks = re.findall(r"font: [^;]*;", rules)
    assert all(fonts.EMBEDDED in stack for stack in stacks)
    # Chromium leaves some text in boxes when an embedded font is not the first of its list.
    assert re.search(rf'body {{[^}}]*font: [^" ]+ "{fonts.EMBEDDED}"', rules)
    assert reports["zh"].count(f'font-family: "{fonts.EMBEDDED}"') == 1
    assert reports["zh"].index("@font-face") < reports["zh"].index("</style>")
    assert len(fonts.font_face(words)) < 400_000


def test_english_pages_and_machines_without_the_font_carry_none(reports, monkeypatch):
    assert embedded(reports["en"]) is None
    monkeypatch.setattr(fonts, "_candidates", list)
    assert fonts.font_face("湘") == ""
    assert with_font("<style>\n湘", Text("zh")) == "<style>\n湘"


def test_a_subset_is_the_same_bytes_every_time():
    font = fonts.chinese_font()
    if font is None:
        pytest.skip("no font")
    assert fonts.subset(font, "湖南") == fonts.subset(font, "南湖湖")


def test_honest_labels_are_there(reports):
    text = " ".join(read(reports["en"]).text)
    for words in ("synthetic", "not calibrated", "Recalled inputs", "outside_migrants_2020", "GS(2024)0650"):
        assert words in text


def test_files_of_every_figure_are_written(study_dir, reports):
    names = {path.name for path in (study_dir / "figures").iterdir()}
    assert names == {f"{name}.{kind}" for name in drawn() for kind in ("png", "svg")}


def test_a_study_with_only_the_needed_tables_has_a_report(study_dir, tmp_path, monkeypatch):
    folder = shutil.copytree(study_dir, tmp_path / "bare", ignore=shutil.ignore_patterns("figures", "report.html"))
    for name in ("flows.csv", "pyramid.csv", "parameters.parquet", "env.json"):
        (folder / name).unlink()
    seal(folder)
    (folder / "figures").mkdir()
    (folder / "figures" / "flows.png").write_bytes(b"old")
    wanted = {name: FIGURES[name] for name in ("hero", "causes", "flows", "pyramids", "priors")}
    monkeypatch.setattr(build, "FIGURES", wanted)
    page = read(build_report(folder, "en").read_text(encoding="utf-8"))
    assert len(page.images) == 3, "hero, causes and the distribution over draws; no flows, no pyramids"
    assert not (folder / "figures" / "flows.png").exists()
    assert "moves" not in page.ids


def test_english_figures_without_a_font(study_dir, tmp_path, monkeypatch):
    folder = shutil.copytree(study_dir, tmp_path / "font", ignore=shutil.ignore_patterns("figures", "report.html"))
    monkeypatch.setattr(fonts, "_candidates", list)
    monkeypatch.setattr(build, "FIGURES", {"effects": FIGURES["effects"]})
    html = build_report(folder, "zh").read_text(encoding="utf-8")
    assert "未找到中文字体" in html
    assert '<html lang="zh-CN">' in html


def test_command_repeats_what_differs_from_the_defaults(study, canvas):
    words = command(canvas)
    assert words.startswith("python -m experiments.project study=fake")
    assert "draws=8" in words
    assert "'scenarios=[no_new_policy,plan]'" in words
    assert "seed" not in words


def test_prior_range_is_short_and_plain():
    text = Text("en")
    assert prior_range(text, {"dist": "point", "value": 10}) == "10"
    assert prior_range(text, {"dist": "uniform", "low": 0, "high": 400000}) == "200,000 (20,000 to 380,000)"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "study=main"),
        (["demo"], "allowed are"),
        (["study=x", "langauge=zh"], "langauge=zh"),
        (["study=x", "language=fr"], "allowed are en, zh"),
    ],
)
def test_wrong_arguments_are_named(argv, words):
    with pytest.raises(ArgumentError, match=words):
        arguments(argv)


def test_command_line_writes_the_report_in_the_language_of_the_study(study_dir, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(study_dir, tmp_path / "mine", ignore=shutil.ignore_patterns("figures", "report.html"))
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump(config | {"language": "zh"}))
    monkeypatch.setattr(build, "FIGURES", {})
    assert report_job(["study=mine", f"results={tmp_path}"]) == 0
    assert str(folder / "report.html") in capsys.readouterr().out
    assert '<html lang="zh-CN">' in (folder / "report.html").read_text(encoding="utf-8")
    with pytest.raises(StudyError, match="no such study"):
        report_job(["study=other", f"results={tmp_path}"])


def test_the_page_of_an_attribution_carries_its_glyphs(tmp_path, monkeypatch, region):
    if find_spec(fonts.PACKAGE) is None:
        pytest.skip("no packaged font")
    monkeypatch.setattr(attribution, "listed_runs", lambda _: pd.DataFrame({"status": ["done"], "draw": [0]}))
    monkeypatch.setattr(attribution, "_answer", lambda *_: Answer("湘西南是否追赶？", [], [], []))
    words = Text("zh")
    pen = Pen(words, words, {"attribution": pd.DataFrame({"draws": [6]})}, load_levers(), {})
    html = attribution._render(pen, tmp_path, region, [], 2026)
    assert set("".join(read(html).text)) - {"\n"} <= set(map(chr, embedded(html)))
