"""Deviation rows of rules that answer every shock by itself: one row per shock, no ranges to pool."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.covariance import causal_factor
from ccinv.moments.affine import NONE, Rows
from ccinv.moments.arrivals import arrivals
from ccinv.moments.common import Common
from ccinv.rules import Layout, LinearMap, PooledLayout, ShockLayout


@dataclass(frozen=True, slots=True, eq=False)
class ShockDeviation:
    """How O(t) = Σ_k B(t, k) ε(k) + … deviates from its mean, and what hangs on it."""

    layout: ShockLayout

    def _sales(self) -> np.ndarray:
        """D(t) on the shocks: (n, N, N), flattened."""
        return np.cumsum(self.layout.factor, axis=1).ravel()

    def net(self, receipts: float = 1.0, sales: float = 1.0) -> Rows:
        """Deviation of receipts · Σ_j p(j) O(t−1−j) − sales · D(t): one row per shock up to t."""
        items, periods = self.layout.store.demand.mean.shape
        return Rows(np.repeat(np.arange(items * periods), periods), self.stock(receipts, sales), self._own())

    def stock(self, receipts: float = 1.0, sales: float = 1.0) -> LinearMap:
        """What each shock (i, k) adds to receipts · Σ_j p(j) O(t−1−j) − sales · D(t), (n·N·N,)."""
        store = self.layout.store
        wide = sparse.kron(receipts * arrivals(store), sparse.eye_array(store.periods), format="csr")
        return self.layout.shock.times(wide).plus(-sales * self._sales())

    def order(self) -> Rows:
        """Deviation of Y(s) = Σ_k (B(s, k) − B(s−1, k)) ε(k): one row per shock up to s."""
        items, periods = self.layout.store.demand.mean.shape
        return Rows(np.repeat(np.arange(items * periods), periods), self.placed(), self._own())

    def placed(self) -> LinearMap:
        """What each shock (i, k) adds to the order Y(s), (n·N·N,)."""
        items, periods = self.layout.store.demand.mean.shape
        change = sparse.eye_array(periods) - sparse.eye_array(periods, k=-1)
        wide = sparse.kron(sparse.kron(sparse.eye_array(items), change), sparse.eye_array(periods), format="csr")
        return self.layout.shock.times(wide)

    def dollars(self) -> Rows:
        """Deviation of Σ_i c_i (O_i(t) − D_i(t)): one row per item and shock up to t, more for what items share."""
        return self.total(self.layout.shock.plus(-self._sales()), self.layout.store.unit_cost)

    def total(self, table: LinearMap, weight: FloatArray) -> Rows:
        """Deviation of Σ_i weight_i Σ_k table(i, t, k) ε_i(k): one row per item and shock, more for what items share.

        `table` (n·N·N,): the answer of each item's quantity in t to its shock of period k.
        """
        store = self.layout.store
        items, periods = store.demand.mean.shape
        period = np.tile(np.repeat(np.arange(periods), periods), items)
        common = Common.of(store, weight)
        if common is None:
            own = np.repeat(weight, periods * periods)
            return Rows(period, table.times(sparse.diags_array(own)), self._own())
        alone, shared, source = self._shares(common)
        # row (t, source) of what is shared answers to the shocks (i, t, source) of all items
        t, vector = np.divmod(np.arange(periods * len(source)), len(source))
        column = (np.arange(items) * periods + t[:, None]) * periods + source[vector][:, None]
        row = np.broadcast_to(np.arange(len(t))[:, None], column.shape)
        entries = (shared[vector].ravel(), (row.ravel(), column.ravel()))
        together = sparse.coo_array(entries, shape=(len(t), items * periods * periods))
        apart = sparse.diags_array(np.repeat(alone, periods, axis=0).ravel())
        cell = np.concatenate([period, t])
        shock = np.concatenate([self._own(), np.full(len(t), NONE)])
        return Rows(cell, table.times(sparse.vstack([apart, together], format="csr")), shock)

    def _own(self) -> IntArray:
        """The shock (item, k), flat, that each row (item, t, k) is the weight of."""
        items, periods = self.layout.store.demand.mean.shape
        shock = np.arange(items)[:, None, None] * periods + np.arange(periods)
        found: IntArray = np.broadcast_to(shock, (items, periods, periods)).ravel()
        return found

    def _shares(self, common: Common) -> tuple[FloatArray, FloatArray, IntArray]:
        """Dollars per shock that are an item's own, (n, N), and shared, (R, n), and the period of each of the R."""
        parts = [common.of_range(k, k + 1) for k in range(common.sd.shape[1])]
        unit = self.layout.store.demand.sd
        scale = np.where(unit > 0, unit, 1.0)
        alone = np.stack([rest for _, rest in parts], axis=1) / scale
        shared = np.concatenate([vectors.T / scale[:, k] for k, (vectors, _) in enumerate(parts)])
        return alone, shared, np.repeat(np.arange(len(parts)), [vectors.shape[1] for vectors, _ in parts])


def by_shock(layout: Layout) -> ShockLayout:
    """A rule laid out so that it answers every shock by itself."""
    if isinstance(layout, ShockLayout):
        return layout
    if not isinstance(layout, PooledLayout):
        raise TypeError(f"no shocks are known for a rule laid out as {type(layout).__name__}")
    store = layout.store
    items, periods = store.demand.mean.shape
    factor = causal_factor(store)
    # what the rule sees, D(t − lag), on the shocks
    seen = np.zeros((items, periods, periods))
    lag = store.orders.lag
    if lag < periods:
        seen[:, lag:] = np.cumsum(factor, axis=1)[:, : periods - lag]
    row = np.arange(items * periods * periods)
    wide = sparse.coo_array((seen.ravel(), (row, row // periods)), shape=(len(row), items * periods))
    shock = layout.slope.times(sparse.csr_array(wide))
    return ShockLayout(store, layout.size, layout.scale, shock, factor, layout.level, layout.bounds, layout.monotone)
