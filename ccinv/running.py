"""Sums and maxima over the periods of replayed paths, (n, T, …), one period after the other.

A period is one stretch of memory for all paths of an item: whole stretches are added up many times faster than numpy
accumulates along an axis that is not its last.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray

Number = TypeVar("Number", np.float64, np.int16)


def running_sum(values: FloatArray) -> FloatArray:
    """Σ_{s ≤ t} values(s), in place."""
    for t in range(1, values.shape[1]):
        values[:, t] += values[:, t - 1]
    return values


def running_max(values: NDArray[Number]) -> NDArray[Number]:
    """The greatest of values(1), …, values(t), in place."""
    for t in range(1, values.shape[1]):
        np.maximum(values[:, t], values[:, t - 1], out=values[:, t])
    return values


def increments(values: FloatArray) -> FloatArray:
    """values(t) − values(t − 1), where nothing was before the first."""
    found = np.empty_like(values)
    found[:, 0] = values[:, 0]
    np.subtract(values[:, 1:], values[:, :-1], out=found[:, 1:])
    return found
