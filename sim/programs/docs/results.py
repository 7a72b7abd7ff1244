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
READINGS = {"": "probability", "_runs": "probability_runs", "_census": "probability_census"}
"""Ending of a quantity and the column of ``target.csv``: the published figure, the runs alone, the next census."""
WORDS = {
    "en": """\
**The plan at half intensity adds {effect} to the resident rate of 2029**, compared draw by draw and driven by the
priors of its levers. **That the figure published for 2029 is at least 66.0% has probability {none_66_2029} without new
policy and {plan_66_2029} with the plan**; at least 65.5%: {none_65_5_2029} and {plan_65_5_2029}; 66.0% a year earlier:
{none_66_2028} and {plan_66_2028}. Median and middle 90%: {none} without and {plan} with the plan.
These hold what forecasts of other provinces got wrong; by the draws of the model alone the probabilities would be
{none_66_runs_2029} and {plan_66_runs_2029}. That the next census will find 66.0% reached at that date:
{none_66_census_2029} and {plan_66_census_2029} (`make run`, seed {seed}, {draws} draws: some parameters weighted
by past data, all others from literature priors).
""",
    "zh": """\
**行动计划取半强度时，2029年常住人口城镇化率提高{effect}**（逐次配对比较，取决于政策先验）。
**2029年公布值不低于66.0%的概率：无新增政策时为{none_66_2029}，实施计划时为{plan_66_2029}**；
不低于65.5%的概率为{none_65_5_2029}和{plan_65_5_2029}；提前一年达到66.0%的概率为{none_66_2028}和{plan_66_2028}。
中位数与中间90%范围：无新增政策为{none}，实施计划为{plan}。以上均已计入对其他省份预测时出现过的误差；
仅按模型抽样，概率为{none_66_runs_2029}和{plan_66_runs_2029}。
下一次普查确认届时已达66.0%的概率为{none_66_census_2029}和{plan_66_census_2029}
（`make run`，种子{seed}，{draws}组抽样：部分参数按历史数据加权，其余取自文献先验）。
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
    for ending, column in READINGS.items():
        heads = zip(goals["target"] + ending, goals["scenario"], goals["target_year"], goals[column], strict=True)
        rows += [(*head, f"{value:.6f}", "", "") for *head, value in heads]
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
        for goal in ("66", "65_5", "66_runs", "66_census"):
            for year in (EARLY, YEAR):
                share = float(found[f"resident_rate_{goal}", scenario, year]["value"])
                values[f"{short}_{goal}_{year}"] = text.percent(share, 0)
    effect = found["effect", PLAN, YEAR]
    middle, low, high = (text.points(float(effect[key])) for key in RANGE)
    unit = " points" if language == "en" else "个百分点"
    values["effect"] = _range(language, middle + unit, low, high)
    return WORDS[language].format(**values)


def _range(language: str, middle: str, low: str, high: str) -> str:
    """Return a value with its range; only the value carries the unit."""
    low, high = low.rstrip("%"), high.rstrip("%")
    return f"{middle} ({low} to {high})" if language == "en" else f"{middle}（{low}至{high}）"
