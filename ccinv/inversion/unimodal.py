"""The inversion for unimodal laws (Vysochanskij–Petunin, one-sided)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Unimodal:
    """κ(α) = √(4 / (9(1 − α)) − 1) for α ≥ 5/6, √(3α / (4 − 3α)) below: holds for every unimodal law.

    Net stock with one large order under way has two modes; the promise can then break.
    """

    def kappa(self, level: ArrayLike) -> FloatArray:
        alpha = np.asarray(level, dtype=np.float64)
        high = 4 / (9 * (1 - alpha)) - 1
        return np.sqrt(np.where(alpha >= 5 / 6, high, 3 * alpha / (4 - 3 * alpha)))

    def probability(self, score: ArrayLike) -> FloatArray:
        square = np.maximum(np.asarray(score, dtype=np.float64), 0.0) ** 2
        return np.where(square >= 5 / 3, 1 - 4 / (9 * (1 + square)), 4 / 3 * (1 - 1 / (1 + square)))
