from __future__ import annotations

import pytest

from sim.base.numbers import short


@pytest.mark.parametrize(
    ("value", "text"),
    [(950_512.3, "950,512"), (-12_345.6, "-12,346"), (9_999.0, "9999"), (0.024567, "0.02457"), (0.0, "0"), (1.0, "1")],
)
def test_numbers_are_short_and_never_scientific_when_large(value, text):
    assert short(value) == text


def test_fewer_digits():
    assert short(0.861234, 3) == "0.861"
