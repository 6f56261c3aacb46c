"""Every causal linear rule, on whitened shocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray
from ccinv.covariance import causal_factor
from ccinv.rules.layout import ShockLayout, item_scale, placed, previous, rises, sales_to_shocks
from ccinv.rules.linear import LinearMap, stacked
from ccinv.store import Store


@dataclass(frozen=True, slots=True)
class Affine:
    """O(t) = Σ_{k ≤ t − lag} A(t, k) S(k) + o(t): every causal linear rule, with its own weight for every past period.

    Important items: A(t, k) ≥ 1 for the sales before t, A(t, t) ≥ 0, o ≥ −(I1 + Q); others A ≥ 0.
    """

    def on(self, store: Store) -> ShockLayout:
        """Lay the rule out for a store: x holds the shock weights B that matter, then E O(t), all n·N of them."""
        items, periods = store.demand.mean.shape
        cells = items * periods
        factor = causal_factor(store)
        alive = np.diagonal(factor, axis1=1, axis2=2) > 0
        causal = np.tri(periods, periods, -store.orders.lag, dtype=bool)
        free = np.flatnonzero((alive[:, None, :] & causal).ravel())
        size = len(free) + cells
        shock = LinearMap(placed(free, 0, cells * periods, size), np.zeros(cells * periods))
        level = LinearMap(placed(np.arange(cells), len(free), cells, size), np.zeros(cells))
        weights = shock.times(_blocks(sales_to_shocks(factor)))
        mean = sparse.kron(sparse.eye_array(cells), np.ones((1, periods))) @ sparse.diags_array(
            np.repeat(store.demand.mean, periods, axis=0).ravel()
        )
        intercept = level - weights.times(mean)
        important = np.repeat(store.important, periods)
        before = np.broadcast_to(np.tri(periods, periods, -1), (items, periods, periods))
        least = (before * store.important[:, None, None]).ravel()
        start = np.repeat(store.on_hand + store.on_order, periods)
        bounds = stacked(weights.plus(-least).rows(free), intercept.plus(start).rows(important))
        wide = sparse.kron(previous(items, periods), sparse.eye_array(periods), format="csr")
        monotone = stacked((weights - weights.times(wide)).rows(free), rises(intercept, items, periods))
        # a weight of one on the sales of k is a weight of L(k, k) on its shock
        own = np.diagonal(factor, axis1=1, axis2=2)
        unit = np.broadcast_to(own[:, None, :], (items, periods, periods)).ravel()[free]
        scale = np.concatenate([unit, np.repeat(item_scale(store), periods)])
        return ShockLayout(store, size, scale, shock, factor, level, bounds, monotone)


def _blocks(right: FloatArray) -> sparse.csr_array:
    """The matrix that takes B (n, N, N), flattened, to B · right, flattened."""
    items, periods, _ = right.shape
    i, t, k, last = np.ogrid[:items, :periods, :periods, :periods]
    row = np.broadcast_to((i * periods + t) * periods + last, (items, periods, periods, periods))
    column = np.broadcast_to((i * periods + t) * periods + k, row.shape)
    value = np.broadcast_to(right[:, None, :, :], row.shape)
    keep = value.ravel() != 0
    entries = (value.ravel()[keep], (row.ravel()[keep], column.ravel()[keep]))
    size = items * periods * periods
    return sparse.csr_array(sparse.coo_array(entries, shape=(size, size)))
