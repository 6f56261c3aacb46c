"""Sales as a function of a standard normal score, written in Hermite's polynomials: what correlates them in a copula.

    F⁻¹(Φ(z)) = mean + Σ_m h_m He_m(z)/√m!,   Σ_m h_m² = variance

so that two items whose scores have the correlation ρ have the covariance Σ_m h_m h′_m ρ^m. Source: Mehler 1866.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from ccinv.arrays import FloatArray

SPACING = 1 / 32  # of the scores at which a function is summed: its error falls faster than any power
SCORES = np.arange(-10.0, 13.0, SPACING)


def polynomials(score: FloatArray, order: int) -> FloatArray:
    """He_m(z)/√m! · φ(z) for m = 0, …, order − 1: shape (order, *z.shape)."""
    found = np.zeros((order, *score.shape))
    found[0] = np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi)
    if order > 1:
        found[1] = score * found[0]
    for m in range(2, order):
        found[m] = (score * found[m - 1] - np.sqrt(m - 1) * found[m - 2]) / np.sqrt(m)
    return found


def of_function(values: FloatArray, order: int) -> FloatArray:
    """h_1, …, h_order of functions of the score with the given values at SCORES, (C, len(SCORES)) → (C, order).

    h_m = ∫ g(z) He_m(z)/√m! φ(z) dz
    """
    found: FloatArray = values @ (SPACING * polynomials(SCORES, order + 1)[1:]).T
    return found


def of_steps(bounds: FloatArray, rise: FloatArray, order: int) -> FloatArray:
    """h_1, …, h_order of staircases that rise by `rise` where the probability passes `bounds`, (C, K) → (C, order).

        h_m = Σ_k rise_k He_{m−1}(z_k)/√((m−1)! m) φ(z_k),   z_k = Φ⁻¹(bounds_k)

    Bounds of 0, 1 or more rise where no score is.
    """
    inside = (bounds > 0) & (bounds < 1)
    score = ndtri(np.where(inside, bounds, 0.5))
    step = np.where(inside, rise, 0.0)
    found = np.empty((len(bounds), order))
    last, now = np.zeros_like(score), np.exp(-0.5 * score**2) / np.sqrt(2 * np.pi)
    for m in range(1, order + 1):
        found[:, m - 1] = (step * now).sum(axis=1) / np.sqrt(m)
        last, now = now, (score * now - np.sqrt(m - 1) * last) / np.sqrt(m)
    return found
