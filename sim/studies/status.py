"""What a study has done, what is left, what failed, how long the rest may take; writes nothing but damaged tables."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from sim.studies import environment, manifest
from sim.studies.files import is_locked
from sim.studies.folder import STAMPS, stored_config, stored_rows
from sim.studies.inputs import changed_since, open_inputs
from sim.studies.manifest import DONE, FAILED, PENDING, Manifest
from sim.studies.progress import duration
from sim.studies.reduced import read_table
from sim.studies.summarize import COVERAGE, coverage
from sim.studies.tables import SUMS

__all__ = ["status_text"]

SHOWN_FAILURES = 5


def status_text(study_dir: Path) -> str:
    """Return the state of a study in words.

    Raises:
        StudyError: the folder holds no study, or its manifest cannot be read.
    """
    config = stored_config(study_dir)
    rows = stored_rows(study_dir)
    done, failed, pending = (manifest.count(rows, status) for status in (DONE, FAILED, PENDING))
    state = "a process is writing it now" if is_locked(study_dir) else "no process is writing it"
    lines = [
        f"{study_dir}: {done} of {len(rows)} runs done, {failed} failed, {pending} pending; {state}.",
        coverage(rows).to_string(index=False),
        _time(rows, environment.workers(config), failed + pending),
        *_failures(rows),
        _tables(study_dir, rows),
    ]
    found = changed_since(open_inputs(study_dir), config)
    kinds = {kind for kind, _ in found}
    kept = [f"{kind} {name}".strip() for kind, name in found if kind not in STAMPS]
    if kept:
        lines.append(f"Differs in this checkout: {', '.join(kept)}; the study keeps what it was run with in inputs/.")
    changed = [text for kind, text in STAMPS.items() if kind in kinds]
    if changed:
        lines.append(f"It cannot be resumed by this installation: {', '.join(changed)} differ from the study's.")
    elif failed + pending:
        lines.append(f"Next: python -m experiments.study resume study={config.study} results={study_dir.parent}")
    return "\n".join(line for line in lines if line) + "\n"


def _time(rows: Manifest, workers: int, left: int) -> str:
    """Say what a run takes and how long the rest may take."""
    seconds = [row.seconds for row in rows.values() if row.status == DONE]
    if not seconds:
        return "Time: no run is done yet."
    peak = max(row.peak_mb for row in rows.values())
    text = f"Time: {np.median(seconds):.3g} s a run (median), at most {peak:,.0f} MiB a process"
    if left:
        text += f"; about {duration(float(np.mean(seconds)) * left / workers)} left with {workers} workers"
    return text + "."


def _failures(rows: Manifest) -> list[str]:
    """Say which errors ended runs, the most frequent first, with one run each."""
    ends = {row.run_id: (row.error.strip().splitlines() or ["no message"])[-1] for row in rows.values() if row.error}
    lines = []
    for error, count in Counter(ends.values()).most_common(SHOWN_FAILURES):
        first = next(rows[key] for key, text in ends.items() if text == error)
        where = f"{first.scenario}, draw {first.draw}, replicate {first.replicate}"
        lines.append(f"Failed {count} times: {error} (first: run {first.run_id}, {where})")
    return lines


def _tables(study_dir: Path, rows: Manifest) -> str:
    """Say whether the summaries hold every run that is done."""
    if not (study_dir / SUMS).is_file():
        return "Tables: none yet; they are written when the study ends."
    summarised = int(read_table(study_dir, COVERAGE)["done"].sum())
    done = manifest.count(rows, DONE)
    text = f"Tables: of {summarised} runs"
    return f"{text}; {done - summarised} finished later and are not in them." if summarised < done else f"{text}."
