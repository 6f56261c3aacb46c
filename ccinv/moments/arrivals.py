"""What the lead times do: the share of each order that has arrived, and the variance of all-or-nothing arrivals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import DataError, Fault
from ccinv.lead_time import LeadTime
from ccinv.store import Store


def arrivals(store: Store) -> sparse.csr_array:
    """The matrix that takes O, flattened (n·N,), to E[R(t−1) | sales] = Σ_j p(j) O(t−1−j), flattened."""
    items, periods = store.demand.mean.shape
    cell = np.arange(items * periods).reshape(items, periods)
    rows, columns, values = [], [], []
    for j in range(min(int(store.lead_time.support.max()), periods - 1)):
        rows.append(cell[:, j + 1 :].ravel())
        columns.append(cell[:, : periods - j - 1].ravel())
        values.append(np.repeat(store.lead_time.pmf[:, j], periods - j - 1))
    return _joined(rows, columns, values, items * periods)


def _joined(rows: list[IntArray], columns: list[IntArray], values: list[FloatArray], size: int) -> sparse.csr_array:
    if not rows:
        return sparse.csr_array((size, size))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    found = sparse.csr_array(sparse.coo_array(entries, shape=(size, size)))
    found.eliminate_zeros()
    return found


def in_transit(store: Store) -> tuple[IntArray, IntArray, FloatArray]:
    """Pairs (cell (i, t), order (i, s)) that are not settled by t − 1, flat, with √(P(1 − P)) at age t − 1 − s.

    From age J − 1 on a proper lead time has P(1 − P) = 0: at most J − 1 orders per cell, whatever the horizon.
    """
    items, periods = store.demand.mean.shape
    cell = np.arange(items * periods).reshape(items, periods)
    reached = store.lead_time.arrived(np.arange(periods))
    spread = np.sqrt(reached * (1 - reached))
    parts = []
    for age in np.flatnonzero(spread[:, : periods - 1].any(axis=0)):
        open_items = np.flatnonzero(spread[:, age])
        later, earlier = cell[open_items, age + 1 :], cell[open_items, : periods - age - 1]
        parts.append((later.ravel(), earlier.ravel(), np.repeat(spread[open_items, age], periods - age - 1)))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    later_cells, orders, weights = zip(*parts, strict=True)
    return np.concatenate(later_cells), np.concatenate(orders), np.concatenate(weights)


def open_shares(store: Store) -> tuple[IntArray, FloatArray, FloatArray]:
    """Item (K,) and quantity (K,) of each open order, and the probability that it has arrived by t − 1, (K, N).

    An order placed in s ≤ 0 and still open has arrived by t − 1 with π = (P(t−1−s) − P(−s)) / (1 − P(−s)).
    """
    if store.open_orders is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros((0, store.periods))
    age = -store.open_orders.placed
    item = store.open_item
    reached = store.lead_time.arrived(np.arange(age.max(initial=0) + store.periods))
    before = reached[item, age][:, None]
    share = (reached[item[:, None], age[:, None] + np.arange(store.periods)] - before) / (1 - before)
    return item, store.open_orders.quantity, share


def open_order_moments(store: Store) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of what the open orders bring through t − 1, (n, N) each."""
    mean, variance = np.zeros(store.demand.mean.shape), np.zeros(store.demand.mean.shape)
    item, quantity, share = open_shares(store)
    np.add.at(mean, item, quantity[:, None] * share)
    np.add.at(variance, item, quantity[:, None] ** 2 * share * (1 - share))
    return mean, variance


def receipts(orders: ArrayLike, lead_time: LeadTime) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of the receipts R(1), …, R(T) of fixed orders Y(1), …, Y(T), (T,) each.

        E R(t) = Σ_{s ≤ t} P(t − s) Y(s),    Var R(t) = Σ_{s ≤ t} P(1 − P)(t − s) Y(s)²

    `orders`: (T,), units; `lead_time`: a law with one row. Exact. Source: Newton 1990, §3.5, corrected.
    """
    amount = np.asarray(orders, dtype=np.float64)
    if amount.ndim != 1 or not np.isfinite(amount).all():
        raise DataError(Fault("orders", f"shape {amount.shape}", "finite numbers, (T,)", "Give one order per period."))
    if len(lead_time.pmf) != 1:
        found = f"a lead time of {len(lead_time.pmf)} rows"
        raise DataError(Fault("lead_time", found, "one row", "Give the law of the item whose orders these are."))
    reached = lead_time.arrived(np.arange(len(amount)))[0]
    mean = np.convolve(amount, reached)[: len(amount)]
    variance = np.convolve(amount**2, reached * (1 - reached))[: len(amount)]
    return mean, variance
