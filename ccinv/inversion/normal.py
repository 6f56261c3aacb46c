"""The normal inversion, as the thesis has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ccinv.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Normal:
    """κ(α) = Φ⁻¹(α): exact for a normal quantity, a guess for any other.

    All-or-nothing arrivals are not normal: 0.934–0.939 for 0.95 in typical plans. Source: Newton 1990, §3.6.1.
    """

    def kappa(self, level: ArrayLike) -> FloatArray:
        return np.asarray(ndtri(np.asarray(level, dtype=np.float64)))

    def probability(self, score: ArrayLike) -> FloatArray:
        return np.asarray(ndtr(np.asarray(score, dtype=np.float64)))
