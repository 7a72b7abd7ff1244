from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.numbers import short, significant


@pytest.mark.parametrize(
    ("value", "text"),
    [(950_512.3, "950,512"), (-12_345.6, "-12,346"), (9_999.0, "9999"), (0.024567, "0.02457"), (0.0, "0"), (1.0, "1")],
)
def test_numbers_are_short_and_never_scientific_when_large(value, text):
    assert short(value) == text


def test_fewer_digits():
    assert short(0.861234, 3) == "0.861"


@given(st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda x: abs(x) > 1e-9))
def test_ten_significant_digits_are_kept(value):
    rounded = significant(np.array([value]))[0]
    assert len(Decimal(repr(float(rounded))).normalize().as_tuple().digits) <= 10
    assert rounded == pytest.approx(value, rel=5.0001e-10)


def test_what_is_no_number_stays():
    kept = significant(np.array([np.nan, np.inf, -np.inf, 0.0]))
    assert np.isnan(kept[0])
    assert kept[1:].tolist() == [np.inf, -np.inf, 0.0]
