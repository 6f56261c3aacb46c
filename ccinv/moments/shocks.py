"""Deviation rows of rules that answer every shock by itself: one row per shock, no ranges to pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.moments.affine import Rows
from ccinv.moments.arrivals import arrivals
from ccinv.rules import LinearMap, ShockLayout


@dataclass(frozen=True, slots=True, eq=False)
class ShockDeviation:
    """How O(t) = Σ_k B(t, k) ε(k) + … deviates from its mean, and what hangs on it."""

    layout: ShockLayout

    def _sales(self) -> np.ndarray:
        """D(t) on the shocks: (n, N, N), flattened."""
        return np.cumsum(self.layout.factor, axis=1).ravel()

    def net(self, receipts: float = 1.0, sales: float = 1.0) -> Rows:
        """Deviation of receipts · Σ_j p(j) O(t−1−j) − sales · D(t): one row per shock up to t."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        wide = sparse.kron(receipts * arrivals(store), sparse.eye_array(periods), format="csr")
        cell = np.repeat(np.arange(items * periods), periods)
        return Rows(cell, self.layout.shock.times(wide).plus(-sales * self._sales()))

    def order(self) -> Rows:
        """Deviation of Y(s) = Σ_k (B(s, k) − B(s−1, k)) ε(k): one row per shock up to s."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        change = sparse.eye_array(periods) - sparse.eye_array(periods, k=-1)
        wide = sparse.kron(sparse.kron(sparse.eye_array(items), change), sparse.eye_array(periods), format="csr")
        cell = np.repeat(np.arange(items * periods), periods)
        return Rows(cell, self.layout.shock.times(wide))

    def dollars(self) -> Rows:
        """Deviation of Σ_i c_i (O_i(t) − D_i(t)): one row per item and shock up to t."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        cost = np.repeat(store.unit_cost, periods * periods)
        period = np.tile(np.repeat(np.arange(periods), periods), items)
        gap = self.layout.shock.plus(-self._sales())
        return Rows(period, LinearMap(sparse.csr_array(sparse.diags_array(cost) @ gap.matrix), cost * gap.constant))
