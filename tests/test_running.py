"""Running sums and maxima equal numpy's, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from ccinv.running import increments, running_max, running_sum

tables = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=4, max_side=6), elements=st.floats(-1e9, 1e9, allow_subnormal=False)
)


@given(tables)
def test_sums_and_maxima_run_over_the_periods(values):
    np.testing.assert_array_equal(running_sum(values.copy()), np.cumsum(values, axis=1))
    np.testing.assert_array_equal(running_max(values.copy()), np.maximum.accumulate(values, axis=1))
    np.testing.assert_array_equal(increments(values), np.diff(values, axis=1, prepend=0.0))
    last = np.floor(values / 1e6).astype(np.int16)
    np.testing.assert_array_equal(running_max(last.copy()), np.maximum.accumulate(last, axis=1))
