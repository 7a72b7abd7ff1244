"""Reading the reduced tables of a study: one that is damaged is made again from the stored runs, and so are the others.

The folder of the study is enough for it; nothing is simulated.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from sim.base.errors import StudyError
from sim.studies.files import locked
from sim.studies.folder import stored_config, stored_rows
from sim.studies.inputs import open_inputs
from sim.studies.manifest import DONE
from sim.studies.progress import say
from sim.studies.store import check_parts
from sim.studies.summarize import summarize
from sim.studies.tables import SUMS, DamagedTableError, sealed_table

__all__ = ["read_table"]


def read_table(study_dir: Path, name: str) -> pd.DataFrame:
    """Return a reduced table as the runs of the study give it.

    Args:
        study_dir: folder of the study.
        name: one of ``TABLES``.

    Raises:
        StudyError: the study has not ended, or a part or what it was made from is damaged as well.
    """
    try:
        return sealed_table(study_dir, name)
    except DamagedTableError as damaged:
        _make_again(study_dir, damaged)
    return sealed_table(study_dir, name)


def _make_again(study_dir: Path, damaged: DamagedTableError) -> None:
    """Write every table again from the parts, after comparing them with their records."""
    rows = stored_rows(study_dir)
    done = {key for key, row in rows.items() if row.status == DONE}
    ended = (study_dir / SUMS).is_file() or len(done) == len(rows)
    if not done or not ended:
        raise damaged
    problem = str(damaged).splitlines()[0]
    if done - check_parts(study_dir):
        raise StudyError(
            f"{problem} It cannot be made again: files of finished runs are missing.\n"
            f"  Next: python -m experiments.study resume study={study_dir.name} simulates those runs again."
        )
    say(f"{problem} Every table is made again from the stored runs; nothing is simulated.")
    with locked(study_dir):
        summarize(study_dir, stored_config(study_dir), rows, open_inputs(study_dir).region)
