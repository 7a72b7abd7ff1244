"""Ramps and intensity paths against their closed forms."""

from __future__ import annotations

import pytest

from sim.policies.scenario import LeverSetting
from sim.policies.schema import Ramp

YEARS = [2024, 2025, 2026, 2027, 2028, 2029, 2030]
HALF_LIFE = {"prior": {"dist": "point", "value": 2}, "prior_id": "G08"}


@pytest.mark.parametrize(
    ("ramp", "delay", "expected"),
    [
        ({"kind": "step", "start": 2026}, 0, [0, 0, 1, 1, 1, 1, 1]),
        ({"kind": "step", "start": 2026}, 2, [0, 0, 0, 0, 1, 1, 1]),
        ({"kind": "linear", "start": 2025, "end": 2029}, 0, [0, 0.2, 0.4, 0.6, 0.8, 1, 1]),
        ({"kind": "linear", "start": 2025, "end": 2025}, 0, [0, 1, 1, 1, 1, 1, 1]),
        ({"kind": "linear", "start": 2025, "end": 2028}, 1, [0, 0, 0.25, 0.5, 0.75, 1, 1]),
        ({"kind": "pulse", "start": 2025, "end": 2026}, 0, [0, 1, 1, 0, 0, 0, 0]),
        (
            {"kind": "pulse", "start": 2026, "half_life": HALF_LIFE},
            0,
            [0, 0, 1, 2**-0.5, 0.5, 2**-1.5, 0.25],
        ),
    ],
)
def test_ramp(ramp: dict[str, object], delay: int, expected: list[float]) -> None:
    half_life = 2.0 if "half_life" in ramp else None
    assert Ramp.model_validate(ramp).values(YEARS, delay, half_life) == pytest.approx(expected)


@pytest.mark.parametrize("half_life", [None, 0.0, -1.0, float("nan")])
def test_a_decaying_pulse_needs_a_positive_half_life(half_life: float | None) -> None:
    ramp = Ramp.model_validate({"kind": "pulse", "start": 2026, "half_life": HALF_LIFE})
    with pytest.raises(ValueError, match="half-life"):
        ramp.values(YEARS, 0, half_life)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (0.5, [0.5] * 7),
        ({2026: 0.3, 2029: 1.0}, [0, 0, 0.3, 0.3, 0.3, 1, 1]),
        ({"intensity": 0.5, "start": 2027}, [0, 0, 0, 0.5, 0.5, 0.5, 0.5]),
        ({"intensity": {2020: 1, 2027: 0}, "start": 2026}, [0, 0, 1, 0, 0, 0, 0]),
    ],
)
def test_intensity_path(setting: object, expected: list[float]) -> None:
    assert LeverSetting.model_validate(setting).values(YEARS).tolist() == expected
