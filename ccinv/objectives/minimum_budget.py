"""The least money that keeps every promise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import cvxpy as cp
import numpy as np

from ccinv.errors import DataError, Fault
from ccinv.inversion.cones import cones
from ccinv.objectives.edge import at_the_edge
from ccinv.objectives.program import Answer, Program, Status
from ccinv.objectives.unbounded import unbounded


@dataclass(frozen=True, slots=True)
class MinimumBudget:
    """min B such that P{dollars obligated in t ≤ B} ≥ φ in every period, and every promise is kept.

    Promises are those of important items and of orders. φ is the confidence of the store's budget (0.95 where it has
    none); its limit plays no part. The value is in dollars; over α it is the service–budget frontier. Many plans may
    have the least limit. With `then` "serve", the calibrated inversion takes one that serves best all cells without a
    promise alike, as MaxMinService has it; with "save" one in which items get nothing that no promise needs, as every
    other inversion does.
    """

    then: Literal["serve", "save"] = "serve"

    limited: ClassVar[bool] = False
    greatest: ClassVar[bool] = False
    serves_others: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.then not in ("serve", "save"):
            raise DataError(Fault("MinimumBudget then", repr(self.then), '"serve" or "save"', "Choose one."))

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        objective, constraints, _ = self._stated(program)
        return objective, constraints

    def pursue(self, program: Program) -> Answer:
        objective, constraints, limit = self._stated(program)
        outcome = program.solve(objective, constraints, {limit: program.money})
        if outcome.status is Status.UNBOUNDED:
            raise unbounded(program, "MinimumBudget")
        if outcome.status is not Status.SOLVED:
            raise at_the_edge(outcome, "MinimumBudget")
        return Answer(np.asarray(program.x.value), outcome.value, outcome.gap)

    def _stated(self, program: Program) -> tuple[Any, list[Any], Any]:
        store = program.store
        limit = cp.Variable()
        chances = program.chances
        left = program.dollars.below(np.zeros(store.periods))
        everywhere = limit * np.ones(store.periods)
        within = cones(left, program.x, chances.budget, chances.overrun - everywhere)[0]
        return cp.Minimize(limit), [*within, *program.held(program.important)], limit
