"""The program from a finished study to its emulators; runs of the design against runs of the study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.base.errors import InputError, StudyError
from sim.config import ConfigError
from sim.programs.whatif import study as whatif_study
from sim.programs.whatif.design import ASSUMPTIONS, EVERYWHERE, Point
from sim.programs.whatif.fitted import ASIDE, Fitted
from sim.programs.whatif.job import whatif_job
from sim.programs.whatif.simulate import names, simulate_draw
from sim.programs.whatif.study import Ready
from tests.programs.whatif.conftest import DRAWS, POINTS

PLAIN = (0.0,) * len(ASSUMPTIONS)


def stored(folder: Path, scenario: str, indicator: str) -> pd.DataFrame:
    """Return values of the province at year-ends by draw and year, as the study has them."""
    runs = pq.read_table(folder / "runs").to_pandas().astype({"run_id": str, "place": str, "indicator": str})
    listed = pd.read_parquet(folder / "manifest.parquet")
    ids = listed[listed["scenario"] == scenario].set_index("run_id")["draw"]
    rows = runs[(runs["place"] == "430000") & (runs["indicator"] == indicator) & runs["run_id"].isin(ids.index)]
    rows = rows[rows["step"] == 4].assign(draw=rows["run_id"].map(ids))
    return rows.pivot_table(index="draw", columns="year", values="value")


def test_the_baseline_of_the_design_is_that_of_the_study(page: Path, emulators: Fitted) -> None:
    kept = stored(page.parent, "no_new_policy", "resident_urban_rate")
    np.testing.assert_allclose(emulators.base[:, :, 0].T, 100.0 * kept[list(emulators.years)], rtol=1e-12)


def test_a_run_of_the_design_is_a_run_of_the_study(page: Path, prepared: Ready) -> None:
    """The plan, put into the design by hand, has the numbers of the plan in the study."""
    plan = Point((0.5,) * len(prepared.design.space.levers), prepared.design.space.starts[0], EVERYWHERE, PLAIN)
    design = prepared.design.__class__(prepared.setup, prepared.design.space, [[plan]])
    found = simulate_draw(design, 0)
    for indicator in ("resident_urban_rate", "registered_urban_rate", "fiscal_cost"):
        kept = stored(page.parent, "plan", indicator).loc[0]
        assert [found[f"1:{year}:{indicator}"] for year in design.years] == pytest.approx(
            [kept[year] for year in design.years], rel=1e-12
        )


def test_runs_kept_aside_judge_the_emulators(emulators: Fitted) -> None:
    """With 5,000 households an agent is 0.02 points; the check is on what is written about it."""
    table = emulators.errors[emulators.errors["place"] == ""]
    assert set(table["runs"]) == {DRAWS * ASIDE // 2}
    rate = table[(table["quantity"] == "resident_urban_rate") & (table["year"] == emulators.years[-1])].iloc[0]
    assert 0.0 < rate["rmse"] < rate["spread"]
    assert 0.5 < rate["coverage_90"] <= 1.0


def test_an_interrupted_design_goes_on(keys: dict[str, Any], page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is run again, and the page has the same bytes."""
    before = page.read_bytes()

    def never(*_: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr("sim.programs.whatif.simulate.begin", never)
    assert whatif_job(keys | {"workers": 1}) == 0
    assert page.read_bytes() == before


def test_names_are_those_of_the_rows(prepared: Ready) -> None:
    assert len(names(prepared.design, POINTS)) == len(set(names(prepared.design, POINTS)))


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"study": "absent"}, StudyError, "is no finished study"),
        ({"places": ["nowhere"]}, ConfigError, "places: 'nowhere' is no group of counties; allowed are"),
        ({"draws": 21}, ConfigError, "draws = 21: the study has 20"),
        ({"draws": 3}, ConfigError, "draws"),
        ({"points": 2}, ConfigError, "points"),
        ({"port": 80}, ConfigError, "port"),
        ({"colour": 1}, ConfigError, "colour"),
    ],
)
def test_wrong_keys_are_refused(
    keys: dict[str, Any], page: Path, change: dict[str, Any], error: type[InputError], says: str
) -> None:
    before = sorted(path.name for path in page.parent.iterdir())
    with pytest.raises(error, match=says):
        whatif_job(keys | change)
    assert sorted(path.name for path in page.parent.iterdir()) == before


def test_too_few_draws_are_refused(keys: dict[str, Any], page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif_study, "FEWEST_DRAWS", 50)
    with pytest.raises(ConfigError, match="20 finished draws; at least 50 are needed"):
        whatif_job(keys)


def test_the_plan_of_the_study_is_told_as_the_study_does(page: Path) -> None:
    table = pd.read_csv(page.parent / "whatif" / "checks.csv")
    target = pd.read_csv(page.parent / "target.csv")
    plan = target[(target["scenario"] == "plan") & (target["target"] != "gap_narrows")]
    np.testing.assert_allclose(table["probability"], plan["probability"], atol=1e-5)
    assert (table["probability_emulated"] - table["probability"]).abs().max() < 0.1
    assert (table["effect_emulated"] - table["effect"]).abs().max() < 0.3
