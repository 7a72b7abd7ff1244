from dataclasses import replace

import pandas as pd
import pytest

from sim.data import load_region
from sim.report.build import build_report
from sim.report.figures.canvas import Canvas
from sim.report.finished_study import load_study
from sim.report.text import Text
from tests.report.fake import Fake, write_fake_study


@pytest.fixture(scope="session")
def region():
    return load_region()


@pytest.fixture(scope="session")
def study_dir(tmp_path_factory, region):
    """A made-up study of two scenarios, written once."""
    return write_fake_study(tmp_path_factory.mktemp("results") / "fake", region, Fake(draws=8, end=2030))


@pytest.fixture(scope="session")
def study(study_dir):
    return load_study(study_dir)


@pytest.fixture
def canvas(study):
    return Canvas(study, Text("en"), Text("en"))


@pytest.fixture
def many(canvas):
    """The same study as if it had four times the runs, enough to tell a probability."""
    study = replace(canvas.study, manifest=pd.concat([canvas.study.manifest] * 4))
    return replace(canvas, study=study)


@pytest.fixture(scope="session")
def reports(study_dir):
    """The report in both languages, by language, and the folder of figures."""
    return {language: build_report(study_dir, language).read_text(encoding="utf-8") for language in ("en", "zh")}
