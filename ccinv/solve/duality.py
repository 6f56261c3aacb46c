"""What no decision of a conic program can have less of: a bound from a dual point that is checked, not believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from ccinv.arrays import FloatArray, IntArray

LARGER = 10.0  # than the decision found are those for which a bound is proven, at least
LIGHT = 1e-6  # dual values below this may rise as easily as those that have it
ROUNDS = 3  # of taking away what is left of the dual equations
QUASI = 1e-14  # makes a system of equations regular


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """min q'x such that b − A x is in the cone: `zero` rows of equations, `linear` of ≥ 0, then cones of given sizes.

    In natural units: entries of x, of q and of A are around one.
    """

    q: FloatArray
    a: Any
    b: FloatArray
    zero: int
    linear: int
    sizes: IntArray

    @property
    def first(self) -> IntArray:
        """Where each cone begins."""
        return cone_starts(self.zero + self.linear, self.sizes)

    @property
    def known(self) -> int:
        """Rows of equations, of ≥ 0 and of cones of the second order: no other is known here."""
        return self.zero + self.linear + int(self.sizes.sum())

    def inside(self, z: FloatArray) -> FloatArray:
        """Dual values moved into the cone of those that prove something."""
        moved, single, first = z.copy(), self.zero + self.linear, self.first
        moved[self.zero : single] = np.maximum(moved[self.zero : single], 0.0)
        if len(self.sizes):
            tail = np.add.reduceat(moved[single:] ** 2, first - single) - moved[first] ** 2
            moved[first] = np.maximum(moved[first], np.sqrt(np.maximum(tail, 0.0)) * (1 + 1e-15))
        return moved

    def bound(self, x: FloatArray, z: FloatArray) -> float:
        """What z proves of every decision up to LARGER times as large as x, or as is natural.

        q'x = (q + A'z)'x − b'z + z's ≥ −b'z − |q + A'z|'|x|,   s = b − A x, z in the cone
        """
        left = np.abs(self.q + self.a.T @ z)
        return float(-self.b @ z - LARGER * left @ np.maximum(np.abs(x), 1.0))


def cone_starts(single: int, sizes: IntArray) -> IntArray:
    """The first row of each cone, where they stand one after the other behind `single` rows of one number each."""
    found: IntArray = single + np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)[:-1]
    return found


def proven(dual: Dual, x: FloatArray, z: FloatArray) -> float:
    """A bound on the optimum from a decision and dual values near it; NaN where there are cones that are not known.

    What the solver leaves of q + A'z = 0 would cost ten thousand times what it is worth, so it is first taken away: by
    the least change of z relative to z, again and again since z must stay in the cone.
    """
    if len(z) > dual.known:
        return float("nan")
    z = dual.inside(z)
    best = dual.bound(x, z)
    weight = np.abs(z)
    weight[: dual.zero] = np.maximum(weight[: dual.zero], 1.0)
    weight[dual.zero + dual.linear :] = np.repeat(z[dual.first], dual.sizes)
    weight = np.maximum(weight, LIGHT)
    rows, columns = dual.a.shape
    weighted = sparse.diags_array(weight) @ dual.a
    system = sparse.block_array(
        [[sparse.eye_array(rows), weighted], [weighted.T, -QUASI * sparse.eye_array(columns)]], format="csc"
    )
    try:
        factor = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError:  # exactly singular: what is known is a bound
        return best
    for _ in range(ROUNDS):
        right = np.concatenate([np.zeros(rows), -dual.q - dual.a.T @ z])
        z = dual.inside(z + weight * factor.solve(right)[:rows])
        found = dual.bound(x, z)
        best = max(best, found) if np.isfinite(found) else best
    return best
