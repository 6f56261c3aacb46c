"""What a plan promises row by row, and how far a simulation finds it from that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Levels, Tails
from ccinv.auditing.simulating import standard_error
from ccinv.inversion.chances import GRID
from ccinv.models.multi_period.found import Found

CLOSE = 1e-4  # nearest to certainty that a simulation is asked for


@dataclass(frozen=True, slots=True, eq=False)
class Promises:
    """The probability asked of every row, NaN where nothing is: service and orders (n, N), budget (N,)."""

    service: FloatArray
    orders: FloatArray
    budget: FloatArray

    @classmethod
    def of(cls, found: Found) -> Promises:
        """Those of a plan; a cell that is out of reach is held at what it has, and promises nothing here."""
        store, chances = found.program.store, found.program.chances
        given_up = chances.level < chances.asked
        promised = store.promised & ~given_up
        service = np.where(promised, chances.level, np.nan)
        service[np.unravel_index(found.reached.short, service.shape)] = np.nan
        chance = store.orders.nonnegative == "chance"
        return cls(
            service,
            np.full(service.shape, store.orders.confidence if chance else np.nan),
            np.full(store.periods, np.nan if found.limit is None else chances.confidence),
        )

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(int(np.isfinite(table).sum()) for table in self.tables)

    @property
    def tables(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.service, self.orders, self.budget

    def missing(self, seen: Tails) -> tuple[FloatArray, FloatArray, FloatArray]:
        """By how much each simulated share is below what was asked; −∞ where nothing was."""
        pairs = ((self.service, seen.service), (self.orders, seen.ordered), (self.budget, seen.afforded))
        service, orders, budget = (np.where(np.isfinite(level), level - share, -np.inf) for level, share in pairs)
        return service, orders, budget


def above(level: FloatArray, paths: int, by: float) -> FloatArray:
    """Levels raised by so many standard errors of a simulation, but not to certainty."""
    raised: FloatArray = np.minimum(level + by * standard_error(level, paths), np.maximum(level, 1 - CLOSE))
    return raised


def levels(found: Found, paths: int, by: float) -> Levels:
    """What a simulation is asked for: the levels promised, raised; for every cell, the law of its stock."""
    store, chances = found.program.store, found.program.chances
    promises = Promises.of(found)
    return Levels(
        np.where(store.promised, above(chances.level, paths, by), np.nan),
        above(promises.orders, paths, by),
        above(promises.budget, paths, by),
        np.minimum(chances.inversion.probability(GRID), 1 - CLOSE),
        store.controllable & (found.numbers.sd > 0),
    )
