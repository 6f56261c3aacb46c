"""The thesis's second surrogate: as much stock as the money buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import ModelError, SolverError
from ccinv.objectives.edge import at_the_edge
from ccinv.objectives.program import Answer, Hold, Program, Status
from ccinv.objectives.unbounded import unbounded


@dataclass(frozen=True, slots=True)
class ExpectedStock:
    """max Σ E X(t) over all cells, with E X(t) ≥ 0 in the controllable cells of items that are not important.

    It spends what is left on the cheapest units and says nothing about risk. Without non-negative orders it can be
    unbounded: then a ModelError names the item whose negative orders pay for the others. The value is in units.
    Source: Newton 1990, §3.6.3 (2).
    """

    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = True
    serves_others: ClassVar[bool] = True

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        # the sum of the rows first: one affine form instead of n·N
        weight = np.asarray(program.net.mean.matrix.sum(axis=0)).ravel()
        cells = program.open_cells
        served = Hold(cells, np.zeros(len(cells)), np.zeros(len(cells)))
        total = weight @ program.x + float(program.net.mean.constant.sum())
        return cp.Maximize(total), program.held(program.important, program.others, served)

    def pursue(self, program: Program) -> Answer:
        store = program.store
        if store.budget is None:
            raise ModelError(
                "ExpectedStock without a budget has no greatest value: more stock is always better. "
                "Give the store a budget, or choose MinimumBudget or MaxMinService."
            )
        free = np.flatnonzero((store.unit_cost == 0) & store.controllable.any(axis=1))
        if len(free):
            raise ModelError(
                f"ExpectedStock has no greatest value: item {store.item_id[free[0]]} costs nothing, so that no budget "
                "bounds its stock. Give it a price, or choose MaxMinService."
            )
        objective, constraints = self.stated(program)
        for share in (1.0, 0.5, 0.0):
            try:
                outcome = program.solve(objective, constraints, {program.x: _purchases(program, share)})
            except SolverError:
                if share == 0.0:
                    raise
                continue
            if outcome.status is Status.SOLVED:
                break
        if outcome.status is Status.UNBOUNDED:
            raise unbounded(program, "ExpectedStock")
        if outcome.status is not Status.SOLVED:
            raise at_the_edge(outcome, "ExpectedStock")
        return Answer(np.asarray(program.x.value), outcome.value, outcome.gap)


def _purchases(program: Program, share: float) -> FloatArray:
    """Natural sizes of x where all money may go into one item: what it buys of a cheap one is far beyond its demand.

    `share` of the way, in powers, from the natural amount of the item to what all money buys of it: which size fits
    depends on where the money goes in the end.
    """
    store = program.store
    assert store.budget is not None  # noqa: S101  # asked before
    held = float((store.unit_cost * (store.on_hand + store.on_order)).sum())
    spare = max(float(store.budget.limit.max()) - held, program.money)
    level = program.layout.level.matrix.tocoo()
    size = program.layout.scale.copy()
    item = level.row // store.periods
    price = np.where(store.unit_cost > 0, store.unit_cost, np.inf)
    ratio = (spare / (price * program.unit[:: store.periods])) ** share
    np.maximum.at(size, level.col, program.layout.scale[level.col] * np.maximum(ratio[item], 1.0))
    return size
