"""What an inversion is: the multiplier κ that turns a probability into a safety distance, and back."""

from __future__ import annotations

from typing import Protocol

from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray


class Inversion(Protocol):
    """P{X ≥ 0} ≥ α is replaced by mean ≥ κ(α) · sd."""

    def kappa(self, level: ArrayLike) -> FloatArray:
        """κ for each level of probability; negative below one half, where the constraint would not be convex."""
        ...

    def probability(self, score: ArrayLike) -> FloatArray:
        """The probability that is guaranteed at mean / sd = score: the inverse of κ."""
        ...
