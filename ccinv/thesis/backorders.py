"""Expected backorders of a single period: as printed, for demand that is never zero, and as they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.errors import DataError, Fault


def expected_backorders_printed(values: ArrayLike, probabilities: ArrayLike, level: ArrayLike) -> FloatArray:
    """Σ_{θ > 0} p(θ) max(θ − y, 0) with Σ_{θ > 0} p(θ) = 1: the law is made to sum to one without its zero.

    `values`, `probabilities`: (K,), the law of demand; `level`: y, any shape. Result: shape of y, units. Erratum E14.
    Source: Newton 1990, §2.3.
    """
    theta, p = np.asarray(values, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    positive = np.where(theta > 0, p, 0.0)
    if positive.sum() <= 0:
        raise DataError(Fault("demand", "none but zero", "some positive demand", "The printed law has no zero."))
    return expected_backorders_corrected(theta, positive / positive.sum(), level)


def expected_backorders_corrected(values: ArrayLike, probabilities: ArrayLike, level: ArrayLike) -> FloatArray:
    """E max(θ − y, 0) = Σ_θ p(θ) max(θ − y, 0) over all values, zero among them; arguments as above."""
    short = np.maximum(np.asarray(values, dtype=np.float64) - np.asarray(level, dtype=np.float64)[..., None], 0.0)
    return np.asarray(short @ np.asarray(probabilities, dtype=np.float64))
