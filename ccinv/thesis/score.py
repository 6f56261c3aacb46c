"""The score γ of the weakest cell, and its chance row as a function: as printed and as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray


def score_printed(score: ArrayLike) -> FloatArray:
    """The greatest γ that 0 ≤ γ ≤ 1 admits where the best plan has `score`: min(score, 1), NaN (no plan) below zero.

    As Φ(γ) is the probability, the bounds admit nothing below 0.5 and ask for nothing above Φ(1) = 0.841. Erratum E6.
    Source: Newton 1990, §3.6.3.
    """
    best = np.asarray(score, dtype=np.float64)
    return np.where(best >= 0.0, np.minimum(best, 1.0), np.nan)


def row_printed(sd: ArrayLike, spacer: ArrayLike, kappa: ArrayLike) -> FloatArray:
    """σ² κ² − v², which must be ≤ 0: the printed "convex quadratic" row, units². Not convex. Erratum E7.

    Source: Newton 1990, (3.1), (3.5), §3.7.
    """
    return np.square(np.multiply(sd, kappa, dtype=np.float64)) - np.square(spacer)


def row_hessian_printed(factor: ArrayLike, kappa: float) -> FloatArray:
    """The Hessian of σ² κ² − v² in (x, v) where σ = ‖F x + f‖: 2 κ² FᵀF for x and −2 for v, (K + 1, K + 1).

    `factor`: F, (R, K). Its last entry makes it indefinite (or negative), whatever F is.
    """
    rows = np.asarray(factor, dtype=np.float64)
    size = rows.shape[1]
    found = np.zeros((size + 1, size + 1))
    found[:size, :size] = 2 * kappa**2 * rows.T @ rows
    found[size, size] = -2.0
    return found


def row_corrected(sd: ArrayLike, spacer: ArrayLike, kappa: ArrayLike) -> FloatArray:
    """σ κ − v, which must be ≤ 0: a second-order cone, convex in (x, v) for a fixed κ ≥ 0, units.

    With κ = γ a decision it is not convex; for every single γ it is, so that max γ is quasi-convex.
    """
    found: FloatArray = np.multiply(sd, kappa, dtype=np.float64) - np.asarray(spacer)
    return found
