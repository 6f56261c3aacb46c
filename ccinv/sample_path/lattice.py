"""Sales that are multiples of one amount: where net stock has atoms, and levels belong on a lattice."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.demand import Discrete, Empirical, FactorCopula, Law, PerItem
from ccinv.store import Store

FINE = 1e-3  # of the deviation of a period's sales: atoms so close together are none


def lattice(store: Store) -> FloatArray:
    """The amount that all sales of an item are multiples of, (n,), units; 0 where there is none that matters."""
    grain = _grain(store.demand)
    spread = store.demand.sd.max(axis=1)
    return np.where(grain > FINE * np.where(spread > 0, spread, np.inf), grain, 0.0)


def _grain(law: Law) -> FloatArray:
    items = len(law.mean)
    if isinstance(law, FactorCopula):
        return _grain(law.law)
    if isinstance(law, PerItem):
        found = np.zeros(items)
        for part, place in law.groups:
            found[place] = _grain(part)
        return found
    if isinstance(law, Discrete):
        possible = np.asarray((law.probabilities > 0).any(axis=1))
        return np.array([divisor(values[some]) for values, some in zip(law.values, possible, strict=True)])
    if isinstance(law, Empirical):
        return np.array([divisor(row[np.isfinite(row)]) for row in law.history])
    return np.full(items, 1.0 if law.whole else 0.0)


def divisor(values: FloatArray) -> float:
    """The greatest amount that all values are multiples of; 0 where it is less than a millionth of the largest."""
    sizes = np.unique(np.abs(values))
    sizes = sizes[sizes > 0]
    if len(sizes) == 0:
        return 0.0
    rounding = 1e-9 * sizes[-1]
    common = float(sizes[0])
    for size in sizes[1:].tolist():
        larger, smaller = size, common
        while smaller > rounding:
            # the remainder nearest to zero: what is a multiple but for rounding leaves none
            larger, smaller = smaller, abs(larger - smaller * round(larger / smaller))
        common = larger
        if common < 1e-6 * sizes[-1]:
            return 0.0
    return common
