"""What is asked of the initial stocks of several materials, and its functions material by material."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import elementwise

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.flow import Flow
from ccinv.deliveries.risk import Risk
from ccinv.deliveries.shortages import Gaps, gaps, shortages
from ccinv.deliveries.unsteady import unsteady_shortages
from ccinv.models.initial_stock.costs import StockCost

CLOSE: Any = {"xatol": 1e-14, "xrtol": 1e-14, "fatol": 0.0, "frtol": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """Of stocks M (m,): ψ = cost + penalties, ψ′, 1 − h, and (log h)′; all (m,)."""

    stock: FloatArray
    cost: FloatArray
    cost_slope: FloatArray
    shortage: FloatArray
    rise: FloatArray

    @property
    def log(self) -> FloatArray:
        """log h."""
        with np.errstate(divide="ignore"):
            found: FloatArray = np.log1p(-self.shortage)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """min Σ ψ_j(M_j),  Σ log h_j(M_j) ≥ log p,  low ≤ M ≤ high,  ψ_j = cost_j + Σ_i q_ij E[shortage_ij].

    `flows`: the m materials; `penalty` (m, n): q; `low`, `high` (m,). All functions are convex, and log h concave,
    as T and A have logarithmically concave densities. Source: Prékopa & Kelle 1978, (3.5), (3.6), (3.8).
    """

    flows: Sequence[Flow]
    risk: Risk
    gaps: Gaps
    cost: StockCost
    penalty: FloatArray
    low: FloatArray
    high: FloatArray

    def values(self, stock: FloatArray) -> Values:
        """Everything of these stocks."""
        shortage, slope = self.risk.slope(np.arange(len(stock)), stock)
        cost, cost_slope = self.costs(stock)
        return Values(stock, cost, cost_slope, shortage, _rise(shortage, slope))

    def again(self, last: Values, stock: FloatArray, index: IntArray) -> Values:
        """The last values, but for the materials at `index` those of `stock`."""
        moved, shortage, rise = last.stock.copy(), last.shortage.copy(), last.rise.copy()
        moved[index] = stock[index]
        shortage[index], slope = self.risk.slope(index, moved[index])
        rise[index] = _rise(shortage[index], slope)
        cost, cost_slope = self.costs(moved)
        return Values(moved, cost, cost_slope, shortage, rise)

    def costs(self, stock: FloatArray) -> tuple[FloatArray, FloatArray]:
        """ψ and ψ′, (m,)."""
        cost, slope = self.cost.at(stock), self.cost.slope(stock)
        if self.penalty.any():
            chance, size = self.shortages(stock)
            cost = cost + (self.penalty * size).sum(axis=1)
            slope = slope - (self.penalty * chance).sum(axis=1)
        return cost, slope

    def shortages(self, stock: FloatArray) -> tuple[FloatArray, FloatArray]:
        """P{shortage before delivery i} and E[its size; shortage], (m, n) each."""
        return _shortages(self.flows, self.gaps, np.arange(len(stock)), stock)


def _rise(shortage: FloatArray, slope: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(shortage < 1, np.maximum(slope, 0.0) / (1.0 - shortage), np.inf)


def limited(flows: Sequence[Flow], limit: FloatArray) -> FloatArray:
    """The least stocks, (m,), at which E[shortage_i | shortage_i] ≤ `limit` (m, n) for every delivery.

    The conditional expectation falls as the stock rises, so each limit is a lower bound. Source: after (3.6).
    """
    low = np.zeros(len(flows))
    rows, columns = np.nonzero(np.isfinite(limit))
    if not len(rows):
        return low
    steady = gaps([flow.times for flow in flows], [flow.amounts for flow in flows])

    def excess(stock: FloatArray, place: FloatArray) -> FloatArray:
        at = place.astype(np.int64)
        chance, size = _shortages(flows, steady, rows[at], stock)
        each = np.arange(len(at)), columns[at]
        mean = np.divide(size[each], chance[each], out=np.zeros(len(at)), where=chance[each] > 0)
        # a limit of 0 is met only where there is no shortage
        return np.where(mean > 0, mean - limit[rows[at], columns[at]], -1.0)

    place = np.arange(len(rows), dtype=np.float64)
    enough = excess(np.zeros(len(rows)), place) <= 0
    most = np.array([flow.most for flow in flows])[rows] + 1e-9
    found: Any = elementwise.find_root(excess, (np.zeros(len(rows)), most), args=(place,), tolerances=CLOSE)
    np.maximum.at(low, rows, np.where(enough, 0.0, found.bracket[1]))
    return low


def _shortages(
    flows: Sequence[Flow], steady: Gaps, index: IntArray, stock: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """P and E of the materials at `index`, (k, n) each."""
    chance, size = shortages(steady.rows(index), stock)
    for row in np.flatnonzero([flows[i].demand is not None for i in index]):
        flow = flows[index[row]]
        own = unsteady_shortages(flow, float(stock[row]))
        chance[row, : flow.times.size], size[row, : flow.times.size] = own
    return chance, size
