"""What comes in and goes out of one material over a cycle, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.marks import Marks


@dataclass(frozen=True, slots=True, eq=False)
class RandomDemand:
    """Demand that leaves stock as deliveries enter it: at `times`, `amounts` in all, 1 after the last of them."""

    times: Marks
    amounts: Marks


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """When deliveries come, what has come in all, and demand: None at the constant rate of 1.

    No shortage: M + A_(i−1) ≥ β(T_i) for i = 1..n, M + 1 ≥ β(1).
    """

    times: Marks
    amounts: Marks
    demand: DemandPath | RandomDemand | None = None

    @property
    def least(self) -> float:
        """A stock up to which a shortage is certain; 0 where there is none."""
        if isinstance(self.demand, RandomDemand):
            return 0.0
        before = np.concatenate([[0.0], self.amounts.greatest])
        return max(0.0, float((self.asked(self.times.least) - before).max()))

    @property
    def most(self) -> float:
        """A stock from which on there is no shortage for certain."""
        if isinstance(self.demand, RandomDemand):
            return 1.0
        before = np.concatenate([[0.0], self.amounts.least])
        return max(0.0, self.total - 1.0, float((self.asked(self.times.greatest) - before).max()))

    @property
    def total(self) -> float:
        """β(1): demand of the whole cycle."""
        return float(self.demand.cumulative[-1]) if isinstance(self.demand, DemandPath) else 1.0

    def asked(self, when: FloatArray) -> FloatArray:
        """β just before `when`, for demand that is known."""
        return self.demand.by(when) if isinstance(self.demand, DemandPath) else when
