"""Posterior tables: drawn by (seed, draw) alone, refused when damaged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml

from sim.config import ProjectConfig
from sim.data import load_region
from sim.parameters import information
from sim.parameters.declared import (
    PARAMETER_FILE,
    ParameterError,
    ParameterSource,
    declared,
    draw_parameters,
    parameters_at,
)
from sim.parameters.information import source_at
from sim.parameters.posterior import (
    FOLDER,
    Head,
    PosteriorError,
    content_hash,
    edited_priors,
    file_hash,
    load_posterior,
    made_with,
    other_data,
    prior_quantiles,
    read_posterior,
)

REGION = load_region("hunan")
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
    changed = head | changes
    if "effective_size" not in changes:
        changed = Head.model_validate(changed).sealed().model_dump(mode="json")
    (folder / "made.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
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


@pytest.mark.parametrize("name", ["made.csv", "made.yaml"])
def test_line_ends_do_not_matter(tmp_path, name):
    file = write(tmp_path) / name
    before = read_posterior("made", tmp_path)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    after = read_posterior("made", tmp_path)
    assert after.head == before.head
    np.testing.assert_array_equal(after.values, before.values)


def test_a_number_changed_in_the_provenance_is_refused(tmp_path):
    file = write(tmp_path) / "made.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("2020", "2024"), encoding="utf-8")
    with pytest.raises(PosteriorError, match=r"made.yaml: not as it was written"):
        read_posterior("made", tmp_path)


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


def marginal(name, parameter):
    prior = prior_quantiles(parameter)
    return {"name": name, "prior": list(prior), "posterior": list(prior), "contraction": 0.3, "label": "informed"}


@pytest.mark.parametrize("name", ["posterior_projection", "posterior_hindcast"])
def test_the_priors_are_those_that_the_committed_posteriors_were_made_from(name):
    posterior = read_posterior(name)
    assert posterior.head.parameters
    assert edited_priors(posterior, parameters_at(REGION, posterior.head.information)) == []


@pytest.mark.parametrize("change", [{"median": 2.0}, {"gsd": 1.6}, {"high": 3}, {"floor": 1.0}])
def test_an_edited_prior_of_a_calibrated_parameter_is_refused_with_all_ways_out(tmp_path, monkeypatch, change):
    old = declared()["income_coefficient"]
    head = {"information": 2024, "parameters": [marginal("income_coefficient", old)]}
    posterior = read_posterior("made", write(tmp_path, **head))
    assert source_at(REGION, None, posterior).posterior is posterior
    edited = replace(old, prior={**old.prior, **change})
    monkeypatch.setattr(information, "parameters_at", lambda *_: {**declared(), "income_coefficient": edited})
    with pytest.raises(PosteriorError) as error:
        source_at(REGION, None, posterior)
    line = 2 + PARAMETER_FILE.read_text(encoding="utf-8").splitlines().index("income_coefficient:")
    for part in (
        f"parameters.yaml, line {line}: income_coefficient.prior",
        "draws come from made",
        "posterior=null",
        "priors.income_coefficient=[LOW,HIGH]",
        "experiments.calibrate",
    ):
        assert part in str(error.value)
    assert source_at(REGION, None, posterior, ranges={"income_coefficient": [1.0, 2.0]}).ranges
    assert source_at(REGION, None, posterior, fixed={"income_coefficient": 1.0}).posterior is posterior
    assert source_at(REGION, None, None).posterior is None


def test_a_range_replaces_prior_and_posterior_of_its_parameter_alone(tmp_path):
    posterior = read_posterior("made", write(tmp_path))
    free, ranged = (
        source_at(REGION, None, posterior),
        source_at(REGION, None, posterior, ranges={"income_coefficient": [4, 5]}),
    )
    drawn = [draw_parameters(1, k, {}, ranged) for k in range(400)]
    others = [draw_parameters(1, k, {}, free) for k in range(400)]
    values = np.array([row.pop("income_coefficient") for row in drawn])
    assert [row.pop("income_coefficient") for row in others] != list(values)
    assert drawn == others
    assert 4.0 <= values.min() < 4.02
    assert 4.98 < values.max() <= 5.0
    assert values.mean() == pytest.approx(4.5, abs=4 * np.sqrt(1 / 12 / 400))


def test_a_range_keeps_levels():
    tilts = source_at(REGION, None, ranges={"age_tilt": [-0.1, 0.01]})
    assert {draw_parameters(1, k, {}, tilts)["age_tilt"] for k in range(40)} == {-0.08, 0.0}


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"income_coeficient": [1, 2]}, "priors.income_coeficient: no such parameter; did you mean"),
        ({"income_coefficient": [1, 7]}, "priors.income_coefficient=7: outside the range 0 to 6"),
        ({"income_coefficient": [2, 1]}, r"priors.income_coefficient=\[2,1\]: the lower number comes first"),
        ({"income_coefficient": [2, 2]}, "params.income_coefficient=VALUE fixes one value"),
        ({"income_coefficient": [True, 2]}, "priors.income_coefficient=true: not a number"),
        ({"age_tilt": [0.01, 0.02]}, "with one of -0.08, 0, 0.08"),
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_refused(ranges, message):
    with pytest.raises(ParameterError, match=message):
        source_at(REGION, None, ranges=ranges)
