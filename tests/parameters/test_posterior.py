"""Posterior tables: drawn by (seed, draw) alone, refused when damaged."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from sim.config import ProjectConfig
from sim.data import load_region
from sim.parameters.declared import ParameterSource, declared, draw_parameters
from sim.parameters.posterior import (
    FOLDER,
    PosteriorError,
    content_hash,
    file_hash,
    load_posterior,
    made_with,
    other_data,
    read_posterior,
)

ROWS = "income_coefficient,move_trend,weight\n1.0,-0.01,0.2\n2.0,0.03,0.3\n3.0,0.05,0.5\n"


def write(folder, rows=ROWS, **changes):
    (folder / "made.csv").write_text(rows, encoding="utf-8")
    head = {
        "name": "made",
        "region": "hunan",
        "information": 2020,
        "command": "python -m experiments.calibrate",
        "households": 5_000,
        "seed": 1,
        "waves": [{"runs": 3, "kept": 3, "cutoff": 3.0}],
        "effective_size": 2.6,
        "targets": [],
        "parameters": [],
        "correlations": [],
        "data_hash": "d",
        "code_hash": "c",
        "rows_hash": file_hash(folder / "made.csv"),
    }
    (folder / "made.yaml").write_text(yaml.safe_dump(head | changes), encoding="utf-8")
    return folder


def test_rows_are_drawn_in_proportion_to_their_weight(tmp_path):
    posterior = read_posterior("made", write(tmp_path))
    drawn = np.array([posterior.row(7, k)["income_coefficient"] for k in range(4000)])
    shares = [(drawn == value).mean() for value in (1.0, 2.0, 3.0)]
    assert shares == pytest.approx([0.2, 0.3, 0.5], abs=4 * np.sqrt(0.25 / 4000))


def test_a_draw_takes_whole_rows_and_leaves_other_parameters_to_their_priors(tmp_path):
    posterior = read_posterior("made", write(tmp_path))
    source = ParameterSource(dict(declared()), posterior)
    pairs = {1.0: -0.01, 2.0: 0.03, 3.0: 0.05}
    for draw in range(8):
        values, prior = draw_parameters(5, draw, {}, source), draw_parameters(5, draw)
        assert values["move_trend"] == pairs[values["income_coefficient"]]
        others = set(prior) - {"income_coefficient", "move_trend"}
        assert {name: values[name] for name in others} == {name: prior[name] for name in others}
    assert draw_parameters(5, 3, {"move_trend": 0.1}, source)["move_trend"] == 0.1


def test_a_draw_depends_on_seed_and_draw_alone(tmp_path):
    posterior = read_posterior("made", write(tmp_path))
    forward = [dict(posterior.row(9, k)) for k in range(50)]
    assert [dict(posterior.row(9, k)) for k in reversed(range(50))] == forward[::-1]
    assert [dict(posterior.row(10, k)) for k in range(50)] != forward


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        (ROWS, {"rows_hash": "0"}, r"made.csv: missing, or not the table that made.yaml describes"),
        (ROWS, {"effective_size": "many"}, "effective_size"),
        (ROWS.replace("0.2", "-0.2"), {}, "weights must be numbers from 0"),
        (ROWS.replace("income_coefficient", "income"), {}, "column income: no such parameter"),
        (ROWS.replace("3.0", "30.0"), {}, "a value outside 0 to 6"),
    ],
)
def test_damaged_tables_are_refused(tmp_path, rows, changes, message):
    with pytest.raises(PosteriorError, match=message):
        read_posterior("made", write(tmp_path, rows, **changes))


def test_a_posterior_of_another_region_or_later_data_is_refused(tmp_path, monkeypatch):
    read = read_posterior("made", write(tmp_path))
    monkeypatch.setattr("sim.parameters.posterior.read_posterior", lambda *_: read)
    config = ProjectConfig.model_construct(region="hunan", observed_until=2015)
    with pytest.raises(PosteriorError, match="uses data up to 2020, later than observed_until = 2015"):
        load_posterior("made", config)
    elsewhere = config.model_copy(update={"region": "elsewhere"})
    with pytest.raises(PosteriorError, match="made for region hunan"):
        load_posterior("made", elsewhere)


def test_content_hash_is_that_of_the_rows(tmp_path):
    folder = write(tmp_path)
    first = content_hash("made", folder)
    write(folder, ROWS.replace("0.03", "0.02"))
    assert content_hash("made", folder) != first
    assert content_hash(None) is None


def test_only_other_data_is_told_not_other_code(tmp_path):
    folder = write(tmp_path)
    assert made_with("made", folder) == {"data": "d", "code": "c"}
    assert other_data("made", "d", folder) == ""
    assert other_data(None, "e") == ""
    line = other_data("made", "e", folder)
    assert all(word in line for word in ("posterior = made", "(d)", "(e)", "experiments.calibrate"))
    assert "\n" not in line


def test_committed_posteriors_are_of_the_data_of_their_region():
    for path in sorted(FOLDER.glob("*.yaml")):
        head = read_posterior(path.stem).head
        assert other_data(path.stem, load_region(head.region).data_hash()) == ""
