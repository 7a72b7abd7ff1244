"""A region of four counties, and a folder of two small levers to break in tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from sim.policies import Levers, load_levers


@dataclass(frozen=True)
class FakeRegion:
    county_codes: tuple[str, ...] = ("990101", "990102", "990201", "990202")
    county_prefecture: np.ndarray = field(default_factory=lambda: np.array([0, 0, 1, 1]))
    prefecture_codes: tuple[str, ...] = ("9901", "9902")
    groups: dict[str, np.ndarray] = field(
        default_factory=lambda: {"river": np.array([1, 2]), "hills": np.array([3])},
    )


def lever_text(lever: str = "T1", effects: str = "", extra: str = "", where: str = "all") -> str:
    """Return a lever file; ``effects`` are the lines under ``effects:``."""
    default = "  - {quantity: service_access, prior: {dist: point, value: 0.4}, unit: log income, prior_id: judgement}"
    return f"""id: {lever}
name_en: A lever
name_zh: 政策
section: 二
phrase: [短语]
intensity: {{meaning: from nothing to all, indicators: [share]}}
where: {where}
ramp: {{kind: linear, start: 2025, end: 2028}}
effects:
{effects or default}
evidence: {{grade: weak, basis: none}}
note: honest
aimed: the plan names no place
{extra}"""


COMBINING = """displacement: {prior: {dist: point, value: 0.5}, prior_id: judgement}
multiplier: {prior: {dist: point, value: 0.2}, prior_id: judgement}
base_budget: {prior: {dist: point, value: 20}, prior_id: judgement}
"""


@pytest.fixture
def region() -> FakeRegion:
    return FakeRegion()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file into the test's folder of levers or scenarios."""

    def _write(name: str, text: str) -> Path:
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    _write("levers/combining.yaml", COMBINING)
    return _write


@pytest.fixture
def make_levers(write: Callable[[str, str], Path]) -> Callable[..., Levers]:
    """Load levers from texts, for example ``make_levers(T1=lever_text(...))``."""

    def _make(**texts: str) -> Levers:
        file = None
        for name, text in texts.items():
            file = write(f"levers/{name}.yaml", text)
        assert file is not None
        return load_levers(file.parent)

    return _make


@pytest.fixture
def text() -> Callable[..., str]:
    return lever_text
