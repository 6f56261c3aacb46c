"""The row of dollars obligated under the rule O(t) = a(t) D(t) − b(t) I1: as printed and as it is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray


def room_printed(limit: ArrayLike, unit_cost: ArrayLike, on_hand: ArrayLike, b: ArrayLike) -> FloatArray:
    """Imax + Σ_i (b_i(t) − c_i) I1_i, (N,): what is left for Σ_i c_i (a_i − 1) D_i, as printed.

    `limit`: one number or (N,), dollars; `unit_cost`, `on_hand`: (n,); `b`: (n, N). It takes dollars from units.
    Erratum E5. Source: Newton 1990, (3.2).
    """
    cost, stock, coefficient = (np.asarray(values, dtype=np.float64) for values in (unit_cost, on_hand, b))
    return np.asarray(np.asarray(limit, dtype=np.float64) + stock @ (coefficient - cost[:, None]))


def room_corrected(limit: ArrayLike, unit_cost: ArrayLike, on_hand: ArrayLike, b: ArrayLike) -> FloatArray:
    """Imax + Σ_i c_i (b_i(t) − 1) I1_i, (N,), dollars; arguments as above."""
    cost, stock, coefficient = (np.asarray(values, dtype=np.float64) for values in (unit_cost, on_hand, b))
    return np.asarray(np.asarray(limit, dtype=np.float64) + (cost * stock) @ (coefficient - 1.0))


def spent(unit_cost: ArrayLike, a: ArrayLike, mean: ArrayLike, variance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """μ(t) and δ(t), mean and deviation of Σ_i c_i (a_i(t) − 1) D_i(t), (N,) each, dollars; items independent.

    `unit_cost`: (n,); `a`, `mean`, `variance`: (n, N), the latter two of D. Source: Newton 1990, §3.6.2.
    """
    weight = np.asarray(unit_cost, dtype=np.float64)[:, None] * (np.asarray(a, dtype=np.float64) - 1.0)
    expected, squared = np.asarray(mean, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    return (weight * expected).sum(axis=0), np.sqrt((weight**2 * squared).sum(axis=0))


def budget_rows_printed(
    room: ArrayLike, mean: ArrayLike, deviation: ArrayLike, kappa: float, spacer: ArrayLike
) -> FloatArray:
    """The three budget rows of §3.7, each of which must be ≥ 0, (3, N).

        Imax + … − μ,   w² − δ² κ²,   w

    `room`: Imax + …, `mean`: μ, `deviation`: δ, `spacer`: w, (N,) each, dollars. The spacer stands in no row that it
    could harm, so that a large one keeps the rows of every plan with μ ≤ Imax + …: dollars are kept in expectation
    only. Erratum E11. Source: Newton 1990, §3.7.1 and §3.7.2.
    """
    left = np.subtract(room, mean, dtype=np.float64)
    width, w = np.multiply(deviation, kappa, dtype=np.float64), np.asarray(spacer, dtype=np.float64)
    return np.stack(np.broadcast_arrays(left, w**2 - width**2, w))


def budget_rows_corrected(
    room: ArrayLike, mean: ArrayLike, deviation: ArrayLike, kappa: float, spacer: ArrayLike
) -> FloatArray:
    """The three rows of (3.2), each of which must be ≥ 0, (3, N): Imax + … − μ − w, w² − δ² κ², w; arguments as above.

    There is such a w exactly where Imax + … − μ ≥ δ κ.
    """
    rows = budget_rows_printed(room, mean, deviation, kappa, spacer)
    return np.stack([rows[0] - rows[2], rows[1], rows[2]])
