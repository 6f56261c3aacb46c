"""Orders as they are executed on fixed paths, the stock they leave, and the slopes of both in what the rule wants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, IntArray
from ccinv.running import increments, running_max, running_sum
from ccinv.sample_path.draws import Draws


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """Items on P paths under a rule: ordered (n, N, P), cumulative orders E(t) = max(0, O(1), …, O(t)); net (n, N, P),
    X(t); last (n, N, P): the period whose O(t) stands in E(t), −1 where nothing is ordered yet. Units; periods from 0.
    """

    draws: Draws
    ordered: FloatArray
    net: FloatArray
    last: NDArray[np.int16]


def wanted(draws: Draws, slope: FloatArray, level: FloatArray) -> FloatArray:
    """O(t) = slope(t) (D(t − lag) − E D(t − lag)) + level(t) on every path; slope, level (n, N)."""
    store, lag = draws.store, draws.store.orders.lag
    mean = np.cumsum(store.demand.mean, axis=1)
    if lag == 0:
        found = slope[:, :, None] * draws.sold
        found += (level - slope * mean)[:, :, None]
        return found
    found = np.repeat(level[:, :, None], draws.paths, axis=2)
    if lag < store.periods:
        found[:, lag:] += slope[:, lag:, None] * (draws.sold[:, :-lag] - mean[:, :-lag, None])
    return found


def executed(orders: FloatArray) -> FloatArray:
    """E(t) of what is wanted, O(t), (n, N, P): a cumulative order never falls, and none is below zero."""
    return running_max(np.maximum(orders, 0.0))


def moved(draws: Draws, orders: FloatArray, whole: bool) -> Moved:
    """Execute what is wanted, O(t) (n, N, P), and let it arrive."""
    _, periods, _ = orders.shape
    ordered = executed(orders)
    step = np.arange(periods, dtype=np.int16)[None, :, None]
    rises = np.empty(ordered.shape, dtype=np.bool_)
    np.greater(ordered[:, 0], 0.0, out=rises[:, 0])
    np.greater(ordered[:, 1:], ordered[:, :-1], out=rises[:, 1:])
    last = running_max(np.where(rises, step, np.int16(-1)))
    if whole:
        ordered = np.ceil(ordered - 1e-9 * np.maximum(ordered, 1.0))
    return Moved(draws, ordered, _net(draws, ordered), last)


def _net(draws: Draws, ordered: FloatArray) -> FloatArray:
    """X(t): what is there without orders, and what has arrived by t − 1 of each order."""
    periods = ordered.shape[1]
    placed = increments(ordered)
    usable = np.zeros_like(ordered)
    for age in draws.ages:
        first = age + 1
        usable[:, first:] += placed[:, : periods - first] * (draws.age[:, : periods - first] == age)
    running_sum(usable)
    usable += draws.idle
    return usable


def net_slopes(now: Moved, item: IntArray, period: IntArray, path: IntArray) -> tuple[FloatArray, FloatArray]:
    """dX / dO(r) and dX / dslope(r) of net stock in K cells, on average over m paths of each: (K, N) both.

        dX(t) / dO(r) = Σ_{s arrived by t − 1} (1{last(s) = r} − 1{last(s − 1) = r})

    item, period (K,); path (K, m). A larger order makes the next one smaller: −1 is possible.
    """
    draws = now.draws
    periods = draws.sold.shape[1]
    cells, m = path.shape
    s = np.arange(periods)
    at = (item[:, None, None], s[None, :, None], path[:, None, :])
    last = now.last[at]
    usable = (draws.age[at] + s[None, :, None] < period[:, None, None]) & (last == s[None, :, None])
    before = np.full(last.shape, -1, dtype=np.int16)
    before[:, 1:] = last[:, :-1]
    cell, later, column = np.nonzero(usable)
    former = before[cell, later, column]
    some = former >= 0
    key = np.concatenate([cell * periods + later, cell[some] * periods + former[some]])
    sign = np.concatenate([np.ones(len(cell)), -np.ones(int(some.sum()))])
    size = cells * periods
    plain = np.bincount(key, weights=sign, minlength=size).reshape(cells, periods) / m
    seen = _seen(draws, key // periods, key % periods, np.concatenate([column, column[some]]), item, path)
    return plain, np.bincount(key, weights=sign * seen, minlength=size).reshape(cells, periods) / m


def order_slopes(now: Moved, path: IntArray) -> tuple[FloatArray, FloatArray]:
    """dE(t) / dO(r) on average over m paths of each period, path (N, m): (N, n, N), and the same
    in the slopes of the rule."""
    draws = now.draws
    items, periods, _ = draws.sold.shape
    lag = draws.store.orders.lag
    mean = np.cumsum(draws.store.demand.mean, axis=1)
    t, i = np.arange(periods)[:, None, None], np.arange(items)[None, :, None]
    last = now.last[i, t, path[:, None, :]].astype(np.int64)
    some = last >= 0
    key = np.where(some, (t * items + i) * periods + last, 0).ravel()
    weight = some.ravel() / path.shape[1]
    size = periods * items * periods
    at = np.maximum(last - lag, 0)
    sales = np.where(some & (last >= lag), draws.sold[i, at, path[:, None, :]] - mean[i, at], 0.0)
    shape = (periods, items, periods)
    plain, seen = (
        np.bincount(key, weights=each, minlength=size).astype(np.float64).reshape(shape)
        for each in (weight, weight * sales.ravel())
    )
    return plain, seen


def _seen(
    draws: Draws, cell: IntArray, period: IntArray, column: IntArray, item: IntArray, path: IntArray
) -> FloatArray:
    """D(t − lag) − E D(t − lag) at these cells and paths."""
    lag = draws.store.orders.lag
    mean = np.cumsum(draws.store.demand.mean, axis=1)
    row, at = item[cell], period - lag
    found = draws.sold[row, np.maximum(at, 0), path[cell, column]] - mean[row, np.maximum(at, 0)]
    return np.where(at >= 0, found, 0.0)
