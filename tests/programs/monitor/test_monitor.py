"""The program from the file of figures to the page on made-up runs; and one real run, which sees no later figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.base.config_files import composed
from sim.base.errors import StudyError
from sim.base.names import BASELINE
from sim.config import CONFIGS, ConfigError, load_config
from sim.data import load_region
from sim.model.path.setup import prepare
from sim.parameters.declared import declared
from sim.programs.monitor import monitor, replay
from sim.programs.monitor.figures import Given, NewFigures, NewFiguresError
from sim.programs.monitor.monitor import monitor_job
from sim.programs.monitor.overlay import Row, write_overlay
from sim.programs.monitor.runs import RATE, name_of, simulate
from tests.programs.monitor.conftest import DRAWS, made_up

FIGURES = """\
year: 2026
source: example
made_up: true
province: {urban_rate: 63.4}
prefectures: {4301: {urban_rate: 84.7, residents: 1079.0}}
"""


def keys(tmp_path, **changes):
    path = tmp_path / "new.yaml"
    path.write_text(FIGURES, encoding="utf-8")
    return composed("monitor") | {"figures": str(path), "results": str(tmp_path), "study": "m"} | changes


@pytest.fixture
def asked(monkeypatch):
    """Put made-up runs in place of the model; return what was asked for."""
    seen = []

    def stand_in(folder, config, workers, configs=CONFIGS):
        seen.append((folder.name, config))
        region = load_region("hunan", configs / "data" if configs != CONFIGS else None)
        return made_up(region, config.observed_until or region.last_observed, config.start)

    monkeypatch.setattr(monitor, "run_forecast", stand_in)
    monkeypatch.setattr(replay, "run_forecast", stand_in)
    return seen


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_from_the_figures_to_the_page(tmp_path, asked, capsys):
    assert monitor_job(keys(tmp_path)) == 0
    assert [name for name, _ in asked] == ["before", "after"]
    folder = tmp_path / "m"
    page = (folder / "monitor.html").read_text(encoding="utf-8")
    assert "These figures are made up" in page
    assert "Not given, and derived: residents (derived: forecast)" in page
    assert "on course" in page
    chances = pd.read_csv(folder / "chances.csv").set_index(["stage", "scenario", "year"])["probability"]
    assert (
        f"{100 * chances['before', 'plan', 2029]:.0f}% -> {100 * chances['after', 'plan', 2029]:.0f}%"
        in capsys.readouterr().out
    )
    scores = pd.read_csv(folder / "registered.csv")
    assert scores["commit"].nunique() == 3
    assert scores["error"].to_numpy() == pytest.approx((scores["median"] - scores["value"]).to_numpy(), rel=1e-3)
    assert load_region("hunan", folder / "overlay" / "data").last_observed == 2026
    first = files(folder)
    monitor_job(keys(tmp_path))
    assert files(folder) == first


def test_the_page_in_chinese(tmp_path, asked):
    monitor_job(keys(tmp_path, language="zh"))
    page = (tmp_path / "m" / "monitor.html").read_text(encoding="utf-8")
    assert "2026年数据公布前后" in page
    assert "虚构示例" in page


def test_other_figures_do_not_mix_with_a_study(tmp_path, asked):
    values = keys(tmp_path)
    monitor_job(values)
    (tmp_path / "new.yaml").write_text(FIGURES.replace("63.4", "63.9"), encoding="utf-8")
    with pytest.raises(StudyError, match="holds a study of other figures"):
        monitor_job(values)


def test_few_draws_left_make_the_posterior_again_or_say_what_to_do(tmp_path, asked, monkeypatch):
    made = []
    monkeypatch.setattr(monitor, "rebuild", lambda config, overlay, folder: made.append(folder.name) or 33.0)
    monitor_job(keys(tmp_path, least_effective=1.0))
    assert made == ["rebuilt"]
    assert asked[-1][0] == "after_rebuilt"
    page = (tmp_path / "m" / "monitor.html").read_text(encoding="utf-8")
    assert "the posterior was made again through them from the posterior of 2020 (300 runs; effective size 33)" in page
    monitor_job(keys(tmp_path, least_effective=1.0, posterior=None, study="n"))
    assert made == ["rebuilt"]
    assert "run python -m experiments.calibrate" in (tmp_path / "n" / "monitor.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"figures": None}, "figures and replay: neither is given"),
        ({"replay": True}, "figures and replay: both are given"),
        ({"levels": [0.2, 0.5]}, "allowed are chances that fall"),
        ({"goal": 0.66}, "goal"),
        ({"package": BASELINE}, "this is the baseline"),
    ],
)
def test_wrong_keys_are_named_and_nothing_is_written(tmp_path, asked, change, words):
    with pytest.raises(ConfigError, match=words):
        monitor_job(keys(tmp_path, **change))
    assert not (tmp_path / "m").exists()


def test_figures_that_contradict_themselves_are_refused_before_anything_runs(tmp_path, asked, region):
    values = keys(tmp_path)
    places = "".join(f"  {code}: {{residents: 450.0}}\n" for code in region.prefecture_codes)
    (tmp_path / "new.yaml").write_text(
        f"year: 2026\nsource: example\nprovince: {{residents: 6455.0}}\nprefectures:\n{places}", encoding="utf-8"
    )
    with pytest.raises(NewFiguresError, match="residents of prefectures do not add to the province"):
        monitor_job(values)
    assert not (tmp_path / "m").exists()
    assert asked == []


def test_the_replay_asks_for_every_date_and_for_no_later_figure(tmp_path, asked, capsys):
    assert monitor_job(keys(tmp_path, figures=None, replay=True)) == 0
    assert [config.observed_until for _, config in asked] == list(range(2020, 2026))
    assert {config.posterior for _, config in asked} == {"posterior_hindcast"}
    steps = pd.read_csv(tmp_path / "m" / "replay.csv").query("scenario == 'no_new_policy'").set_index("year")
    series = load_region().table("province_series").set_index("year")["urban_rate"].astype(float)
    assert steps["figure"].tolist() == pytest.approx(series.loc[2021:2025].tolist())
    assert steps["before"].tolist()[1:] == pytest.approx(steps["after"].tolist()[:-1])
    pace = (series[2021] - series[2018]) / 3
    assert steps.loc[2022, "benchmark"] == pytest.approx(series[2021] + pace, abs=0.001)
    assert steps["needed"].tolist() == pytest.approx([100 * (0.66 - series[y]) / (2029 - y) for y in range(2021, 2026)])
    assert ((steps["rank"] >= 0) & (steps["rank"] <= 1) & (steps["effective"] <= DRAWS)).all()
    assert "From 2021 to 2025" in (tmp_path / "m" / "replay.html").read_text(encoding="utf-8")
    assert "2025: 63.00" in capsys.readouterr().out


@pytest.mark.slow
def test_a_forecast_of_2021_is_the_same_without_the_tables_of_later_years(tmp_path, region):
    """One real draw: with an information date, rows of later years that are cut away change nothing."""
    given = NewFigures(year=2026, source="made-up", province=Given(urban_rate=63.4))
    folder = write_overlay(tmp_path / "overlay", region, given, Row(64_550_000, 0.634, 4.8, 9.3, {}))
    for name, column in (("province_series", 0), ("prefecture_annual", 1)):
        path = folder / "data" / "hunan" / f"{name}.csv"
        head, *rows = path.read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if int(row.split(",")[column]) <= 2021]
        path.write_text("\n".join([head, *kept, ""]), encoding="utf-8")
    medians = {
        name: p.median for name, p in declared().items() if name not in ("transfer_per_year", "outside_loss_per_year")
    }
    runs = load_config(
        households=5_000,
        draws=1,
        scenarios=[BASELINE],
        start=2010,
        observed_until=2021,
        end_year=2024,
        posterior=None,
        params=medians,
    )
    whole, cut = (simulate(prepare(runs, configs), 0) for configs in (CONFIGS, folder))
    assert whole == cut
    series = region.table("province_series").set_index("year")["urban_rate"]
    assert whole[name_of(BASELINE, RATE, "430000", 2021)] == pytest.approx(float(series[2021]), abs=0.002)
    assert np.isfinite(whole[name_of(BASELINE, RATE, "430000", 2024)])
