"""The rule of the thesis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.covariance import cumulative_variance
from ccinv.rules.layout import PooledLayout, delayed, item_scale, moving, placed, rises, seen_mean
from ccinv.rules.linear import LinearMap, stacked
from ccinv.store import Store


@dataclass(frozen=True, slots=True)
class Thesis:
    """O(t) = a(t) D(t − lag) − b(t)(I1 + Q), the rule of the thesis (where Q = 0).

    Important items: a ≥ 1, 0 ≤ b ≤ 1; others a, b ≥ 0. Source: Newton 1990, §3.5.2.
    """

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds the a that matter, then the b that matter."""
        items, periods = store.demand.mean.shape
        cells = items * periods
        start = np.repeat(store.on_hand + store.on_order, periods)
        seen = seen_mean(store).ravel()
        variance = cumulative_variance(store)
        slopes = np.flatnonzero((delayed(variance, store.orders.lag).ravel() > 0) | (seen > 0))
        # where the rule may never fall only b = 0 is sure to, so that b is no decision there
        offsets = np.flatnonzero((start != 0) & (store.orders.nonnegative != "monotone"))
        size = len(slopes) + len(offsets)
        important = np.repeat(store.important, periods)
        fixed = important.astype(np.float64)
        fixed[slopes] = 0.0
        slope = LinearMap(placed(slopes, 0, cells, size), fixed)
        b = LinearMap(placed(offsets, len(slopes), cells, size), np.zeros(cells))
        intercept = LinearMap(sparse.csr_array(sparse.diags_array(-start) @ b.matrix), np.zeros(cells))
        follows = slope.times(sparse.diags_array(seen))
        level = LinearMap(sparse.csr_array(follows.matrix + intercept.matrix), follows.constant)
        capped = np.intersect1d(offsets, np.flatnonzero(important))
        most = LinearMap(sparse.csr_array(-b.matrix), np.ones(cells)).rows(capped)
        bounds = stacked(slope.plus(-important.astype(np.float64)).rows(slopes), b.rows(offsets), most)
        monotone = rises(slope, items, periods).rows(moving(slope))
        unit = np.repeat(item_scale(store), periods)[offsets] / np.abs(start[offsets])
        scale = np.concatenate([np.ones(len(slopes)), unit])
        return PooledLayout(store, size, scale, slope, level, bounds, monotone, b)
