"""Where the spread comes from: Sobol indices of groups of inputs, Monte Carlo among them.

Every group is one uniform number of the Sobol sequence. A parameter group turns it into a
draw of its parameters (a row of the posterior for those it holds, so correlations inside a
group are kept and those between groups are not), ``levers`` into a draw of lever effects and
``monte_carlo`` into a seed. The total index of a group is the share of the variance that is
left when everything else is known (Jansen's estimator through SALib).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from sim.base.arrays import Floats
from sim.base.errors import InputError
from sim.base.names import BASELINE
from sim.config import load_config, scenario_name
from sim.model.path.begin import begin_with
from sim.model.path.history import advance
from sim.model.path.setup import Setup, fix_draw, prepare
from sim.parameters.declared import declared, draw_parameters
from sim.parameters.posterior import content_hash
from sim.policies.effects import draw_effects
from sim.programs.program import ProgramConfig, checked, require_open
from sim.studies.ensemble import ERROR, JOB, Ensemble, run_ensemble, setup_basis
from sim.studies.files import write_table

LEVERS, NOISE, BEHAVIOUR = "levers", "monte_carlo", "behaviour"
OUTPUTS = ("rate", "effect")
DRAWS = 2**20
"""Draws that a uniform number is turned into."""


class SensitivityConfig(ProgramConfig):
    """Keys of the variance split; ``configs/sensitivity.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    region: str
    year: int = Field(ge=2021, le=2060)
    package: str
    posterior: str | None
    households: int = Field(ge=5_000, le=40_000_000)
    base: int = Field(ge=4, le=4096)
    seed: int = Field(ge=0, le=2**32 - 1)
    workers: int = Field(ge=1, le=1024)
    groups: dict[str, list[str]]

    @field_validator("base")
    @classmethod
    def _power(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError(f"{value} is not allowed: a power of 2 is needed, such as 64")
        return value

    @field_validator("groups")
    @classmethod
    def _known(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        named = [name for names in value.values() for name in names]
        wrong = [name for name in named if name not in declared() or named.count(name) > 1]
        wrong += [group for group in value if group in (LEVERS, NOISE, BEHAVIOUR)]
        if wrong:
            raise ValueError(f"{wrong[0]}: not a parameter, named twice, or the name of a built-in group")
        return value


@dataclass(frozen=True)
class Design:
    """What every run of the split needs.

    Attributes:
        setup: data, populations, scenarios, parameters.
        points: float64[runs, groups] in 0..1.
        groups: name of every group, in the order of the columns.
        member: group of every parameter.
        scenario: scenario whose effect is taken.
    """

    setup: Setup
    points: Floats
    groups: tuple[str, ...]
    member: Mapping[str, str]
    scenario: str


def problem(groups: tuple[str, ...]) -> dict[str, Any]:
    """Return the problem as SALib wants it."""
    return {"num_vars": len(groups), "names": list(groups), "bounds": [[0.0, 1.0]] * len(groups)}


def sobol_points(groups: tuple[str, ...], base: int, seed: int) -> Floats:
    """Return the Saltelli design, float64[base * (groups + 2), groups]."""
    from SALib.sample import sobol

    return np.asarray(sobol.sample(problem(groups), base, calc_second_order=False, scramble=True, seed=seed))


def simulate_point(design: Design, job: int) -> dict[str, float]:
    """Return the rate without new policy and the effect of the scenario, both in points."""
    setup = design.setup
    at = dict(zip(design.groups, design.points[job], strict=True))
    number = {group: min(int(u * DRAWS), DRAWS - 1) for group, u in at.items()}
    drawn = {
        g: draw_parameters(setup.seed, number[g], {}, setup.source) for g in design.groups if g not in (NOISE, LEVERS)
    }
    params = {name: drawn[design.member[name]][name] for name in setup.source.declared}
    effects = draw_effects(setup.levers, setup.seed, number[LEVERS])
    fixed = fix_draw(setup, params, min(int(at[NOISE] * 2**32), 2**32 - 1))
    history = begin_with(setup, *fixed, effects)
    rates = {
        name: 100.0 * advance(setup, history, name, setup.end_year).sim.rate() for name in (BASELINE, design.scenario)
    }
    return {"rate": rates[BASELINE], "effect": rates[design.scenario] - rates[BASELINE]}


def make_design(config: SensitivityConfig) -> Design:
    """Return the design of a configuration."""
    groups = (BEHAVIOUR, *config.groups, LEVERS, NOISE)
    member = {name: group for group, names in config.groups.items() for name in names}
    setup = prepare(
        load_config(
            region=config.region,
            scenarios=[BASELINE, config.package],
            end_year=config.year,
            posterior=config.posterior,
            households=config.households,
            seed=config.seed,
            draws=64,
        )
    )
    points = sobol_points(groups, config.base, config.seed)
    package = scenario_name(config.package)
    return Design(setup, points, groups, {n: member.get(n, BEHAVIOUR) for n in declared()}, package)


def indices(values: Floats, groups: tuple[str, ...], base: int, seed: int) -> pd.DataFrame:
    """Return first-order and total indices with 95% half-widths from the first ``base`` points of a design.

    The blocks of a Saltelli design are ordered by point, so that its beginning is the design of fewer points.
    """
    from SALib.analyze import sobol

    part = values[: base * (len(groups) + 2)]
    found = sobol.analyze(problem(groups), part, calc_second_order=False, num_resamples=200, seed=seed)
    return pd.DataFrame(
        {
            "group": list(groups),
            "base": base,
            "first": found["S1"],
            "first_half_width": found["S1_conf"],
            "total": found["ST"],
            "total_half_width": found["ST_conf"],
        }
    )


def split_table(rows: pd.DataFrame, groups: tuple[str, ...], base: int, seed: int) -> pd.DataFrame:
    """Return the indices of both outputs for a quarter, a half and all of the points."""
    frames = []
    for output in OUTPUTS:
        values = rows[output].to_numpy(np.float64)
        for size in (base // 4, base // 2, base):
            frame = indices(values, groups, size, seed)
            frame.insert(0, "output", output)
            frame["variance"] = float(values[: size * (len(groups) + 2)].var(ddof=1))
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def sensitivity_job(values: Mapping[str, Any]) -> int:
    """Run the design, print and write the split of the variance.

    Raises:
        InputError: a key is unknown or out of range, or too many runs failed.
    """
    config = checked(SensitivityConfig, values, "sensitivity")
    require_open(config.year, config.region, "sensitivity")
    folder = config.folder(config.study)
    design = make_design(config)
    basis = setup_basis(design.setup) | config.model_dump(include={"households", "base", "groups"})
    basis |= {"rows": content_hash(config.posterior), "points": design.points.tolist()}
    jobs = range(len(design.points))
    rows = run_ensemble(Ensemble(folder / "runs", basis, simulate_point, design), jobs, config.workers)
    failed = rows[rows[ERROR] != ""]
    if len(failed) > len(rows) // 50:
        last = failed[ERROR].iloc[0].strip().splitlines()[-1]
        raise InputError(f"{len(failed)} of {len(rows)} runs failed ({last}); {folder / 'runs'} holds them")
    rows = rows.fillna(rows[list(OUTPUTS)].median())
    table = split_table(rows, design.groups, config.base, config.seed)
    write_table(table, folder / "sensitivity.csv")
    for output in OUTPUTS:
        final = table[(table["output"] == output) & (table["base"] == config.base)]
        print(f"{output} of {config.year}: standard deviation {np.sqrt(final['variance'].iloc[0]):.3f} points")
        print(
            final.sort_values("total", ascending=False)[["group", "first", "total", "total_half_width"]]
            .round(2)
            .to_string(index=False)
        )
    if len(failed):
        points = ", ".join(map(str, failed[JOB]))
        print(f"Of {len(rows)} runs {len(rows) - len(failed)} are done, {len(failed)} failed: points {points}")
        print("stand at the median of the others")
    return 0
