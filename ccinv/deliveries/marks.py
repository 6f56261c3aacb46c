"""Increasing marks of the unit interval: the times of deliveries, or the cumulative amounts delivered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks selected from an ordered sample, each at least a given step after the last, or marks known for certain.

        z_i = i·step + scale·x_(j_i),  scale = 1 − parts·step,  x_(j): the j-th smallest of `sample` uniform numbers

    `positions` (K,): j_1 < … < j_K; `parts`: the number of parts of the interval. Where the marks are certain,
    `positions` is empty, `sample` 0 and `fixed` (K,) holds them. Source: Prékopa & Kelle 1978, §2 (b), (e).
    """

    positions: IntArray
    sample: int
    step: float
    parts: int
    fixed: FloatArray | None = None

    @property
    def size(self) -> int:
        """K."""
        return len(self.positions) if self.fixed is None else len(self.fixed)

    @property
    def scale(self) -> float:
        """What is left of the interval for chance to divide; 0 where the marks are certain."""
        return 1.0 - self.parts * self.step if self.fixed is None else 0.0

    @property
    def least(self) -> FloatArray:
        """The smallest value each mark can take, (K,)."""
        if self.fixed is not None:
            return self.fixed
        return np.asarray(self.step * np.arange(1, self.size + 1), dtype=np.float64)

    @property
    def greatest(self) -> FloatArray:
        """The largest value each mark can take, (K,)."""
        return self.least + self.scale

    @property
    def mean(self) -> FloatArray:
        """E z_i, (K,)."""
        if self.fixed is not None:
            return self.fixed
        found: FloatArray = self.least + self.scale * self.positions / (self.sample + 1.0)
        return found

    @property
    def sd(self) -> FloatArray:
        """The standard deviation of z_i, (K,)."""
        if self.fixed is not None:
            return np.zeros(self.size)
        share = self.positions / (self.sample + 1.0)
        found: FloatArray = self.scale * np.sqrt(share * (1.0 - share) / (self.sample + 2.0))
        return found

    def placed(self, ordered: FloatArray) -> FloatArray:
        """The marks where the selected numbers of the sample are `ordered` (..., K)."""
        found: FloatArray = self.least + self.scale * ordered
        return found
