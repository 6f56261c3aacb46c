"""Deviation rows of rules that answer every shock by itself: one row per shock, no ranges to pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.moments.affine import Rows
from ccinv.moments.arrivals import arrivals
from ccinv.moments.common import Common
from ccinv.rules import ShockLayout


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
        """Deviation of Σ_i c_i (O_i(t) − D_i(t)): one row per item and shock up to t, more for what items share."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        gap = self.layout.shock.plus(-self._sales())
        common = Common.of(store)
        if common is None:
            cost = np.repeat(store.unit_cost, periods * periods)
            period = np.tile(np.repeat(np.arange(periods), periods), items)
            return Rows(period, gap.times(sparse.diags_array(cost)))
        alone, shared, source = self._shares(common)
        # row (t, source) of what is shared answers to the shocks (i, t, source) of all items
        t, vector = np.divmod(np.arange(periods * len(source)), len(source))
        column = (np.arange(items) * periods + t[:, None]) * periods + source[vector][:, None]
        row = np.broadcast_to(np.arange(len(t))[:, None], column.shape)
        entries = (shared[vector].ravel(), (row.ravel(), column.ravel()))
        together = sparse.coo_array(entries, shape=(len(t), items * periods * periods))
        own = sparse.diags_array(np.repeat(alone, periods, axis=0).ravel())
        cell = np.concatenate([np.tile(np.repeat(np.arange(periods), periods), items), t])
        return Rows(cell, gap.times(sparse.vstack([own, together], format="csr")))

    def _shares(self, common: Common) -> tuple[FloatArray, FloatArray, IntArray]:
        """Dollars per shock that are an item's own, (n, N), and shared, (R, n), and the period of each of the R."""
        parts = [common.of_range(k, k + 1) for k in range(common.sd.shape[1])]
        unit = self.layout.store.demand.sd
        scale = np.where(unit > 0, unit, 1.0)
        alone = np.stack([rest for _, rest in parts], axis=1) / scale
        shared = np.concatenate([vectors.T / scale[:, k] for k, (vectors, _) in enumerate(parts)])
        return alone, shared, np.repeat(np.arange(len(parts)), [vectors.shape[1] for vectors, _ in parts])
