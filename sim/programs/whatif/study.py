"""The finished study that a design belongs to: its settings, its runs, its emulators."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sim.base.errors import StudyError
from sim.base.names import BASELINE
from sim.config import ProjectConfig, refusal, scenario_name
from sim.model.path.setup import Setup, prepare
from sim.parameters.posterior import content_hash
from sim.policies.plan import plan_years
from sim.programs.whatif.design import EVERYWHERE, Space, design
from sim.programs.whatif.fitted import Fitted, fit_rows
from sim.programs.whatif.simulate import Design, simulate_draw
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded
from sim.studies.files import write_table
from sim.studies.folder import stored_config, stored_rows
from sim.studies.inputs import open_inputs
from sim.studies.manifest import DONE

__all__ = ["ERRORS", "FEWEST_DRAWS", "FOLDER", "Asked", "Ready", "fitted", "ready"]

FOLDER, ERRORS = "whatif", "emulator.csv"
FEWEST_DRAWS = 20
"""Below this number nothing can be said about how draws differ."""


class Asked(NamedTuple):
    """What is asked of a study.

    Attributes:
        folder: of the study.
        points: scenarios of the design in every draw.
        draws: how many of its draws; None takes all.
        places: groups of counties to which measures may be confined.
    """

    folder: Path
    points: int
    draws: int | None
    places: tuple[str, ...]


class Ready(NamedTuple):
    """A finished study and its design.

    Attributes:
        folder: of the study.
        config: as stored, with the draws of the design.
        setup: set-up of its runs; the baseline is its only scenario.
        design: what is run.
    """

    folder: Path
    config: ProjectConfig
    setup: Setup
    design: Design


def ready(asked: Asked) -> Ready:
    """Return the study and the design that the caller asks for.

    Raises:
        ConfigError: a place is unknown, or there are too few draws.
        StudyError: there is no such study.
    """
    folder = asked.folder
    if not (folder / "config.yaml").is_file():
        raise StudyError(
            f"study = {folder.name}: {folder} is no finished study.\n"
            f"  Next: python -m experiments.project study={folder.name}, then this command again."
        )
    stored = stored_config(folder)
    draws = _draws(asked, stored)
    if BASELINE not in map(scenario_name, stored.scenarios):
        raise StudyError(f"{folder}: holds no {BASELINE}, which effects are measured against.")
    config = stored.model_copy(update={"scenarios": [BASELINE], "levers": {}, "draws": draws, "engine": "fast"})
    setup = prepare(config, open_inputs(folder).folder)
    groups = list(setup.region.groups)
    if unknown := [place for place in asked.places if place not in groups]:
        raise refusal([f"places: {unknown[0]!r} is no group of counties; allowed are {', '.join(groups)}"], FOLDER)
    first, plan = max(setup.published, default=setup.start) + 1, plan_years()
    if config.end_year <= first:
        raise StudyError(
            f"{folder}: ends in {config.end_year}, when measures have hardly begun; {first + 1} is needed."
        )
    starts = tuple(range(first, min(plan.last + 1, config.end_year - 1) + 1)) or (first,)
    space = Space(tuple(setup.levers), starts, (EVERYWHERE, *asked.places))
    return Ready(folder, config, setup, Design(setup, space, design(space, draws, asked.points, config.seed)))


def _draws(asked: Asked, stored: ProjectConfig) -> int:
    """Return how many draws of a study are taken."""
    done = {row.draw for row in stored_rows(asked.folder).values() if row.status == DONE}
    if asked.draws is not None and asked.draws > stored.draws:
        raise refusal([f"draws = {asked.draws}: the study has {stored.draws}; allowed is at most that"], FOLDER)
    if len(done) < FEWEST_DRAWS:
        raise refusal(
            [
                f"study = {asked.folder.name}: {len(done)} finished draws; at least {FEWEST_DRAWS} are needed to say "
                f"how draws differ: python -m experiments.project study={asked.folder.name} draws=200 resume=true"
            ],
            FOLDER,
        )
    return asked.draws or stored.draws


def fitted(prepared: Ready, workers: int) -> Fitted:
    """Run what is missing of the design and return the emulators; their errors are written beside the runs."""
    made, folder = prepared.design, prepared.folder / FOLDER
    basis = setup_basis(prepared.setup) | {
        "households": prepared.config.households,
        "rows": content_hash(prepared.config.posterior),
        "points": len(made.points[0]),
        "space": [list(made.space.levers), list(made.space.starts), list(made.space.places)],
    }
    jobs = range(len(made.points))
    print(f"{len(jobs)} draws of {len(made.points[0]) + 1} runs; an interrupted design goes on.", flush=True)
    rows = succeeded(run_ensemble(Ensemble(folder / "runs", basis, simulate_draw, made), jobs, workers), "draws")
    if len(rows) < FEWEST_DRAWS:
        raise StudyError(f"{folder}: {len(rows)} draws went well; at least {FEWEST_DRAWS} are needed.")
    found = fit_rows(made, prepared.setup.levers, prepared.setup.seed, rows)
    write_table(found.errors, folder / ERRORS)
    return found
