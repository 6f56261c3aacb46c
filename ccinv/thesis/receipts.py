"""The law of the receipts R(T) of fixed orders, outcome by outcome: as printed and as it is."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import DataError, Fault
from ccinv.thesis.arrivals import EXAMPLES, arrived_corrected, arrived_in_examples, arrived_printed

MOST_ORDERS = 20  # a million outcomes


def outcomes(periods: int) -> BoolArray:
    """Which orders have arrived in each of the 2^T outcomes, (2^T, T): none, one, two, …, all, as in the thesis."""
    if not 1 <= periods <= MOST_ORDERS:
        remedy = "Enumerate fewer; cc.moments.receipts has no such limit."
        raise DataError(Fault("orders", f"{periods} of them", f"1 to {MOST_ORDERS}", remedy))
    found = np.zeros((2**periods, periods), dtype=np.bool_)
    sets = (members for size in range(periods + 1) for members in combinations(range(periods), size))
    for row, members in enumerate(sets):
        found[row, list(members)] = True
    return found


def by_odds(arrived: ArrayLike) -> FloatArray:
    """Probabilities of the outcomes in the printed form, (2^T,): z Π p̃ over the orders that have arrived.

        z = Π_s (1 − q_s),   p̃_s = q_s / (1 − q_s)

    `arrived`: q, (T,). Where an order is sure to have arrived this is 0 · ∞, and NaN stands for it. Erratum E2c.
    Source: Newton 1990, §3.5.
    """
    q = _chances(arrived)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: FloatArray = np.where(outcomes(len(q)), q / (1.0 - q), 1.0).prod(axis=1) * (1.0 - q).prod()
    return found


def by_products(arrived: ArrayLike) -> FloatArray:
    """Probabilities of the outcomes as products, (2^T,): q where the order has arrived, 1 − q where it has not.

    `arrived`: q, (T,). Equal to `by_odds` wherever that is a number.
    """
    q = _chances(arrived)
    found: FloatArray = np.where(outcomes(len(q)), q, 1.0 - q).prod(axis=1)
    return found


def receipts_printed(orders: ArrayLike, p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Values and probabilities of R(T), (2^T,) each, by the general formula as printed.

        P{R(T) = Y(j) + … + Y(l)} = p̃_j … p̃_l z(T),   z(T) = Π_{s=1..T} (1 − p(s)),   p̃_s = p(s) / (1 − p(s))

    `orders`: Y(1..T), units; `p`: (J,), the probability that an order arrives precisely j periods after it was placed.
    Wrong by E1 and E2; NaN where p(s) = 1 (E2c). Source: Newton 1990, §3.5.
    """
    amount = _amounts(orders)
    return outcomes(len(amount)) @ amount, by_odds(arrived_printed(p, len(amount)))


def receipts_in_examples(orders: ArrayLike, p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Values and probabilities of R(1), R(2) or R(3), (2^T,) each, by the thesis's tables as printed.

    `orders` and `p` as in `receipts_printed`, with which they do not agree. R(3) lists Y(1) + Y(2) twice: erratum E2b.
    """
    amount = _amounts(orders)
    probabilities = by_products(arrived_in_examples(p, len(amount)))
    values = outcomes(len(amount)) @ amount
    if len(amount) == EXAMPLES:
        values[6] = amount[0] + amount[1]  # the seventh line, where Y(2) + Y(3) belongs
    return values, probabilities


def receipts_corrected(orders: ArrayLike, p: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Values and probabilities of R(T), (2^T,) each, as they are.

        P{exactly the orders in A have arrived by T} = Π_{s ∈ A} P(T − s) · Π_{s ∉ A} (1 − P(T − s))

    `orders` and `p` as in `receipts_printed`, Σ p ≤ 1: what is lacking to 1 never arrives. Same order of outcomes.
    """
    amount = _amounts(orders)
    return outcomes(len(amount)) @ amount, by_products(arrived_corrected(p, len(amount)))


def _amounts(orders: ArrayLike) -> FloatArray:
    amount = np.asarray(orders, dtype=np.float64)
    if amount.ndim != 1 or not np.isfinite(amount).all():
        raise DataError(Fault("orders", f"shape {amount.shape}", "finite numbers, (T,)", "Give one order per period."))
    return amount


def _chances(arrived: ArrayLike) -> FloatArray:
    q = np.asarray(arrived, dtype=np.float64)
    if q.ndim != 1 or not ((q >= 0) & (q <= 1)).all():
        found = f"shape {q.shape}" if q.ndim != 1 else f"{q.tolist()}"
        raise DataError(Fault("arrived", found, "probabilities, (T,)", "Give one for each of the orders 1..T."))
    return q
