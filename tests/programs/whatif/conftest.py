"""A tiny finished study, its design and its page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.base.config_files import composed
from sim.config import load_config
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.job import whatif_job
from sim.programs.whatif.study import Asked, Ready, fitted, ready
from sim.studies.simulator import default_simulator
from sim.studies.study import run_study
from tests.studies import fake_simulator

DRAWS, POINTS, END = 20, 16, 2029
PLACES = ("chang_zhu_tan", "potential_areas")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the keys of a what-if page of a study that is there."""
    results = tmp_path_factory.mktemp("results")
    scenarios = ["no_new_policy", "plan"]
    config = load_config(
        study="tiny", results=str(results), scenarios=scenarios, draws=DRAWS, end_year=END, households=5_000, workers=2
    )
    assert run_study(config, default_simulator(), fake_simulator.report).failed == 0
    changed = {"study": "tiny", "results": str(results), "points": POINTS, "places": list(PLACES), "workers": 2}
    return composed("whatif", program="whatif") | changed


@pytest.fixture(scope="session")
def page(keys: dict[str, Any]) -> Path:
    """Return the page that the program writes."""
    assert whatif_job(keys) == 0
    return Path(keys["results"]) / "tiny" / "whatif.html"


@pytest.fixture(scope="session")
def prepared(page: Path) -> Ready:
    return ready(Asked(page.parent, POINTS, None, PLACES))


@pytest.fixture(scope="session")
def emulators(prepared: Ready) -> Fitted:
    """Return the emulators of the stored runs."""
    return fitted(prepared, 1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Return a headless browser of the system; its event loop ends with the module."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine: install chromium to test pages in a browser")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()
