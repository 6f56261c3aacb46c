"""Arrays that nobody can change any more."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


def frozen(values: ArrayLike) -> FloatArray:
    """A read-only float64 copy of `values` (the caller's array stays writable)."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
