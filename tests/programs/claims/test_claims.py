"""The program from its file to the page, on a stand-in simulation; what is wrong is named before anything runs."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.config import CONFIGS, ConfigError, read_yaml
from sim.programs.claims.claims import ClaimsConfig, claims_job, study_of
from sim.programs.program import checked
from tests.studies import fake_simulator

WANTED = ("plan_adds", "missed_in_2028", "gap_narrows")


def keys(tmp_path, **changes):
    """Return the keys of the program with three claims and two variants; three runs of three show more than 0.3."""
    found = read_yaml(CONFIGS / "claims.yaml")
    claims = [claim | {"probability": 0.3} for claim in found["claims"] if claim["id"] in WANTED]
    variants = [variant for variant in found["variants"] if variant["name"] in ("base", "other_seed")]
    own = {"claims": claims, "variants": variants, "draws": 3, "workers": 1, "results": str(tmp_path / "results")}
    return found | own | changes


def test_the_file_is_what_it_must_be():
    """Claims and variants of the shipped file pass every check; the first variant is the model as it is."""
    config = checked(ClaimsConfig, read_yaml(CONFIGS / "claims.yaml"), "claims")
    studies = {variant.name: study_of(config, variant) for variant in config.variants}
    assert config.variants[0].settings == []
    assert studies["monthly"].steps_per_year == 12
    assert studies["registration_before_moves"].order == {"registration": "moves"}
    assert [name for name, study in studies.items() if not study.discrepancy] == ["no_discrepancy"]
    assert all(study.draws == config.draws and study.end_year == 2029 for study in studies.values())
    assert {"plan", "no_new_policy", "jobs_first", "housing_first"} <= set(studies["base"].scenarios)


def test_verdicts_tables_and_page(tmp_path, capsys):
    """In the stand-in every draw of the plan lies above the baseline; both variants say so."""
    assert claims_job(keys(tmp_path), fake_simulator.simulator()) == 0
    folder = tmp_path / "results" / "claims"
    table = pd.read_csv(folder / "claims.csv")
    assert table["variant"].tolist() == ["base"] * 3 + ["other_seed"] * 3
    rows = table[table["claim"] == "plan_adds"].set_index("variant")
    assert rows["share"].tolist() == [1.0, 1.0]
    assert rows["verdict"].tolist() == ["holds", "holds"]
    said = capsys.readouterr().out
    assert "[robust] The plan raises the resident rate of 2029\n" in said
    page = (folder / "claims.md").read_text(encoding="utf-8")
    assert "| The plan raises the resident rate of 2029 | **robust** | 100% | >30% |  |" in page
    assert (folder / "claims.png").stat().st_size > 10_000
    assert (folder / "base" / "target.csv").is_file()


def test_levels_are_told_with_the_discrepancy_as_targets_are(tmp_path):
    """That 66% is missed is as likely as the tables of the study say, and as its runs say without discrepancy."""
    variants = [
        {"name": "base", "en": "a", "zh": "a", "settings": []},
        {"name": "alone", "en": "b", "zh": "b", "settings": ["discrepancy=false"]},
    ]
    claims_job(keys(tmp_path, variants=variants), fake_simulator.simulator())
    folder = tmp_path / "results" / "claims"
    rows = pd.read_csv(folder / "claims.csv").set_index(["claim", "variant"])
    target = pd.read_csv(folder / "base" / "target.csv").set_index(["scenario", "target", "target_year"])
    met = target.loc[("plan", "resident_rate_66", 2028)]
    assert rows.loc[("missed_in_2028", "base"), "share"] == pytest.approx(1.0 - met["probability"])
    assert rows.loc[("missed_in_2028", "alone"), "share"] == pytest.approx(1.0 - met["probability_runs"])
    widths = rows["p95"] - rows["p05"]
    assert widths["missed_in_2028", "base"] > widths["missed_in_2028", "alone"] + 0.5
    assert widths["plan_adds", "base"] == pytest.approx(widths["plan_adds", "alone"])


@pytest.mark.filterwarnings("error::UserWarning")
def test_in_chinese(tmp_path, capsys):
    assert claims_job(keys(tmp_path, language="zh"), fake_simulator.simulator()) == 0
    assert "[稳健] 行动计划提高2029年常住人口城镇化率" in capsys.readouterr().out
    assert "| 结论 | 判定 |" in (tmp_path / "results" / "claims" / "claims.md").read_text(encoding="utf-8")


def test_runs_that_are_there_are_not_made_again(tmp_path):
    log = tmp_path / "log"
    claims_job(keys(tmp_path), fake_simulator.simulator(log=log))
    assert len(log.read_text().splitlines()) == 2 * 3
    claims_job(keys(tmp_path), fake_simulator.simulator(log=log))
    claims_job(keys(tmp_path, draws=4), fake_simulator.simulator(log=log))
    assert len(log.read_text().splitlines()) == 2 * 4


def test_an_interrupted_program_goes_on(tmp_path):
    log, repaired = tmp_path / "log", tmp_path / "repaired"
    accidents = {"log": log, "interrupt": (1,), "repaired": repaired}
    with pytest.raises(KeyboardInterrupt):
        claims_job(keys(tmp_path), fake_simulator.simulator(**accidents))
    before = len(log.read_text().splitlines())
    assert not (tmp_path / "results" / "claims" / "claims.csv").exists()
    repaired.touch()
    assert claims_job(keys(tmp_path), fake_simulator.simulator(**accidents)) == 0
    assert before == 2
    assert len(log.read_text().splitlines()) <= before + 2 * 3


def test_failed_runs_are_left_out_and_said(tmp_path, capsys):
    accidents = {"fail_branch": (("plan", 2),)}
    assert claims_job(keys(tmp_path), fake_simulator.simulator(**accidents)) == 1
    table = pd.read_csv(tmp_path / "results" / "claims" / "claims.csv")
    gap = table["claim"] == "gap_narrows"
    assert set(table[~gap]["runs"]) == {2}
    assert set(table[gap]["verdict"]) == {"not_shown"}, "the stand-in does not narrow over the observed years"
    assert "2 runs failed and are left out" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"draws": 0}, "draws"),
        ({"claims": []}, "claims"),
        (
            {"variants": [{"name": "a", "en": "a", "zh": "a", "settings": ["end_year=2026"]}]},
            "end_year=2026: the claims decide",
        ),
        (
            {"variants": [{"name": "a", "en": "a", "zh": "a", "settings": ["sede=2"]}]},
            "variants, a: .*sede: unknown key",
        ),
        (
            {"variants": [{"name": "a", "en": "a", "zh": "a", "settings": ["params.nets=1"]}]},
            "a: params.nets: unknown param",
        ),
        (
            {"variants": [{"name": "a", "en": "a", "zh": "a", "settings": ["seed=2", "draws=x"]}]},
            "variants, a: draws = 'x'",
        ),
        ({"variants": [{"name": "a", "en": "a", "zh": "a", "settings": []}] * 2}, "a is given twice"),
        ({"variants": [{"name": "a", "en": "a", "zh": "a"}]}, "variants.0: settings: missing; needed are name, en"),
        ({"claims": [{"id": "a", "comparison": "=="}]}, "claims.0: comparison = '==': allowed is at_least or above"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_runs(tmp_path, change, message):
    with pytest.raises(ConfigError, match=message):
        claims_job(keys(tmp_path, **change), fake_simulator.simulator())
    assert not (tmp_path / "results").exists()


def test_a_claim_on_an_unknown_scenario_is_refused(tmp_path):
    found = keys(tmp_path)
    found["claims"] = [found["claims"][0] | {"scenario": "plam"}]
    with pytest.raises(ConfigError, match=r"variants, base: .*plam: unknown scenario"):
        claims_job(found, fake_simulator.simulator())
