"""Deviation rows of rules that follow cumulative sales: as many per cell as the lead time is long, not the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.covariance import of_ranges
from ccinv.moments.affine import Rows
from ccinv.moments.common import Common
from ccinv.rules import LinearMap, PooledLayout, stacked


@dataclass(frozen=True, slots=True, eq=False)
class PooledDeviation:
    """How O(t) = a(t) D(t − lag) + … deviates from its mean, and what hangs on it."""

    layout: PooledLayout

    def net(self, receipts: float = 1.0, sales: float = 1.0) -> Rows:
        """Deviation of receipts · Σ_j p(j) O(t−1−j) − sales · D(t): what sales do to net stock.

        All periods up to t − J − lag have one coefficient, e = −1 + Σ_j p(j) a(t−1−j), so they are one range; those
        from t − lag on have none but −1, so they are another; J − 1 periods lie between.
        """
        store = self.layout.store
        items, periods = store.demand.mean.shape
        lag = store.orders.lag
        pmf = store.lead_time.pmf
        most = int(store.lead_time.support.max())
        t = np.arange(1, periods + 1)[None, :]
        settled = np.maximum(t - store.lead_time.support[:, None] - lag, 0)
        cut = np.maximum(settled, t - 1 - lag)
        steps = np.minimum(settled[:, :, None] + np.arange(1, most), cut[:, :, None])
        edges = np.concatenate(
            [
                np.zeros((items, periods, 1), dtype=np.int64),
                settled[:, :, None],
                steps,
                np.broadcast_to(t, settled.shape)[:, :, None],
            ],
            axis=2,
        )
        root = of_ranges(store, edges)
        age = np.arange(most)
        last = edges[:, :, 1:, None]
        reached = (age <= t[:, :, None, None] - 1 - lag - last) & (age <= t[:, :, None, None] - 2)
        weight = np.where(reached, receipts * pmf[:, None, None, :most], 0.0)
        response = np.einsum("itgq,itgj->itqj", root, weight)
        constant = -sales * root.sum(axis=2)
        i, k, q, j = np.nonzero(response)
        ranges = root.shape[2]
        row = (i * periods + k) * ranges + q
        follows = _matrix(response[i, k, q, j], row, i * periods + k - 1 - j, items * periods * ranges, items * periods)
        cell = np.repeat(np.arange(items * periods), ranges)
        return Rows(cell, self.layout.slope.times(follows).plus(constant.ravel()))

    def order(self) -> Rows:
        """Deviation of Y(s) = a(s) S(s − lag) + (a(s) − a(s−1)) D(s − 1 − lag): two rows per order."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        seen = np.maximum(np.arange(1, periods + 1) - store.orders.lag, 0)
        edges = np.stack([np.zeros(periods, dtype=np.int64), np.maximum(seen - 1, 0), seen], axis=1)
        root = of_ranges(store, np.broadcast_to(edges, (items, periods, 3)))
        cells = items * periods
        cell = np.arange(cells)
        first = np.tile(np.arange(periods) == 0, items)
        parts = []
        for q in range(2):
            now = root[:, :, :, q].sum(axis=2).ravel()
            before = np.where(first, 0.0, root[:, :, 0, q].ravel())
            change = sparse.csr_array(
                sparse.diags_array(now) - _matrix(before[~first], cell[~first], cell[~first] - 1, cells, cells)
            )
            parts.append(self.layout.slope.times(change))
        joined = LinearMap(
            sparse.csr_array(sparse.vstack([part.matrix for part in parts])),
            np.concatenate([part.constant for part in parts]),
        )
        return Rows(np.tile(cell, 2), joined)

    def dollars(self) -> Rows:
        """Deviation of Σ_i c_i (O_i(t) − D_i(t)) = Σ_i c_i ((a_i − 1) D_i(t − lag) − what came since)."""
        store = self.layout.store
        items, periods = store.demand.mean.shape
        t = np.arange(1, periods + 1)
        seen = np.maximum(t - store.orders.lag, 0)
        common = Common.of(store)
        if common is not None:
            return self._dollars_in_common(common, seen)
        edges = np.stack([np.zeros(periods, dtype=np.int64), seen, t], axis=1)
        root = of_ranges(store, np.broadcast_to(edges, (items, periods, 3))) * store.unit_cost[:, None, None, None]
        period = np.tile(np.arange(periods), items)
        parts = []
        for q in range(2):
            follows = sparse.csr_array(sparse.diags_array(root[:, :, 0, q].ravel()))
            parts.append(self.layout.slope.times(follows).plus(-root[:, :, :, q].sum(axis=2).ravel()))
        return Rows(np.tile(period, 2), stacked(*parts))

    def _dollars_in_common(self, common: Common, seen: IntArray) -> Rows:
        """The same where items share factors: rows of one item, and rows of all for what they share."""
        items, periods = self.layout.store.demand.mean.shape
        alone = np.empty((items, periods))
        shared, since = [], np.empty(periods)
        for t in range(periods):
            vectors, alone[:, t] = common.of_range(0, int(seen[t]))
            shared.append(vectors.T)
            vectors, rest = common.of_range(int(seen[t]), t + 1)
            since[t] = np.sqrt((vectors.sum(axis=0) ** 2).sum() + (rest**2).sum())
        period = np.repeat(np.arange(periods), [len(vectors) for vectors in shared])
        together = np.concatenate(shared)
        column = np.arange(items) * periods + period[:, None]
        row = np.broadcast_to(np.arange(len(period))[:, None], column.shape)
        follows = sparse.vstack(
            [
                sparse.diags_array(alone.ravel(), format="csr"),
                _matrix(together.ravel(), row.ravel(), column.ravel(), len(period), items * periods),
            ],
            format="csr",
        )
        gap = self.layout.slope.times(follows).plus(-np.asarray(follows.sum(axis=1)).ravel())
        fixed = LinearMap(sparse.csr_array((periods, gap.matrix.shape[1])), since)
        cell = np.concatenate([np.tile(np.arange(periods), items), period, np.arange(periods)])
        return Rows(cell, stacked(gap, fixed))


def _matrix(values: FloatArray, row: IntArray, column: IntArray, rows: int, columns: int) -> sparse.csr_array:
    return sparse.csr_array(sparse.coo_array((values, (row, column)), shape=(rows, columns)))
