"""From slopes and levels of a pooled rule to the decision vector that has them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray
from ccinv.rules.layout import PooledLayout, seen_mean
from ccinv.store import Store


def decision(layout: PooledLayout, slope: FloatArray, level: FloatArray) -> FloatArray:
    """The x whose rule is nearest to O(t) = slope (D − E D) + level, (n, N) each: the slopes first, then the levels.

    Every entry of x is the coefficient of one cell: what the layout cannot have is left as near as it allows.
    """
    x = np.zeros(layout.size)
    by_slope, by_level = sparse.csc_array(layout.slope.matrix), sparse.csc_array(layout.level.matrix)
    moves = np.diff(by_slope.indptr) > 0
    first = by_slope.indptr[:-1][moves]
    row = by_slope.indices[first]
    x[moves] = (slope.ravel() - layout.slope.constant)[row] / by_slope.data[first]
    rest = level.ravel() - layout.level.at(x)
    first = by_level.indptr[:-1][~moves]
    row = by_level.indices[first]
    x[~moves] = rest[row] / by_level.data[first]
    return x


def expected_orders(store: Store, levels: FloatArray) -> FloatArray:
    """E O(t) of order-up-to levels S (n, N) of the inventory position, units: S(t) − (I + Q) + E D(t − lag)."""
    return levels - (store.on_hand + store.on_order)[:, None] + seen_mean(store)


def order_up_to(layout: PooledLayout, levels: FloatArray, items: BoolArray) -> FloatArray:
    """The x with O(t) = D(t − lag) + S(t) − (I + Q) for levels S (n, N) of some items (n,), and O = 0 for the rest."""
    some = items[:, None]
    wanted = np.where(some, expected_orders(layout.store, levels), 0.0)
    return decision(layout, np.where(some, 1.0, 0.0) * np.ones_like(levels), wanted)


def levels_of(layout: PooledLayout, x: FloatArray) -> FloatArray:
    """Levels S(t) of the inventory position, (n, N), of a rule whose slopes are one."""
    store = layout.store
    level = layout.level.at(x).reshape(store.demand.mean.shape)
    return level - seen_mean(store) + (store.on_hand + store.on_order)[:, None]
