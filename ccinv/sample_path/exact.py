"""Service of order-up-to levels without chance in its computation: sales on a lattice, and one certain lead time.

    W(s) = max(S(s), W(s − 1) − sales(s)),    X(s + 1 + L) = W(s) − (sales of the L + 1 periods after s)

where W is the inventory position after the order of s: all that is under way has come by then, nothing ordered later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
from scipy.special import betaincc, pdtrc

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.demand import Discrete, Empirical, FactorCopula, NegativeBinomial, PerItem, Poisson
from ccinv.store import Store

Beyond = Callable[[FloatArray, float, float], FloatArray]  # P{S > k} by k, mean and variance

TAIL = 1e-15  # of a law that is left out
LONGEST = 20_000  # atoms of the sales of a period: a finer lattice is left to simulation
SAME = 1e-12  # a probability so near to its level is the level


@dataclass(frozen=True, slots=True, eq=False)
class Certain:
    """An item whose service can be computed: the pmf of its sales in grains for each period, from 0 on; L; the position
    at the start, in grains; and the size of a grain, units."""

    sales: tuple[FloatArray, ...]
    lead: int
    begin: int
    grain: float

    def service(self, levels: FloatArray) -> FloatArray:
        """P{X(t) ≥ 0} of every period, (N,), for levels (N,) in units; NaN before an order can be used."""
        position = _Position(np.ones(1), self.begin)
        found = np.full(len(self.sales), np.nan)
        for s, t in enumerate(range(self.lead + 1, len(self.sales))):
            position = position.after(self.sales[s]).raised(self._grains(levels[s]))
            found[t] = position.covers(self._ahead(s))
        return found

    def least(self, asked: FloatArray, floor: FloatArray) -> FloatArray:
        """The least levels (N,), period by period, that give each cell what is asked of it (NaN: nothing), units.

        None is below `floor`; where nothing is asked, or no order is needed, a level is so low that none follows.
        """
        position = _Position(np.ones(1), self.begin)
        found = np.empty(len(self.sales))
        for s in range(len(self.sales)):
            position = position.after(self.sales[s])
            level, t = position.first, s + 1 + self.lead
            if np.isfinite(floor[s]):
                level = max(level, self._grains(floor[s]))
            if t < len(asked) and np.isfinite(asked[t]):
                level = max(level, position.enough(self._ahead(s), asked[t]))
            found[s] = level * self.grain
            position = position.raised(level)
        return found

    def _ahead(self, s: int) -> FloatArray:
        """P{sales of the L + 1 periods after s ≤ k}, k = 0, 1, …"""
        total = np.ones(1)
        for sales in self.sales[s + 1 : s + 2 + self.lead]:
            total = np.convolve(total, sales)
        return np.minimum(np.cumsum(total), 1.0)

    def _grains(self, amount: float) -> int:
        return int(np.ceil(amount / self.grain - 1e-9))


@dataclass(frozen=True, slots=True, eq=False)
class _Position:
    """The law of an inventory position in grains: P{W = first + k} = pmf[k]."""

    pmf: FloatArray
    first: int

    def after(self, sales: FloatArray) -> _Position:
        """When a period's sales are gone."""
        return _Position(np.convolve(self.pmf, sales[::-1]), self.first - len(sales) + 1)

    def raised(self, level: int) -> _Position:
        """When it is ordered up to a level."""
        below = level - self.first
        if below <= 0:
            return self
        if below >= len(self.pmf):
            return _Position(np.ones(1), level)
        pmf = self.pmf[below:].copy()
        pmf[0] += self.pmf[:below].sum()
        return _Position(pmf, level)

    def covers(self, ahead: FloatArray) -> float:
        """P{sales ahead ≤ W}."""
        return float(self.pmf @ _at(ahead, self.first + np.arange(len(self.pmf))))

    def enough(self, ahead: FloatArray, asked: float) -> int:
        """The least level with which the sales ahead are covered as asked: P{ahead ≤ max(W, level)} ≥ asked."""
        low, high = self.first, max(self.first + len(self.pmf), len(ahead))
        if self.covers(ahead) >= asked - SAME:
            return low
        while high - low > 1:
            middle = (low + high) // 2
            if self.raised(middle).covers(ahead) >= asked - SAME:
                high = middle
            else:
                low = middle
        return high


def _at(cumulative: FloatArray, k: IntArray) -> FloatArray:
    inside = np.clip(k, 0, len(cumulative) - 1)
    found: FloatArray = np.where(k < 0, 0.0, cumulative[inside])
    return found


def certain(store: Store, grain: FloatArray) -> dict[int, Certain]:
    """The items whose service can be computed, by position."""
    arrived = store.lead_time.arrived(np.arange(store.lead_time.pmf.shape[1]))
    one_age = (arrived[:, -1] >= 1.0) & (np.count_nonzero(store.lead_time.pmf > 0, axis=1) == 1)
    begin = store.on_hand + store.on_order
    safe = np.where(grain > 0, grain, 1.0)
    whole = np.abs(begin / safe - np.rint(begin / safe)) <= 1e-9 * np.maximum(np.abs(begin / safe), 1.0)
    possible = (grain > 0) & one_age & whole & (store.demand.correlation is None) & (store.orders.lag == 0)
    laws, support = pmfs(store.demand, possible, grain), store.lead_time.support
    return {
        item: Certain(sales, int(support[item]) - 1, int(np.rint(begin[item] / grain[item])), float(grain[item]))
        for item, sales in laws.items()
    }


@singledispatch
def pmfs(law: object, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    """For those of the items whose law is known atom by atom: P{sales = k grains}, k = 0, 1, …, period by period."""
    del law, items, grain
    return {}


@pmfs.register
def _(law: Poisson, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    del grain
    return _counts(law.mean, np.sqrt(law.mean), items, lambda k, mean, _: np.asarray(pdtrc(k, mean)))


@pmfs.register
def _(law: NegativeBinomial, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    del grain

    def beyond(k: FloatArray, mean: float, variance: float) -> FloatArray:
        return np.asarray(betaincc(mean**2 / (variance - mean), k + 1.0, mean / variance))

    return _counts(law.mean, law.sd, items, beyond)


def _counts(mean: FloatArray, sd: FloatArray, items: BoolArray, beyond: Beyond) -> dict[int, tuple[FloatArray, ...]]:
    """From P{S > k} as a function of k, mean and variance."""
    found = {}
    for item in np.flatnonzero(items):
        most = np.ceil(mean[item] + 12 * sd[item] + 40)
        while most.max() <= LONGEST and any(
            m > 0 and beyond(np.array([k]), m, s**2)[0] > TAIL
            for k, m, s in zip(most, mean[item], sd[item], strict=True)
        ):
            most = np.ceil(1.5 * most)
        if most.max() > LONGEST:
            continue
        found[int(item)] = tuple(
            -np.diff(beyond(np.arange(int(k) + 1.0), m, s**2), prepend=1.0) if m > 0 else np.ones(1)
            for k, m, s in zip(most, mean[item], sd[item], strict=True)
        )
    return found


@pmfs.register
def _(law: Discrete, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    periods = law.mean.shape[1]
    found = {}
    for item in np.flatnonzero(items):
        shares = np.broadcast_to(law.probabilities[item], (periods, law.values.shape[1]))
        if law.values[item].min() >= 0:
            found[int(item)] = tuple(_stacked(law.values[item] / grain[item], row) for row in shares)
    return found


@pmfs.register
def _(law: Empirical, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    found = {}
    for item in np.flatnonzero(items):
        seen = law.history[item][np.isfinite(law.history[item])]
        if seen.min() >= 0:
            row = _stacked(seen / grain[item], np.full(len(seen), 1 / len(seen)))
            found[int(item)] = (row,) * law.mean.shape[1]
    return found


@pmfs.register
def _(law: PerItem, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    found = {}
    for part, place in law.groups:
        for item, row in pmfs(part, items[place], grain[place]).items():
            found[int(place[item])] = row
    return found


@pmfs.register
def _(law: FactorCopula, items: BoolArray, grain: FloatArray) -> dict[int, tuple[FloatArray, ...]]:
    # what items share is drawn anew in every period: each by itself has the law of its margin
    return pmfs(law.law, items, grain)


def _stacked(grains: FloatArray, share: FloatArray) -> FloatArray:
    found: FloatArray = np.bincount(np.rint(grains).astype(np.int64), weights=share).astype(np.float64)
    return found
