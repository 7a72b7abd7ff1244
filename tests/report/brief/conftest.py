"""Made-up studies for tests of the brief."""

from __future__ import annotations

import pytest

from sim.report.build import open_canvas
from sim.report.finished_study import load_study
from sim.report.queries import year_ends
from sim.studies.discrepancy import rate_offsets
from sim.studies.folder import stored_config
from sim.studies.tables import seal
from sim.studies.target import target_table
from tests.report.fake import Fake, write_fake_study

ENOUGH = 5
"""Runs that are made to suffice for probabilities, so that studies are quick."""
LEVEL = -0.002
"""Shift of the yearly pace that leaves the goal open."""


@pytest.fixture
def enough(monkeypatch):
    """Let a handful of runs suffice for probabilities."""
    for module in ("sim.studies.target", "sim.report.answer", "sim.report.brief.facts", "sim.report.labels"):
        monkeypatch.setattr(f"{module}.FEW_RUNS", ENOUGH)


@pytest.fixture(scope="session")
def brief_study(tmp_path_factory, region):
    """A made-up study of three scenarios whose level is near the goal, judged with the discrepancy, written once."""
    fake = Fake(draws=6, end=2030, level=LEVEL, scenarios=("no_new_policy", "plan", "jobs_first"))
    folder = write_fake_study(tmp_path_factory.mktemp("results") / "brief", region, fake)
    table = year_ends(load_study(folder), ["resident_urban_rate"], list(fake.scenarios))
    offsets = rate_offsets(stored_config(folder), region)
    target_table(table, list(fake.scenarios), offsets).to_csv(folder / "target.csv", index=False)
    seal(folder)
    return folder


@pytest.fixture
def told(brief_study, enough):
    """Return a function that opens the study in a language."""
    return lambda language="en": open_canvas(brief_study, language)
