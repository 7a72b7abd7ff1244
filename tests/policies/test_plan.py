"""The years of the plan: declared once, in order, and open where nothing is published yet."""

from __future__ import annotations

import pytest

from sim.policies import PolicyFileError
from sim.policies.plan import PLAN_FILE, plan_years


def test_levers_act_in_years_of_the_plan_that_are_not_observed():
    """The plan of 2024 runs for five years, 2025 to 2029."""
    plan = plan_years()
    assert (plan.before, plan.first, plan.last) == (2024, 2025, 2029)
    assert list(plan.open_years(2023)) == list(plan.open_years(2024)) == [2025, 2026, 2027, 2028, 2029]
    assert list(plan.open_years(2027)) == [2028, 2029]
    assert not plan.open_years(2029)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("first: 2025", "first: 1925", "first: 1925 is not allowed"),
        ("[2028, 2029]", "[2029, 2030]", "target_years must rise and lie between first and last"),
        ("[2028, 2029]", "[2029, 2028]", "target_years must rise"),
        ("price_year: 2024", "", "price_year"),
    ],
)
def test_wrong_years_are_refused_with_the_file(tmp_path, old, new, words):
    file = tmp_path / "plan.yaml"
    text = PLAN_FILE.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"plan\.yaml") as refused:
        plan_years(file)
    assert words in str(refused.value)
