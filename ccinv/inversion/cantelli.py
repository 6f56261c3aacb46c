"""Cantelli's inversion: no law with these two moments can break it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Cantelli:
    """κ(α) = √(α / (1 − α)): holds for every law with the mean and deviation, and is tight.

    Below the mean it guarantees nothing: probability 0 for a negative score.
    """

    def kappa(self, level: ArrayLike) -> FloatArray:
        alpha = np.asarray(level, dtype=np.float64)
        return np.sqrt(alpha / (1 - alpha))

    def probability(self, score: ArrayLike) -> FloatArray:
        square = np.maximum(np.asarray(score, dtype=np.float64), 0.0) ** 2
        return 1 - 1 / (1 + square)
