"""Rules that follow cumulative sales, or nothing, with intercepts free in sign."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.covariance import cumulative_variance
from ccinv.rules.layout import PooledLayout, delayed, item_scale, moving, placed, rises, seen_mean
from ccinv.rules.linear import LinearMap, stacked
from ccinv.store import Store


@dataclass(frozen=True, slots=True)
class Cumulative:
    """O(t) = a(t) D(t − lag) + o(t), o free in sign: as cheap as the thesis's rule, which it contains.

    Important items: a ≥ 1 and o ≥ −(I1 + Q), so that due-outs are covered by due-ins; others a ≥ 0.
    """

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds the slopes a that matter, then E O(t), all n·N of them."""
        return _pooled(store, with_slopes=True)


@dataclass(frozen=True, slots=True)
class Static:
    """O(t) = o(t): orders fixed in advance. No due-out bound: orders that ignore sales cannot cover every due-out."""

    def on(self, store: Store) -> PooledLayout:
        """Lay the rule out for a store: x holds O(t), all n·N of them."""
        return _pooled(store, with_slopes=False)


def _pooled(store: Store, *, with_slopes: bool) -> PooledLayout:
    items, periods = store.demand.mean.shape
    cells = items * periods
    variance = cumulative_variance(store) if with_slopes else np.zeros((items, periods))
    decided = delayed(variance, store.orders.lag) > 0
    if with_slopes and store.orders.nonnegative == "monotone":
        decided |= seen_mean(store) > 0  # a slope held down in a certain period would hold the later intercepts up
    slopes = np.flatnonzero(decided.ravel())
    size = len(slopes) + cells
    least = np.where(store.important, 1.0, 0.0) if with_slopes else np.zeros(items)
    # any other slope on sales that never vary changes nothing: it stays at its bound
    fixed = np.repeat(least, periods)
    fixed[slopes] = 0.0
    slope = LinearMap(placed(slopes, 0, cells, size), fixed)
    level = LinearMap(placed(np.arange(cells), len(slopes), cells, size), np.zeros(cells))
    intercept = level - slope.times(sparse.diags_array(seen_mean(store).ravel()))
    bounds = LinearMap(sparse.csr_array((0, size)), np.zeros(0))
    if with_slopes:
        important = np.repeat(store.important, periods)
        start = np.repeat(store.on_hand + store.on_order, periods)
        bounds = stacked(slope.plus(-np.repeat(least, periods)).rows(slopes), intercept.plus(start).rows(important))
    rising = rises(intercept, items, periods)
    monotone = stacked(rises(slope, items, periods).rows(moving(slope)), rising) if with_slopes else rising
    scale = np.concatenate([np.ones(len(slopes)), np.repeat(item_scale(store), periods)])
    return PooledLayout(store, size, scale, slope, level, bounds, monotone)
