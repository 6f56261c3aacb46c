"""Numbers that are affine in the decision vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LinearMap:
    """Numbers that are affine in x: matrix · x + constant."""

    matrix: sparse.csr_array
    constant: FloatArray

    def at(self, x: FloatArray) -> FloatArray:
        found: FloatArray = self.matrix @ x + self.constant
        return found

    def __sub__(self, other: LinearMap) -> LinearMap:
        return LinearMap(sparse.csr_array(self.matrix - other.matrix), self.constant - other.constant)

    def times(self, left: Any) -> LinearMap:
        """left · (matrix · x + constant), for a sparse matrix `left`."""
        return LinearMap(sparse.csr_array(left @ self.matrix), np.asarray(left @ self.constant))

    def plus(self, constant: FloatArray) -> LinearMap:
        return LinearMap(self.matrix, self.constant + constant)

    def rows(self, chosen: BoolArray | IntArray) -> LinearMap:
        where = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen
        return LinearMap(self.matrix[where], self.constant[where])


def stacked(*maps: LinearMap) -> LinearMap:
    """The maps one below the other."""
    matrix = sparse.csr_array(sparse.vstack([part.matrix for part in maps], format="csr"))
    return LinearMap(matrix, np.concatenate([part.constant for part in maps]))
