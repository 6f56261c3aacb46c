"""Affine moments: random quantities whose mean is affine in x and whose deviation is a norm of affine rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.rules import LinearMap, stacked

NONE = -1  # of shocks


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Deviation rows: row r belongs to quantity cell[r] and has the value map.at(x)[r].

    `shock`: of which shock it is the weight, NONE where it is that of no single one; None where nobody knows.
    """

    cell: IntArray
    map: LinearMap
    shock: IntArray | None = None

    def weighted(self, source: IntArray, weight: FloatArray, cell: IntArray) -> Rows:
        """Rows source[k] of this, times weight[k], given to the quantities cell[k]."""
        chosen = self.map.rows(source)
        matrix = chosen.matrix  # a copy, which may be scaled where it stands
        matrix.data *= np.repeat(weight, np.diff(matrix.indptr))
        return Rows(cell, LinearMap(matrix, weight * chosen.constant))


@dataclass(frozen=True, slots=True, eq=False)
class AffineMoments:
    """K random quantities, shape `shape`, whose first two moments are known functions of x.

        mean_k = (M x + m)_k,    sd_k = ‖ (F x + f)[start_k : start_{k+1}] ‖₂

    `mean`: LinearMap of K rows; `factor`: LinearMap of R rows sorted by quantity; `start`: (K + 1,) row pointers.
    `shock` (R,): the shock that each row is the weight of, so that the quantity is mean + Σ row · shock; NONE where a
    row is that of no single one (arrivals that are random). None where rows are merged into fewer of the same norm.
    """

    shape: tuple[int, ...]
    mean: LinearMap
    factor: LinearMap
    start: IntArray
    shock: IntArray | None = None

    @property
    def rows_per_cell(self) -> IntArray:
        """Number of deviation rows of each quantity, (K,)."""
        return np.diff(self.start)

    def mean_at(self, x: FloatArray) -> FloatArray:
        """Means at the decision x, shape `shape`."""
        return self.mean.at(x).reshape(self.shape)

    def sd_at(self, x: FloatArray) -> FloatArray:
        """Standard deviations at the decision x, shape `shape`."""
        squares = np.concatenate([[0.0], self.factor.at(x) ** 2])
        cell = np.repeat(np.arange(len(self.start) - 1), self.rows_per_cell)
        total = np.bincount(cell, weights=squares[1:], minlength=len(self.start) - 1)
        return np.sqrt(total).reshape(self.shape)

    def at_cells(self, cells: IntArray) -> AffineMoments:
        """The quantities at the flat positions `cells`, in that order."""
        count = self.rows_per_cell[cells]
        start = np.concatenate([[0], np.cumsum(count)])
        inside = np.arange(start[-1]) - np.repeat(start[:-1], count)
        chosen = np.repeat(self.start[:-1][cells], count) + inside
        shock = None if self.shock is None else self.shock[chosen]
        return AffineMoments((len(cells),), self.mean.rows(cells), self.factor.rows(chosen), start, shock)

    def below(self, limit: FloatArray) -> AffineMoments:
        """The moments of limit − quantity: what is left under a limit, (K,)."""
        left = LinearMap(sparse.csr_array(-self.mean.matrix), limit - self.mean.constant)
        factor = self.factor if self.shock is None else LinearMap(-self.factor.matrix, -self.factor.constant)
        return AffineMoments(self.shape, left, factor, self.start, self.shock)


def gathered(shape: tuple[int, ...], mean: LinearMap, *parts: Rows) -> AffineMoments:
    """Affine moments from their mean and from deviation rows in any order.

    Rows without a decision are merged into one of the same norm per quantity, and rows of zeros dropped: what does not
    depend on x needs one row, however many causes it has.
    """
    together = stacked(*(part.map for part in parts))
    cell = np.concatenate([part.cell for part in parts])
    size = int(np.prod(shape))
    together.matrix.eliminate_zeros()
    moving = np.diff(together.matrix.indptr) > 0
    still = np.sqrt(np.bincount(cell[~moving], weights=together.constant[~moving] ** 2, minlength=size))
    fixed = np.flatnonzero(still > 0)
    whole = stacked(together, LinearMap(sparse.csr_array((len(fixed), together.matrix.shape[1])), still[fixed]))
    owner = np.concatenate([cell[moving], fixed])
    order = np.argsort(owner, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=size))])
    kept = np.concatenate([np.flatnonzero(moving), len(moving) + np.arange(len(fixed))])
    return AffineMoments(shape, mean, whole.rows(kept[order]), start.astype(np.int64))


def listed(shape: tuple[int, ...], mean: LinearMap, *parts: Rows) -> AffineMoments:
    """Affine moments with a row for every shock, as the parts have them; rows of zeros are dropped."""
    together = stacked(*(part.map for part in parts))
    together.matrix.eliminate_zeros()
    cell = np.concatenate([part.cell for part in parts])
    shock = np.concatenate([np.full(len(part.cell), NONE) if part.shock is None else part.shock for part in parts])
    kept = np.flatnonzero((np.diff(together.matrix.indptr) > 0) | (together.constant != 0))
    kept = kept[np.lexsort((shock[kept], cell[kept]))]
    start = np.concatenate([[0], np.cumsum(np.bincount(cell[kept], minlength=int(np.prod(shape))))])
    return AffineMoments(shape, mean, together.rows(kept), start.astype(np.int64), shock[kept])
