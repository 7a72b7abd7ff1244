"""A study from its configuration to its report: check, list, simulate, reduce, report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from sim.base.errors import StudyError
from sim.base.numbers import half_up
from sim.config import ProjectConfig
from sim.data import load_region
from sim.parameters.posterior import other_data
from sim.studies import environment, manifest
from sim.studies.executors import executor_of
from sim.studies.files import check_writable, remove_temporaries
from sim.studies.folder import check_folder, grow, open_study, with_stored_draws
from sim.studies.identity import Basis, basis_of
from sim.studies.idle import idle_keys
from sim.studies.interrupts import terminable
from sim.studies.manifest import DONE, FAILED, PENDING, Manifest
from sim.studies.progress import Progress, duration, say
from sim.studies.scheduler import check_scheduler
from sim.studies.sequential import next_draws, say_cost
from sim.studies.simulator import Simulator
from sim.studies.store import STATES, Parcel, save
from sim.studies.summarize import COVERAGE, summarize
from sim.studies.target import FEW_RUNS, TARGETS, wording
from sim.studies.value import value_lines
from sim.studies.work import Work

__all__ = ["Outcome", "run_study"]

Report = Callable[[ProjectConfig, Callable[[], None]], Path]
"""Writes the report of a study, after calling what makes its tables, and returns its path."""

SAVE_SECONDS, SAVE_SHARE = 2.0, 100.0
"""Shortest time between two writings of the manifest while runs end, and how often its own time must have passed."""


class Outcome(NamedTuple):
    """What a study came to: its folder, report, numbers of runs, and figures that could not be drawn."""

    study_dir: Path
    report: Path | None
    done: int
    failed: int
    pending: int
    seconds: float
    error: str = ""
    missing_figures: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the outcome in a few lines, ending with the path of the report."""
        lines = [f"{self.done} runs done, {self.failed} failed, {duration(self.seconds)}."]
        if self.failed:
            last = self.error.strip().splitlines()[-1:] or ["no message"]
            lines.append(f"First failure: {last[0]}")
            lines.append(f"All of them are in {self.study_dir / manifest.FILE}; resume=true tries them again.")
        if self.failed or self.pending:
            left = f"{self.failed} failed and {self.pending} pending"
            lines.append(f"This study is incomplete: every table and figure leaves out {left} runs.")
        lines += [*_answer(self.study_dir), *value_lines(self.study_dir)] if self.report else []
        lines.append(f"Report: {self.report}" if self.report else "No run succeeded: there is no report.")
        return "\n".join(lines) + "\n"


def _answer(study_dir: Path) -> list[str]:
    """Return the probability of the first target in its last year by scenario, as lines of text."""
    table = pd.read_csv(study_dir / "target.csv")
    table = table[(table["target"] == TARGETS[0].name) & (table["target_year"] == table["target_year"].max())]
    runs = pd.read_csv(study_dir / COVERAGE).set_index("scenario")["done"]
    told = {
        row.scenario: wording(row.probability, int(runs[row.scenario]), row.probability_runs)
        for row in table.itertuples()
    }
    lines = []
    for row in table.itertuples():
        words = told[row.scenario]
        interval = f"(95% interval {_percent(row.ci_low)} to {_percent(row.ci_high)})"
        shown = _TOLD[words.kind].format(**words._asdict(), interval=interval)
        lines.append(f"  {row.scenario:<20} {shown}")
    goal = f"at least 66% of residents are urban at the end of {table['target_year'].max():.0f}"
    if any(words.kind == "count" for words in told.values()):
        return [f"Fewer than {FEW_RUNS} runs are too few for a probability; {goal} in:", *lines]
    return [f"Probability that {goal}:", *lines] if lines else []


_TOLD = {
    "count": "{hits} of {runs} runs",
    "below": "below {percent}% {interval}",
    "above": "above {percent}% {interval}",
    "share": "{percent}% {interval}",
}
"""Every kind of wording in the terminal."""


def _percent(share: float) -> str:
    return f"{half_up(100 * share):.0f}%"


def run_study(config: ProjectConfig, simulator: Simulator, report: Report) -> Outcome:
    """Run or resume the study of ``config``, reduce it and write its report.

    Everything is checked before anything is written; then every run is listed before
    the first one starts.

    Args:
        config: the checked configuration.
        simulator: the simulation.
        report: makes the tables and writes the report.

    Raises:
        StudyError: the results folder cannot take the study, or can no longer be written; the message says why.
    """
    begin = time.monotonic()
    check_writable(Path(config.results).expanduser())
    config = with_stored_draws(config)
    check_folder(config)
    simulator.check(config)
    check_scheduler(config.executor)
    keys = idle_keys(config)
    for key in keys:
        say(f"A setting never acts: {key.en}.")
    if warning := other_data(config.posterior, load_region(config.region).data_hash()):
        say(warning)
    say_cost(config)
    say(f"Preparing {config.runs:,} runs of {config.households:,} households ({config.start}-{config.end_year}).")
    setup = simulator.prepare(config)
    basis = basis_of(config, setup.scenario_content, setup.data_hash)
    with open_study(config, basis, setup) as planned, terminable():
        environment.add(config.study_dir, idle_settings=[setting._asdict() for setting in (*keys, *setup.idle)])
        rows = _simulate(config, _work(config, basis, setup, simulator), planned)
        while draws := next_draws(config, rows):
            config = config.model_copy(update={"draws": draws})
            setup = simulator.prepare(config)
            rows = _simulate(config, _work(config, basis, setup, simulator), grow(config, basis, rows))
        page = _conclude(config, rows, report)
    errors = [row.error for row in rows.values() if row.status == FAILED]
    done, pending = manifest.count(rows, DONE), manifest.count(rows, PENDING)
    seconds = time.monotonic() - begin
    return Outcome(config.study_dir, page, done, len(errors), pending, seconds, "".join(errors[:1]))


def _work(config: ProjectConfig, basis: Basis, setup: Any, simulator: Simulator) -> Work:
    """Return what every job of a study needs."""
    states = (config.study_dir / STATES).absolute()
    return Work(basis, setup, simulator, config.threads, states, config.keep_states)


def _simulate(config: ProjectConfig, work: Work, rows: Manifest) -> Manifest:
    """Carry out what is not done yet; parts and manifest are kept up to date on disk."""
    jobs = manifest.open_jobs(rows)
    rows = {key: row if row.status == DONE else row.pending() for key, row in rows.items()}
    if not jobs:
        return rows
    execute = executor_of(config.executor, environment.workers(config))
    folder = config.study_dir
    keep = _Keeper(folder, rows)
    with Progress(len(rows), manifest.count(rows, DONE)) as progress:
        try:
            with contextlib.closing(execute(work, jobs)) as parcels:
                for parcel in parcels:
                    keep(parcel)
                    lost = sum(row.status == FAILED for row in parcel.rows)
                    progress.advance(len(parcel.rows), lost)
                    if lost and config.on_error == "stop":
                        break
        finally:
            with contextlib.suppress(StudyError):
                manifest.write(folder, rows)
            remove_temporaries(folder)
    return rows


class _Keeper:
    """Writes the files of jobs as they end, and the manifest now and then."""

    def __init__(self, folder: Path, rows: Manifest) -> None:
        self._folder, self._rows = folder, rows
        self._saved, self._pause = time.monotonic(), SAVE_SECONDS

    def __call__(self, parcel: Parcel) -> None:
        """Store what a job sent home.

        Raises:
            StudyError: the folder can no longer be written.
        """
        save(self._folder, parcel)
        self._rows.update({row.run_id: row for row in parcel.rows})
        began = time.monotonic()
        if began - self._saved >= self._pause:
            manifest.write(self._folder, self._rows)
            self._saved = time.monotonic()
            self._pause = max(SAVE_SECONDS, SAVE_SHARE * (self._saved - began))


def _conclude(config: ProjectConfig, rows: Manifest, report: Report) -> Path | None:
    """Reduce the runs that are done and write the report; nothing if there is none."""
    if not manifest.count(rows, DONE):
        return None

    def make_tables() -> None:
        summarize(config.study_dir, config, rows)

    say("Summarising the runs and writing the report.")
    return report(config, make_tables)
