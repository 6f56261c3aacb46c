"""Student's inversion, for sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from ccinv.arrays import FloatArray
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True)
class Student:
    """κ(α) = t_ν⁻¹(α) · √((ν − 2) / ν), ν > 2: exact for a Student quantity of that deviation.

    Below α ≈ 0.97 it is less cautious than the normal one: for seeing how much the tail matters, not for safety.
    """

    nu: float = 5.0

    def __post_init__(self) -> None:
        if not 2 < self.nu < np.inf:
            raise DataError(Fault("Student nu", f"{self.nu:g}", "a number > 2", "At 2 and below there is no variance."))

    def kappa(self, level: ArrayLike) -> FloatArray:
        return np.asarray(stdtrit(self.nu, np.asarray(level, dtype=np.float64)) * np.sqrt((self.nu - 2) / self.nu))

    def probability(self, score: ArrayLike) -> FloatArray:
        return np.asarray(stdtr(self.nu, np.asarray(score, dtype=np.float64) / np.sqrt((self.nu - 2) / self.nu)))
