"""What the items' sales have in common, in dollars, as few vectors over the items: a low-rank factor of covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import common_factors
from ccinv.store import Store

LEFT = 1e-8  # of the variance of all items together: what is not worth another vector


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """Sums c_i S_i(t) of items that share factors: loadings (n, K), terms c_i h_m(i, t) (n, N, M), sd (n, N)."""

    loading: FloatArray
    terms: FloatArray
    sd: FloatArray

    @classmethod
    def of(cls, store: Store, weight: FloatArray | None = None) -> Common | None:
        """What the items of a store have in common, None where they are independent; in dollars without weights."""
        law = common_factors(store.demand)
        if law is None or not law.loading.any():
            return None
        cost = (store.unit_cost if weight is None else weight)[:, None]
        return cls(law.loading, cost[:, :, None] * law.series(), cost * law.sd)

    def of_range(self, first: int, last: int) -> tuple[FloatArray, FloatArray]:
        """Vectors B (n, r) and deviations d (n,) of the dollars of the periods first + 1..last, summed for each item.

            Cov = B Bᵀ + diag(d²),   Cov_ij = Σ_t Σ_m c_i h_m(i, t) c_j h_m(j, t) (loading(i) · loading(j))^m,  i ≠ j

        Variances are exact, covariances up to 1e-8 of the variance of all items together. Cholesky's factorisation
        with the largest pivot first, whose columns cost as much as there are items: the table of covariances is never
        made. Source: Harbrecht, Peters and Schneider 2012.
        """
        terms = self.terms[:, first:last]
        power = np.arange(1, terms.shape[2] + 1)
        variance: FloatArray = (self.sd[:, first:last] ** 2).sum(axis=1)
        norm = (self.loading**2).sum(axis=1)[:, None] ** power
        left = ((terms**2).sum(axis=1) * norm).sum(axis=1)
        enough = LEFT * variance.sum()
        found = np.zeros((0, len(left)))
        while len(found) < len(left) and left.sum() > enough:
            pivot = int(np.argmax(left))
            together = np.einsum("itm,tm->im", terms, terms[pivot])
            column = (together * (self.loading @ self.loading[pivot])[:, None] ** power).sum(axis=1)
            column = (column - found.T @ found[:, pivot]) / np.sqrt(left[pivot])
            found = np.vstack([found, column])
            left = np.maximum(left - column**2, 0.0)
            left[pivot] = 0.0
        return found.T, np.sqrt(np.maximum(variance - (found**2).sum(axis=0), 0.0))
