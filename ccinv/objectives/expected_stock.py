"""The thesis's second surrogate: as much stock as the money buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import spsolve_triangular

from ccinv.arrays import FloatArray
from ccinv.errors import ModelError, SolverError
from ccinv.objectives.edge import at_the_edge
from ccinv.objectives.keeps import keeps
from ccinv.objectives.program import Answer, Hold, Outcome, Program, Status
from ccinv.objectives.unbounded import unbounded

SHARES = (1.0, 0.5, 0.0)  # of what all money buys, in powers, that an order may be, to begin with
MOST_SIZES = 8  # of orders, tried in turn


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
        total = weight @ program.x + float(program.net.mean.constant.sum())
        return cp.Maximize(total), program.held(*self._holds(program))

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
        outcome, x = self._settled(program)
        if outcome.status is Status.UNBOUNDED:
            raise unbounded(program, "ExpectedStock")
        if outcome.status is not Status.SOLVED:
            raise at_the_edge(outcome, "ExpectedStock")
        return Answer(x, outcome.value, outcome.gap)

    def _holds(self, program: Program) -> tuple[Hold, Hold, Hold]:
        cells = program.open_cells
        return program.important, program.others, Hold(cells, np.zeros(len(cells)), np.zeros(len(cells)))

    def _settled(self, program: Program) -> tuple[Outcome, FloatArray]:
        """An outcome and its decision, with every order to its own digits if that can be had.

        One item may take all the money, and what it then has is far beyond its demand; which one, the answer says.
        So the sizes in which orders are measured are those of the answer before.
        """
        steps = _steps(program)
        weight = 1 / np.abs(steps.diagonal())
        sizes = [weight * _purchases(program, share) for share in SHARES]
        for attempt in range(MOST_SIZES):
            size = sizes.pop(0)
            try:
                outcome = program.solve(*self.stated(program), {program.x: sparse.csr_array(steps * size)})
            except SolverError:
                if not sizes or attempt == MOST_SIZES - 1:
                    raise
                continue
            x = np.asarray(program.x.value)
            if outcome.status is not Status.SOLVED or keeps(program, x, self._holds(program)):
                break
            known = np.abs(spsolve_triangular(steps, x))
            sizes = [np.maximum(known, weight * program.layout.scale), *sizes]
        return outcome, x


def _steps(program: Program) -> sparse.csr_array:
    """Coefficients from the increments of what they add to levels, period by period: (size, size), lower triangular.

    An order is a difference of two levels, which may both be very large; where the rule may not fall, what must be ≥ 0
    are increments of the coefficients themselves.
    """
    level = program.layout.level.matrix.tocsc()
    owner = np.full(program.layout.size, -1)
    has = np.diff(level.indptr) > 0
    owner[has] = level.indices[level.indptr[:-1][has]]
    item = owner // program.store.periods
    column = np.arange(len(owner))
    joined = has & np.append(False, has[:-1] & (item[1:] == item[:-1]) & (owner[1:] > owner[:-1]))
    first = np.maximum.accumulate(np.where(joined, 0, column))
    count = column - first + 1
    row = np.repeat(column, count)
    inside = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    weight = np.ones(len(owner))
    if program.store.orders.nonnegative != "monotone":
        weight[has] = level.data[level.indptr[:-1][has]]
    entries = (1 / weight[row], (row, np.repeat(first, count) + inside))
    return sparse.csr_array(sparse.coo_array(entries, shape=(len(owner), len(owner))))


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
