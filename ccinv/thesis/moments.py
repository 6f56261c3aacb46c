"""Mean and variance of the receipts of random orders, from their outcomes: as printed and as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.errors import DataError, Fault
from ccinv.thesis.receipts import by_odds, by_products, outcomes


def receipts_moments_printed(mean: ArrayLike, second: ArrayLike, arrived: ArrayLike) -> tuple[float, float]:
    """Mean and variance of R(T) as printed: a set of orders has the *sum of the second moments* as its second moment.

        E[R²] = z Σ_A (Σ_{s ∈ A} E[Y(s)²]) Π_{s ∈ A} p̃_s,   Var R = E[R²] − (E R)²

    `mean`: E Y(s), (T,); `second`: E[Y(s)²], (T,); `arrived`: what is taken for the probability that order s is in
    R(T), (T,). Without the cross terms the variance can be negative: two unit orders with 0.9 each have −1.44.
    Erratum E3. Source: Newton 1990, §3.5.
    """
    first, squares = np.asarray(mean, dtype=np.float64), np.asarray(second, dtype=np.float64)
    _same(first.shape, squares.shape, np.shape(arrived))
    probabilities, members = by_odds(arrived), outcomes(len(first))
    expected = probabilities @ (members @ first)
    return float(expected), float(probabilities @ (members @ squares) - expected**2)


def receipts_moments_corrected(mean: ArrayLike, joint: ArrayLike, arrived: ArrayLike) -> tuple[float, float]:
    """Mean and variance of R(T) as they are: a set of orders has the *second moment of its sum*.

        E[R²] = Σ_A E[(Σ_{s ∈ A} Y(s))²] P{A} = Σ_A P{A} Σ_{j, l ∈ A} E[Y(j) Y(l)]

    `mean`: E Y(s), (T,); `joint`: E[Y(j) Y(l)], (T, T); `arrived`: the probability that order s has arrived, (T,).
    """
    first, products = np.asarray(mean, dtype=np.float64), np.asarray(joint, dtype=np.float64)
    _same(first.shape, products.shape[:1], products.shape[1:], np.shape(arrived))
    probabilities, members = by_products(arrived), outcomes(len(first))
    expected = probabilities @ (members @ first)
    squared = np.einsum("at,ts,as->a", members, products, members, optimize=True)
    return float(expected), float(probabilities @ squared - expected**2)


def _same(*shapes: tuple[int, ...]) -> None:
    if len(set(shapes)) != 1 or len(shapes[0]) != 1:
        raise DataError(
            Fault("moments of orders", f"shapes {shapes}", "one entry per order in each", "Give them for orders 1..T.")
        )
