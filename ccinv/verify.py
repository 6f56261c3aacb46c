"""Every promise of a decision recomputed from the rule's numbers: plain sums over orders, original units, no cvxpy.

It shares no formula with `moments`: orders are summed one by one instead of by parts, weights are dense instead of
sparse, so that an error in either shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import common_factors
from ccinv.moments.dependence import EXACT, Dependence
from ccinv.result import Rule
from ccinv.store import Store

BLOCK = 4_000_000  # entries of one (items, N, N) array held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Moments of a rule on a store: net stock and orders (n, N), units; dollars (N,)."""

    mean: FloatArray
    sd: FloatArray
    order_mean: FloatArray
    order_sd: FloatArray
    dollars_mean: FloatArray
    dollars_sd: FloatArray


def recompute(store: Store, rule: Rule, dependence: Dependence = EXACT) -> Numbers:
    """The moments of net stock, orders and dollars from the weights and intercepts alone, order by order.

    `dependence` of receipts on sales, in net stock, as in `moments.net_stock`.
    """
    items, periods = store.demand.mean.shape
    step = max(1, BLOCK // periods**2)
    parts = []
    for first in range(0, items, step):
        index = np.arange(first, min(first + step, items))
        some = rule.rows(index)
        parts.append(_block(_rows(store, index), some.weights, some.intercept, dependence))
    mean, sd, order_mean, order_sd, dollars_mean, dollars_variance = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    mean_of_open, variance_of_open = _open_orders(store)
    return Numbers(
        mean + mean_of_open,
        np.sqrt(sd**2 + variance_of_open),
        order_mean,
        order_sd,
        dollars_mean.sum(axis=0),
        np.sqrt(np.maximum(dollars_variance.sum(axis=0) + _between_items(store, rule), 0.0)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Items:
    on_hand: FloatArray
    on_order: FloatArray
    cost: FloatArray
    mean: FloatArray
    covariance: FloatArray
    reached: FloatArray


def _rows(store: Store, index: np.ndarray) -> _Items:
    sd = store.demand.sd[index]
    correlation = store.demand.correlation
    joint = np.eye(sd.shape[1])[None] if correlation is None else correlation[index]
    return _Items(
        store.on_hand[index],
        store.on_order[index],
        store.unit_cost[index],
        store.demand.mean[index],
        joint * sd[:, :, None] * sd[:, None, :],
        store.lead_time.rows(index).arrived(np.arange(store.periods)),
    )


def _quadratic(weights: FloatArray, joint: FloatArray) -> FloatArray:
    """Variance of Σ_k weights(t, k) S(k), (n, N)."""
    found: FloatArray = np.maximum(np.einsum("itk,itk->it", weights @ joint, weights), 0.0)
    return found


def _block(items: _Items, weights: FloatArray, intercept: FloatArray, dependence: Dependence) -> tuple[FloatArray, ...]:
    periods = intercept.shape[1]
    total = np.tri(periods)
    level = np.einsum("itk,ik->it", weights, items.mean) + intercept
    order_mean = np.diff(level, axis=1, prepend=0.0)
    order_weights = np.diff(weights, axis=1, prepend=0.0)
    order_variance = _quadratic(order_weights, items.covariance)
    age = np.arange(periods)[:, None] - 1 - np.arange(periods)[None, :]
    share = np.where(age >= 0, items.reached[:, np.maximum(age, 0)], 0.0)
    sold = np.cumsum(items.mean, axis=1)
    mean = items.on_hand[:, None] - sold + np.einsum("its,is->it", share, order_mean)
    received = share @ order_weights
    by_sales = sum(
        _quadratic(receipts * received - sales * total, items.covariance) for receipts, sales in dependence.parts
    )
    by_arrival = np.einsum("its,is->it", share * (1 - share), order_variance + order_mean**2)
    held = items.cost[:, None] * ((items.on_hand + items.on_order)[:, None] + level - sold)
    obligated = items.cost[:, None] ** 2 * _quadratic(weights - total, items.covariance)
    return mean, np.sqrt(by_sales + by_arrival), order_mean, np.sqrt(order_variance), held, obligated


def _between_items(store: Store, rule: Rule) -> FloatArray:
    """What covariances between different items add to the variance of the dollars, (N,): pair by pair, in blocks.

    Σ_{i≠j} Σ_{k≤t} v_i(t, k) v_j(t, k) Cov(S_i(k), S_j(k)),   v_i(t, k) = c_i (weights_i(t, k) − 1)
    """
    law = common_factors(store.demand)
    periods = store.periods
    if law is None or not law.loading.any():
        return np.zeros(periods)
    linked = np.flatnonzero(law.loading.any(axis=1))
    t, k = np.nonzero(np.tri(periods, dtype=bool))
    parts = np.array_split(linked, -(-len(linked) * periods**2 // BLOCK))
    dollars = np.concatenate([store.unit_cost[part, None] * (rule.rows(part).weights[:, t, k] - 1) for part in parts])
    series = law.series()[linked]
    loading = law.loading[linked]
    found = np.zeros(len(t))
    for first in range(0, len(linked), step := max(1, BLOCK // max(1, len(linked)))):
        part = slice(first, first + step)
        correlation = loading[part] @ loading.T
        correlation[np.arange(len(correlation)), first + np.arange(len(correlation))] = 0.0
        power = np.ones_like(correlation)
        for m in range(series.shape[2]):
            power *= correlation
            moved = dollars * series[:, k, m]
            found += np.einsum("ia,ia->a", moved[part], power @ moved)
    return np.bincount(t, weights=found, minlength=periods).astype(np.float64)


def _open_orders(store: Store) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the receipts of open orders, from the probability of each to be missing still."""
    mean, variance = np.zeros(store.demand.mean.shape), np.zeros(store.demand.mean.shape)
    if store.open_orders is None:
        return mean, variance
    waited = -store.open_orders.placed
    reached = store.lead_time.arrived(np.arange(waited.max(initial=0) + store.periods))[store.open_item]
    order = np.arange(len(waited))
    missing = 1 - reached[order, waited]
    for t in range(store.periods):
        arrived = 1 - (1 - reached[order, waited + t]) / missing
        mean[:, t] = np.bincount(store.open_item, store.open_orders.quantity * arrived, store.items)
        spread = store.open_orders.quantity**2 * arrived * (1 - arrived)
        variance[:, t] = np.bincount(store.open_item, spread, store.items)
    return mean, variance


def scores(mean: FloatArray, sd: FloatArray, unit: FloatArray) -> FloatArray:
    """mean / sd; without deviation +∞ for what is enough and −∞ for what is not.

    A millionth of `unit` counts as nothing there, as it does in the replay.
    """
    certain = sd <= 1e-9 * unit
    enough = np.where(mean >= -1e-6 * unit, np.inf, -np.inf)
    return np.where(certain, enough, mean / np.where(certain, 1.0, sd))
