"""The answer of the main job as the READMEs give it, kept in ``docs/results.csv``."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd

from sim.base.names import BASELINE, PLAN
from sim.base.paths import ROOT
from sim.config import read_yaml
from sim.report.text import Text

TABLE, HERO = ROOT / "docs" / "results.csv", ROOT / "docs" / "figures" / "hero.png"
RATE, PROVINCE = "resident_urban_rate", "430000"
YEAR, EARLY = "2029", "2028"
RANGE = ("value", "low", "high")
HEAD = ("quantity", "scenario", "year", *RANGE)
WORDS = {
    "en": """\
Median and middle 90% of {draws} draws, nine parameters weighted by past data, all others from literature priors
(`make run`, seed {seed}): at the end of 2029 the resident rate is {none} without new policy and {plan}
with the plan at half intensity. At least 66.0% is reached in {none_66_2029} of {draws} draws without
and {plan_66_2029} with it, at least 65.5% in {none_65_5_2029} and {plan_65_5_2029}; by the end of 2028,
66.0% in {none_66_2028} and {plan_66_2028}. The paired effect of the plan in 2029 is {effect}:
small beside the spread between draws, and driven by the priors of the levers.
""",
    "zh": """\
以下为{draws}组参数抽样（`make run`，种子{seed}；九个参数按历史数据加权，其余取自文献先验）的中位数与中间90%范围：
2029年末常住人口城镇化率在无新政策下为{none}，行动计划取半强度时为{plan}。
{draws}组中达到66.0%的分别为{none_66_2029}组和{plan_66_2029}组，达到65.5%的为{none_65_5_2029}组和{plan_65_5_2029}组；
2028年末达到66.0%的分别为{none_66_2028}组和{plan_66_2028}组。
行动计划在2029年的配对效应为{effect}，小于各抽样之间的差异，且取决于政策先验。
""",
}


def collect(study: Path) -> None:
    """Take the answer and the main figure of a finished study into ``docs/``.

    Args:
        study: folder of a study with both scenarios, up to 2029 at least, reported in English.
    """
    tables = {
        name: pd.read_csv(study / f"{name}.csv", dtype={"place": str}) for name in ("summary", "effects", "target")
    }
    seed = read_yaml(study / "config.yaml")["seed"]
    runs = int(tables["summary"]["runs"].max())
    rows: list[tuple[object, ...]] = [("seed", "", "", seed, "", ""), ("draws", "", "", runs, "", "")]
    for name, table in (("rate", tables["summary"]), ("effect", tables["effects"])):
        chosen = table[table["place"].eq(PROVINCE) & table["indicator"].eq(RATE) & table["year"].eq(int(YEAR))]
        for scenario, values in chosen.set_index("scenario")[["median", "p05", "p95"]].iterrows():
            rows.append((name, scenario, YEAR, *(f"{value:.6f}" for value in values)))
    goals = tables["target"]
    counts = (goals["probability"] * runs).round().astype(int)
    rows += [
        (*row, "", "") for row in zip(goals["target"], goals["scenario"], goals["target_year"], counts, strict=True)
    ]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    shutil.copyfile(study / "figures" / "hero.png", HERO)


def results(language: str) -> str:
    """Return the answer in sentences."""
    text = Text(language)
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = {(row["quantity"], row["scenario"], row["year"]): row for row in csv.DictReader(file)}
    values = {name: found[name, "", ""]["value"] for name in ("draws", "seed")}
    for short, scenario in (("none", BASELINE), ("plan", PLAN)):
        rate = found["rate", scenario, YEAR]
        values[short] = _range(language, *(text.percent(float(rate[key])) for key in RANGE))
        for goal in ("66", "65_5"):
            for year in (EARLY, YEAR):
                values[f"{short}_{goal}_{year}"] = found[f"resident_rate_{goal}", scenario, year]["value"]
    effect = found["effect", PLAN, YEAR]
    middle, low, high = (text.points(float(effect[key])) for key in RANGE)
    unit = " points" if language == "en" else "个百分点"
    values["effect"] = _range(language, middle + unit, low, high)
    return WORDS[language].format(**values)


def _range(language: str, middle: str, low: str, high: str) -> str:
    """Return a value with its range; only the value carries the unit."""
    low, high = low.rstrip("%"), high.rstrip("%")
    return f"{middle} ({low} to {high})" if language == "en" else f"{middle}（{low}至{high}）"
