from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.studies.digits import significant


@given(st.floats(-1e15, 1e15, allow_subnormal=False).filter(lambda x: abs(x) > 1e-9))
def test_ten_significant_digits_are_kept(value):
    rounded = significant(np.array([value]))[0]
    assert len(Decimal(repr(float(rounded))).normalize().as_tuple().digits) <= 10
    assert rounded == pytest.approx(value, rel=5.0001e-10)


def test_what_is_no_number_stays():
    kept = significant(np.array([np.nan, np.inf, -np.inf, 0.0]))
    assert np.isnan(kept[0])
    assert kept[1:].tolist() == [np.inf, -np.inf, 0.0]
