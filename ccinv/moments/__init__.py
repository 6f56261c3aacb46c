"""Exact means and deviations of net stock, orders and dollars under a rule, as affine functions of its coefficients."""

from __future__ import annotations

from functools import singledispatch
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ccinv.arrays import FloatArray, given_numbers
from ccinv.errors import DataError, Fault
from ccinv.moments.affine import AffineMoments, Rows, gathered, listed
from ccinv.moments.arrivals import arrivals, in_transit, open_order_moments, receipts
from ccinv.moments.dependence import EXACT, Dependence, FollowingSales, Independent
from ccinv.moments.joint import JointNormal, covariance, joint_normal
from ccinv.moments.pooled import PooledDeviation
from ccinv.moments.shocks import ShockDeviation, by_shock
from ccinv.rules import Layout, LinearMap, PooledLayout, ShockLayout
from ccinv.store import Store

__all__ = [
    "AffineMoments",
    "Dependence",
    "FollowingSales",
    "Independent",
    "JointNormal",
    "covariance",
    "dollars",
    "joint_normal",
    "net_stock",
    "net_stock_by_shock",
    "orders",
    "orders_by_shock",
    "receipts",
    "total_orders",
    "total_stock",
]


class Deviation(Protocol):
    """Deviation rows of a rule."""

    def net(self, receipts: float = 1.0, sales: float = 1.0) -> Rows: ...

    def order(self) -> Rows: ...

    def dollars(self) -> Rows: ...


@singledispatch
def _deviation(layout: object) -> Deviation:
    raise TypeError(f"no moments are known for a rule laid out as {type(layout).__name__}")


@_deviation.register
def _(layout: PooledLayout) -> Deviation:
    return PooledDeviation(layout)


@_deviation.register
def _(layout: ShockLayout) -> Deviation:
    return ShockDeviation(layout)


def _order_mean(layout: Layout) -> LinearMap:
    """E Y(s) = E O(s) − E O(s−1)."""
    items, periods = layout.store.demand.mean.shape
    change = sparse.kron(
        sparse.eye_array(items), sparse.eye_array(periods) - sparse.eye_array(periods, k=-1), format="csr"
    )
    return layout.level.times(change)


def net_stock(store: Store, rule: Layout, dependence: Dependence = EXACT) -> AffineMoments:
    """Net stock X(t) = I1 + R(t−1) − D(t), shape (n, N), units.

        E X(t) = I1 − E D(t) + Σ_j p(j) E O(t−1−j) + open orders
        Var X(t) = Var(Σ_j p(j) O(t−1−j) − D(t)) + Σ_{s<t} P(1−P)(t−1−s) (Var Y(s) + (E Y(s))²) + open orders

    Exact for every lead-time law, also one that may never arrive; orders unclipped. At most 4J − 2 deviation rows per
    cell for a rule on cumulative sales, a proper lead time and independent periods. `dependence`: FollowingSales, which
    is exact, or Independent, the sum of variances that the thesis prints. Source: Newton 1990, §3.5, with cumulative
    arrival probabilities, the cross terms, and the dependence of receipts on sales put right.
    """
    deviation = _deviation(rule)
    own = (deviation.net(*part) for part in dependence.parts)
    return gathered(
        store.demand.mean.shape, _stock_mean(store, rule), *own, *_chance_of_arrival(store, rule, deviation)
    )


def net_stock_by_shock(store: Store, rule: Layout) -> AffineMoments:
    """Net stock as `net_stock`, with a deviation row for every shock of sales, (n, N), units.

    For what hangs on each shock: boxes, supports, other measures than the deviation. `shock` names the shock of each
    row, item · N + period: one standard deviation of those sales (of what they bring new, where periods are
    correlated). What random lead times do belongs to no shock.
    """
    deviation = ShockDeviation(by_shock(rule))
    chances = _chance_of_arrival(store, rule, deviation)
    return listed(store.demand.mean.shape, _stock_mean(store, rule), deviation.net(), *chances)


def orders_by_shock(store: Store, rule: Layout) -> AffineMoments:
    """Orders Y(t) as `orders`, with a deviation row for every shock of sales, (n, N), units."""
    return listed(store.demand.mean.shape, _order_mean(rule), ShockDeviation(by_shock(rule)).order())


def total_stock(store: Store, rule: Layout, weight: ArrayLike) -> AffineMoments:
    """Σ_i weight_i X_i(t), (N,): what net stock of all items takes up of a room they share.

    `weight` (n,): for each unit of an item, as cubic metres or kilograms. Exact, as `net_stock` is, also where items
    share factors.
    """
    weights = _weights(weight, store.items)
    deviation = ShockDeviation(by_shock(rule))
    own = deviation.total(deviation.stock(), weights)
    return listed(
        (store.periods,),
        _summed(_stock_mean(store, rule), weights),
        own,
        *(
            rows.weighted(np.arange(len(rows.cell)), weights[rows.cell // store.periods], rows.cell % store.periods)
            for rows in _chance_of_arrival(store, rule, deviation)
        ),
    )


def total_orders(store: Store, rule: Layout, weight: ArrayLike | None = None) -> AffineMoments:
    """Σ_i weight_i Y_i(t), (N,): what is ordered in a period; dollars where no weights are given."""
    weights = store.unit_cost if weight is None else _weights(weight, store.items)
    deviation = ShockDeviation(by_shock(rule))
    return listed((store.periods,), _summed(_order_mean(rule), weights), deviation.total(deviation.placed(), weights))


def _weights(weight: ArrayLike, items: int) -> FloatArray:
    """A number for each item; a DataError otherwise."""
    given = given_numbers("weight", weight)
    if given.shape != (items,) or not np.isfinite(given).all():
        raise DataError(Fault("weight", f"shape {given.shape}", f"({items},): a number per item", "Give one per item."))
    return np.asarray(given, dtype=np.float64)


def _summed(table: LinearMap, weight: FloatArray) -> LinearMap:
    """Σ_i weight_i of a table (n·N,), (N,)."""
    periods = len(table.constant) // len(weight)
    return table.times(sparse.csr_array(sparse.kron(weight[None, :], sparse.eye_array(periods), format="csr")))


def _stock_mean(store: Store, rule: Layout) -> LinearMap:
    """E X(t), (n·N,)."""
    start = store.on_hand[:, None] - np.cumsum(store.demand.mean, axis=1) + open_order_moments(store)[0]
    return rule.level.times(arrivals(store)).plus(start.ravel())


def _chance_of_arrival(store: Store, rule: Layout, deviation: Deviation) -> tuple[Rows, Rows, Rows]:
    """What random lead times do to net stock: orders under way may have come or not."""
    shape = store.demand.mean.shape
    cell, order, weight = in_transit(store)
    placed, amount = deviation.order(), _order_mean(rule)
    by_order = np.argsort(placed.cell, kind="stable")
    first = np.searchsorted(placed.cell[by_order], np.arange(np.prod(shape) + 1))
    count = np.diff(first)[order]
    inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    source = by_order[np.repeat(first[:-1][order], count) + inside]
    open_variance = open_order_moments(store)[1]
    size = rule.level.matrix.shape[1]
    nothing = sparse.csr_array((open_variance.size, size))
    return (
        placed.weighted(source, np.repeat(weight, count), np.repeat(cell, count)),
        Rows(order, amount).weighted(order, weight, cell),
        Rows(np.arange(np.prod(shape)), LinearMap(nothing, np.sqrt(open_variance).ravel())),
    )


def orders(store: Store, rule: Layout) -> AffineMoments:
    """Orders Y(t) = O(t) − O(t−1) as the rule has them (unclipped), shape (n, N), units."""
    return gathered(store.demand.mean.shape, _order_mean(rule), _deviation(rule).order())


def dollars(store: Store, rule: Layout) -> AffineMoments:
    """Dollars obligated Z(t) = Σ_i c_i (I1 + Q + O(t) − D(t)), shape (N,), dollars.

    Items that share factors are not independent of each other here, and nowhere else: all other rows are one item's.
    Source: Newton 1990, §3.5.3, with open orders counted: they are obligated already.
    """
    periods = store.periods
    total = sparse.csr_array(sparse.kron(store.unit_cost[None, :], sparse.eye_array(periods), format="csr"))
    start = store.on_hand + store.on_order
    held = (start[:, None] - np.cumsum(store.demand.mean, axis=1)).ravel()
    return gathered((periods,), rule.level.times(total).plus(np.asarray(total @ held)), _deviation(rule).dollars())
