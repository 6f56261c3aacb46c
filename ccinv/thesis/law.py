"""The exact law of stock at the start of a period, for fixed orders: what the normal law stands in for."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.demand import Discrete
from ccinv.errors import DataError, Fault
from ccinv.thesis.receipts import receipts_corrected

MOST_OUTCOMES = 5_000_000  # held at a time
SAME = 1e-12  # of the size of the numbers added: values this close are one, and this close to nothing are 0


def inventory_law(
    on_hand: float, orders: ArrayLike, p: ArrayLike, demand: Discrete, after_sales: bool = False
) -> tuple[FloatArray, FloatArray]:
    """Values, ascending, and probabilities of I(t) = I1 + R(t−1) − D(t−1) for fixed orders Y(1..t−1), (K,) each.

        law of R(t−1), by enumeration of the arrivals, convolved with the law of −S(1), …, −S(t−1)

    `on_hand`: I1; `p`: (J,), as in `receipts_corrected`; `demand`: one item, at least t − 1 periods. With `after_sales`
    the law of X(t) = I(t) − S(t). Nothing is approximated, and orders do not follow sales: t is small, and the thesis's
    convolution holds. Source: Newton 1990, §3.5.
    """
    amount = np.asarray(orders, dtype=np.float64)
    periods = amount.size + bool(after_sales)
    if len(demand.values) != 1 or demand.periods < periods:
        found = f"{len(demand.values)} items over {demand.periods} periods"
        remedy = "Cut the item out with demand.rows([k])."
        raise DataError(Fault("demand", found, f"one item over at least {periods} periods", remedy))
    if amount.size:
        values, probabilities = receipts_corrected(amount, p)
    else:
        values, probabilities = np.zeros(1), np.ones(1)
    size = abs(on_hand) + np.abs(amount).sum() + periods * np.abs(demand.values).max()
    values, probabilities = _gathered(on_hand + values, probabilities, size)
    law = np.broadcast_to(demand.probabilities[0], (demand.periods, demand.values.shape[1]))
    for t in range(periods):
        if values.size * demand.values.size > MOST_OUTCOMES:
            found = f"{values.size} values of stock and {demand.values.size} of sales in period {t + 1}"
            raise DataError(Fault("orders", found, f"at most {MOST_OUTCOMES} products", "Take fewer periods."))
        values, probabilities = _gathered(
            np.subtract.outer(values, demand.values[0]).ravel(), np.multiply.outer(probabilities, law[t]).ravel(), size
        )
    return values, probabilities


def _gathered(values: FloatArray, probabilities: FloatArray, size: float) -> tuple[FloatArray, FloatArray]:
    """Equal values taken together, impossible ones left out."""
    possible = np.flatnonzero(probabilities > 0)
    order = possible[np.argsort(values[possible], kind="stable")]
    ordered = np.where(np.abs(values[order]) <= SAME * size, 0.0, values[order])
    group = np.cumsum(np.diff(ordered, prepend=ordered[:1]) > SAME * size)
    first = np.searchsorted(group, np.arange(group[-1] + 1))
    return ordered[first], np.add.reduceat(probabilities[order], first)
