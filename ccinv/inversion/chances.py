"""What every chance row of a store is held to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion.inversion import Inversion
from ccinv.store import Store

DEFAULT_CONFIDENCE = 0.95  # of a budget that the store does not name
GRID = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.1])  # standard scores at which the law of a cell is known


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """The multiplier of every chance row: one inversion for all of them, or what a simulation found for each.

        service  mean ≥ max(κ(level) + shift, 0) · sd        (n, N)
        orders   mean ≥ orders · sd                           (n, N)
        budget   limit − mean ≥ budget · sd + overrun         (N,)

    `asked` (n, N): the probability asked of a cell; `level` (n, N): what it is held to, less where it is known to be
    out of reach. `shift` (n, N): by how much its score mean / sd must exceed that of the inversion to have it. `bend`
    (n, N, G): the same at the standard scores of GRID, whatever the level; None where every cell is as the inversion
    says. `overrun` (N,), dollars: what executed orders tie up beyond any multiple of the deviation, because they cannot
    be negative. `confidence`: the probability asked of the budget.
    """

    inversion: Inversion
    asked: FloatArray
    level: FloatArray
    shift: FloatArray
    bend: FloatArray | None
    orders: FloatArray
    budget: FloatArray
    overrun: FloatArray
    confidence: float

    @classmethod
    def of(cls, inversion: Inversion, store: Store, levels: FloatArray | None = None) -> Chances:
        """Every row by the inversion alone; `levels` (n, N) asked of the cells, the store's own for all if None."""
        shape = (store.items, store.periods)
        asked = np.full(shape, store.service.alpha) if levels is None else levels
        confidence = DEFAULT_CONFIDENCE if store.budget is None else store.budget.confidence
        return cls(
            inversion=inversion,
            asked=asked,
            level=asked,
            shift=np.zeros(shape),
            bend=None,
            orders=np.full(shape, float(inversion.kappa(store.orders.confidence))),
            budget=np.full(store.periods, float(inversion.kappa(confidence))),
            overrun=np.zeros(store.periods),
            confidence=confidence,
        )

    def rows(self, index: IntArray) -> Chances:
        """What the items at `index` are held to by themselves."""
        bend = None if self.bend is None else self.bend[index]
        tables = {name: getattr(self, name)[index] for name in ("asked", "level", "shift", "orders")}
        return replace(self, bend=bend, **tables)

    @property
    def service(self) -> FloatArray:
        """κ of every cell at the level asked of it, (n, N)."""
        return np.maximum(self.inversion.kappa(self.level) + self.shift, 0.0)

    def raw(self, cells: IntArray, score: ArrayLike) -> FloatArray:
        """Least mean / sd, never below zero, of flat cells that are to have standard scores (one, or one each).

        Linear between the scores of GRID, parallel to the inversion beyond them.
        """
        wanted = np.broadcast_to(np.asarray(score, dtype=np.float64), cells.shape)
        if self.bend is None:
            return np.maximum(wanted, 0.0)
        bend = self.bend.reshape(-1, len(GRID))[cells]
        place = np.interp(wanted, GRID, np.arange(len(GRID)))
        below = np.minimum(place.astype(np.int64), len(GRID) - 2)
        part, row = place - below, np.arange(len(cells))
        found: FloatArray = np.maximum(wanted + (1 - part) * bend[row, below] + part * bend[row, below + 1], 0.0)
        return found

    def standard(self, cells: IntArray, ratio: FloatArray) -> FloatArray:
        """The scores of flat cells as the inversion reads them, given their mean / sd: the inverse of `raw`."""
        if self.bend is None:
            return ratio
        known = GRID + self.bend.reshape(-1, len(GRID))[cells]
        below = np.clip((known <= ratio[:, None]).sum(axis=1) - 1, 0, len(GRID) - 2)
        row = np.arange(len(cells))
        low, high = known[row, below], known[row, below + 1]
        inside = GRID[below] + (GRID[below + 1] - GRID[below]) * (ratio - low) / (high - low)
        found: FloatArray = np.where(ratio >= known[:, -1], GRID[-1] + ratio - known[:, -1], inside)
        return np.where(ratio <= known[:, 0], GRID[0] + ratio - known[:, 0], found)
