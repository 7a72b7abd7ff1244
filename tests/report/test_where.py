"""The two questions of the plan's goals: does south-west Hunan catch up, does Chang-Zhu-Tan concentrate?"""

from __future__ import annotations

import pandas as pd
import pytest

from sim.data import load_region
from sim.report.text import Text
from sim.report.where import asked, group_rows, questions

HEAD = ["group", "rate", "change", "effect", "effect_low", "effect_high"]
HEAD += ["catch_up", "catch_up_low", "catch_up_high", "share", "share_low", "share_high"]


def groups(catch_up, share):
    rows = [
        ["province", 62.0, 3.0, 0.2, 0.1, 0.3, 0, 0, 0, 0, 0, 0],
        ["xiangxinan", 53.0, 3.5, 0.3, 0.1, 0.5, *catch_up, 0, 0, 0],
        ["chang_zhu_tan", 79.0, 2.0, 0.1, 0.0, 0.2, 0, 0, 0, *share],
    ]
    return pd.DataFrame(rows, columns=HEAD)


@pytest.mark.parametrize(
    ("sample", "word"),
    [((0.1, 0.02, 0.2), "Yes"), ((-0.1, -0.2, -0.02), "No"), ((0.1, -0.1, 0.3), "Cannot be told")],
)
def test_an_answer_follows_the_interval(sample, word):
    catches, concentrates = questions(Text("en"), groups(sample, sample), load_region("hunan"), (2025, 2029), "package")
    assert f"catch up? {word}:" in catches
    assert "9.0 points behind in 2025" in catches
    assert "+0.5 points against that of the province" in catches
    assert f"concentrate? {word}: the package" in concentrates


def test_the_province_stands_first_in_the_table():
    table = group_rows(Text("zh"), groups((0, 0, 0), (0, 0, 0)), load_region("hunan"), 2025, 2029)
    assert table.head[1] == "2025年城镇化率"
    assert [row[0] for row in table.rows] == ["全省", "湘西南", "长株潭"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_answers_from_its_own_runs(study, language):
    answers = asked(study, Text(language))
    assert len(answers) == 2
    assert all("？" in text or "?" in text for text in answers)
