"""Independent truth about one item: every arrival history enumerated, sales by exact Gaussian algebra, or simulated.

Nothing here uses a formula of the package: a history says in which period each order arrives, its probability is a
product of lead-time probabilities, and given the history the net stock is a fixed linear function of the sales.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import ccinv as cc
from ccinv.result import Rule

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NEVER = 10**6


@dataclass(frozen=True)
class Item:
    """One item and its rule as numbers, in original units.

    mean (N,), covariance (N, N): sales; weights (N, N), intercept (N,): O(t) = Σ_k weights(t, k) S(k) + intercept(t);
    open_orders: (period ≤ 0, quantity) each.
    """

    unit_cost: float
    on_hand: float
    mean: FloatArray
    covariance: FloatArray
    pmf: FloatArray
    never: float
    open_orders: tuple[tuple[int, float], ...]
    weights: FloatArray
    intercept: FloatArray

    @property
    def periods(self) -> int:
        return len(self.mean)

    @property
    def order_weights(self) -> FloatArray:
        """α(s, k): Y(s) = Σ_k α(s, k) S(k) + β(s)."""
        return np.diff(self.weights, axis=0, prepend=0.0)

    @property
    def order_intercept(self) -> FloatArray:
        """β(s)."""
        return np.diff(self.intercept, prepend=0.0)


def covariance_of(store: cc.Store, i: int) -> FloatArray:
    """Cov(S(k), S(l)) of item i, units²."""
    sd, correlation = store.demand.sd[i], store.demand.correlation
    return np.diag(sd**2) if correlation is None else sd[:, None] * correlation[i] * sd[None, :]


def items_of(store: cc.Store, rule: Rule) -> list[Item]:
    """The items of a store under a rule."""
    found = []
    for i in range(store.items):
        under_way = []
        if store.open_orders is not None:
            for item, placed, quantity in zip(
                store.open_item, store.open_orders.placed, store.open_orders.quantity, strict=True
            ):
                if item == i:
                    under_way.append((int(placed), float(quantity)))
        found.append(
            Item(
                unit_cost=float(store.unit_cost[i]),
                on_hand=float(store.on_hand[i]),
                mean=store.demand.mean[i],
                covariance=covariance_of(store, i),
                pmf=store.lead_time.pmf[i],
                never=float(store.lead_time.never[i]),
                open_orders=tuple(under_way),
                weights=rule.weights[i],
                intercept=rule.intercept[i],
            )
        )
    return found


def arrivals_of_one(pmf: FloatArray, never: float, placed: int, open_at: int) -> list[tuple[int, float]]:
    """(period of arrival, probability) of an order placed in `placed` that has not arrived by `open_at` − 1."""
    possible = [(placed + j, float(p)) for j, p in enumerate(pmf) if p > 0 and placed + j >= open_at]
    if never > 0:
        possible.append((NEVER, never))
    total = sum(p for _, p in possible)
    return [(period, p / total) for period, p in possible]


def histories(laws: list[list[tuple[int, float]]]) -> tuple[NDArray[np.int64], FloatArray]:
    """Every combination of arrival periods, (H, orders), with its probability, (H,)."""
    if not laws:
        return np.zeros((1, 0), dtype=np.int64), np.ones(1)
    period = np.array(list(itertools.product(*[[t for t, _ in law] for law in laws])), dtype=np.int64)
    factors = np.array(list(itertools.product(*[[p for _, p in law] for law in laws])))
    return period, factors.prod(axis=1)


def merged(law: list[tuple[int, float]], horizon: int) -> list[tuple[int, float]]:
    """The law with all arrivals from `horizon` on taken as one: they can no longer be used."""
    early = [(t, p) for t, p in law if t < horizon]
    late = sum(p for t, p in law if t >= horizon)
    return early + ([(NEVER, late)] if late > 0 else [])


def net_stock(item: Item) -> tuple[FloatArray, FloatArray]:
    """E X(t), shape (N,), and Cov(X(t), X(t')), shape (N, N), by enumeration of the arrival histories.

    An order of period s that arrives in period r ≥ s can be used from r + 1 on: it is in X(t) where r ≤ t − 1.
    """
    n = item.periods
    laws = [merged(arrivals_of_one(item.pmf, item.never, s, s), n) for s in range(1, n)]
    laws += [merged(arrivals_of_one(item.pmf, item.never, placed, 1), n) for placed, _ in item.open_orders]
    arrival, probability = histories(laws)
    usable = arrival[:, None, :] <= np.arange(n)[None, :, None]  # (H, N, orders): by t − 1 for t = 1, ..., N
    own, early = usable[:, :, : n - 1].astype(np.float64), usable[:, :, n - 1 :].astype(np.float64)
    # given the history X = constant + gain · S
    gain = own @ item.order_weights[: n - 1] - np.tri(n)
    constant = (
        item.on_hand
        + own @ item.order_intercept[: n - 1]
        + early @ np.array([quantity for _, quantity in item.open_orders], dtype=np.float64)
    )
    given = constant + gain @ item.mean
    mean = probability @ given
    within = np.einsum("h,htk,kl,hul->tu", probability, gain, item.covariance, gain, optimize=True)
    spread = given - mean
    return mean, within + np.einsum("h,ht,hu->tu", probability, spread, spread)


def net_stock_size(item: Item) -> FloatArray:
    """The size of the terms whose sum X(t) is, (N,): rounding is relative to this, not to what is left of them."""
    sales = item.mean + np.sqrt(np.diag(item.covariance))
    cumulative = np.abs(item.weights) @ sales + np.abs(item.intercept)
    under_way = sum(quantity for _, quantity in item.open_orders)
    placed = 2 * np.cumsum(np.concatenate([[0.0], cumulative[:-1]]))
    size: FloatArray = abs(item.on_hand) + under_way + placed + np.cumsum(sales)
    return size


def orders(item: Item) -> tuple[FloatArray, FloatArray]:
    """E Y(t) and Var Y(t), (N,) each."""
    alpha = item.order_weights
    return alpha @ item.mean + item.order_intercept, np.einsum("sk,kl,sl->s", alpha, item.covariance, alpha)


def order_size(item: Item) -> FloatArray:
    """The size of the terms whose sum Y(t) is, (N,)."""
    cumulative = np.abs(item.weights) @ (item.mean + np.sqrt(np.diag(item.covariance))) + np.abs(item.intercept)
    size: FloatArray = cumulative + np.concatenate([[0.0], cumulative[:-1]])
    return size


def dollars(items: list[Item]) -> tuple[FloatArray, FloatArray]:
    """E Z(t) and Var Z(t), (N,) each: Z(t) = Σ_i c_i (I1_i + Q_i + O_i(t) − D_i(t)), items independent."""
    n = items[0].periods
    mean, variance = np.zeros(n), np.zeros(n)
    for item in items:
        gain = item.weights - np.tri(n)
        under_way = sum(quantity for _, quantity in item.open_orders)
        mean += item.unit_cost * (item.on_hand + under_way + item.intercept + gain @ item.mean)
        variance += item.unit_cost**2 * np.einsum("tk,kl,tl->t", gain, item.covariance, gain)
    return mean, variance


def dollar_size(items: list[Item]) -> FloatArray:
    """The size of the terms whose sum Z(t) is, (N,)."""
    size = np.zeros(items[0].periods)
    for item in items:
        sales = item.mean + np.sqrt(np.diag(item.covariance))
        under_way = sum(quantity for _, quantity in item.open_orders)
        cumulative = np.abs(item.weights) @ sales + np.abs(item.intercept)
        size += item.unit_cost * (abs(item.on_hand) + under_way + cumulative + np.cumsum(sales))
    return size


def receipts(quantities: FloatArray, pmf: FloatArray, never: float) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of R(1), ..., R(T) for orders of fixed size placed in 1, ..., T, by enumeration."""
    periods = len(quantities)
    laws = [merged(arrivals_of_one(pmf, never, s, s), periods + 1) for s in range(1, periods + 1)]
    arrival, probability = histories(laws)
    through = (arrival[:, None, :] <= np.arange(1, periods + 1)[None, :, None]) @ quantities
    mean = probability @ through
    return mean, probability @ (through - mean) ** 2


def simulate(item: Item, rng: np.random.Generator, paths: int) -> Iterator[FloatArray]:
    """Net stock X(t) on random paths, in blocks of shape (N, paths of the block); orders unclipped."""
    n = item.periods
    value, vector = np.linalg.eigh(item.covariance)
    root = vector * np.sqrt(np.maximum(value, 0.0))
    while paths > 0:
        block = min(paths, 50_000)
        paths -= block
        sales = item.mean[:, None] + root @ rng.standard_normal((n, block))
        quantity = item.order_weights @ sales + item.order_intercept[:, None]
        stock = item.on_hand - np.cumsum(sales, axis=0)
        for s in range(1, n):
            arrival = drawn(arrivals_of_one(item.pmf, item.never, s, s), rng, block)
            for t in range(s + 1, n + 1):
                stock[t - 1] += np.where(arrival <= t - 1, quantity[s - 1], 0.0)
        for placed, size in item.open_orders:
            arrival = drawn(arrivals_of_one(item.pmf, item.never, placed, 1), rng, block)
            for t in range(1, n + 1):
                stock[t - 1] += np.where(arrival <= t - 1, size, 0.0)
        yield stock


def drawn(law: list[tuple[int, float]], rng: np.random.Generator, paths: int) -> NDArray[np.int64]:
    """Random arrival periods."""
    return rng.choice([t for t, _ in law], p=[p for _, p in law], size=paths)
