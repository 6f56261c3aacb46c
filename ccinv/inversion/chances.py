"""What every chance row of a store is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion.inversion import Inversion
from ccinv.store import Store

DEFAULT_CONFIDENCE = 0.95  # of a budget that the store does not name


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """The multiplier of every chance row: one inversion for all of them, or what a simulation found for each.

        service  mean ≥ max(κ(level) + shift, 0) · sd        (n, N)
        orders   mean ≥ orders · sd                           (n, N)
        budget   limit − mean ≥ budget · sd + overrun         (N,)

    `level` (n, N): the probability asked of a cell. `shift` (n, N): by how much the score mean / sd of a cell exceeds
    the score of the inversion at equal probability. `overrun` (N,), dollars: what executed orders tie up beyond any
    multiple of the deviation, because they cannot be negative. `confidence`: the probability asked of the budget.
    """

    inversion: Inversion
    level: FloatArray
    shift: FloatArray
    orders: FloatArray
    budget: FloatArray
    overrun: FloatArray
    confidence: float

    @classmethod
    def of(cls, inversion: Inversion, store: Store) -> Chances:
        """Every row by the inversion alone."""
        shape = (store.items, store.periods)
        confidence = DEFAULT_CONFIDENCE if store.budget is None else store.budget.confidence
        return cls(
            inversion,
            np.full(shape, store.service.alpha),
            np.zeros(shape),
            np.full(shape, float(inversion.kappa(store.orders.confidence))),
            np.full(store.periods, float(inversion.kappa(confidence))),
            np.zeros(store.periods),
            confidence,
        )

    def rows(self, index: IntArray) -> Chances:
        """What the items at `index` are held to by themselves."""
        return replace(self, level=self.level[index], shift=self.shift[index], orders=self.orders[index])

    @property
    def service(self) -> FloatArray:
        """κ of every cell at the level asked of it, (n, N)."""
        return np.maximum(self.inversion.kappa(self.level) + self.shift, 0.0)

    def standard(self, cells: IntArray, score: FloatArray) -> FloatArray:
        """The scores of flat cells as the inversion reads them: equal ones are equal probabilities."""
        return score - self.shift.ravel()[cells]

    def raw(self, cells: IntArray, score: FloatArray | float) -> FloatArray:
        """Least mean / sd, never below zero, of flat cells that are to have a standard score."""
        return np.maximum(score + self.shift.ravel()[cells], 0.0)
