"""The demand that an order has to last for: from now until the next order could be there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class DemandAhead:
    """Mean and deviation of the demand over lead time and review, (n, N) each, units; `periods` (n,): its mean length.

    For an order at the end of period t that takes L periods the next review is a period later, so that

        D = S(t+1) + … + S(t+1+L),   E D = Σ_j p(j) M_j,   Var D = Σ_j p(j) V_j + Σ_j p(j) (M_j − E D)²

    with M_j, V_j the mean and variance for L = j; in a stationary store E(L+1) μ and E(L+1) σ² + Var(L) μ². Source:
    Silver, Pyke and Thomas 2017, ch. 6, which takes orders to arrive in the sequence they are placed in.
    """

    mean: FloatArray
    sd: FloatArray
    periods: FloatArray

    def rows(self, index: IntArray) -> DemandAhead:
        """The same for the items at `index`, in that order."""
        return DemandAhead(self.mean[index], self.sd[index], self.periods[index])


def demand_ahead(store: Store) -> DemandAhead:
    """The demand ahead of an order at the end of each period, by the store's laws.

    Beyond the horizon the law of its last period goes on. Of lead times that may never end, only those that do count:
    no level of stock insures against the others. With sales seen `lag` periods late, those not seen count as ahead.
    """
    law, lag = store.demand, store.orders.lag
    periods, ages = store.periods, store.lead_time.pmf.shape[1]
    weight = _of_those_that_arrive(store)
    end = np.arange(periods)
    first = np.maximum(end + 1 - lag, 0)
    total = _sums(law.mean, ages)
    means, variances = [], []
    for age in range(ages):
        stop = end + 2 + age
        means.append(total[:, stop] - total[:, first])
        variances.append(_variance(store, first, stop))
    mean = np.einsum("ij,jit->it", weight, means)
    apart = np.array(means) - mean
    variance = np.einsum("ij,jit->it", weight, np.array(variances) + apart**2)
    length = weight @ (np.arange(ages) + 1.0) + lag
    return DemandAhead(mean, np.sqrt(variance), length)


def _of_those_that_arrive(store: Store) -> FloatArray:
    """P{L = j | it arrives}, (n, J); one that never does counts as at once."""
    pmf = store.lead_time.pmf
    arriving = pmf.sum(axis=1, keepdims=True)
    at_once = np.zeros_like(pmf)
    at_once[:, 0] = 1.0
    found: FloatArray = np.divide(pmf, arriving, out=at_once, where=arriving > 0)
    return found


def _sums(values: FloatArray, more: int) -> FloatArray:
    """Sums of the first k = 0, 1, … of (n, N) values that go on for `more` periods as in the last one."""
    longer = np.concatenate([values, np.repeat(values[:, -1:], more, axis=1)], axis=1)
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(longer, axis=1)], axis=1)


def _variance(store: Store, first: IntArray, stop: IntArray) -> FloatArray:
    """Var of the sales of periods first, …, stop − 1 (from 0), (n, windows); beyond the horizon independent ones."""
    sd, correlation = store.demand.sd, store.demand.correlation
    inside = np.minimum(stop, store.periods)
    beyond = sd[:, -1:] ** 2 * (stop - inside)
    if correlation is None:
        total = _sums(sd**2, 0)
        return total[:, inside] - total[:, first] + beyond
    table = np.zeros((store.items, store.periods + 1, store.periods + 1))
    table[:, 1:, 1:] = (sd[:, :, None] * correlation * sd[:, None, :]).cumsum(axis=1).cumsum(axis=2)
    window = table[:, inside, inside] - 2 * table[:, first, inside] + table[:, first, first]
    return np.maximum(window, 0.0) + beyond
