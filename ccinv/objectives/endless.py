"""Where more stock is always better and nothing stops it: there is no best plan."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from ccinv.arrays import IntArray
from ccinv.errors import ModelError, SolverError
from ccinv.objectives.program import Hold, Program, Status
from ccinv.objectives.unbounded import unbounded

ENOUGH = 5.0  # score at which stock that grows without end leaves practically nothing owed


def refuse_endless(program: Program, objective: str, cells: IntArray) -> None:
    """A ModelError if some of the `cells` could be served better and better without end, so that no plan is best.

    Without a budget, where an item costs nothing, or where orders that may be negative finance the others.
    """
    store = program.store
    if store.budget is None:
        raise ModelError(
            f"{objective} without a budget has no best plan: more stock is always better. "
            "Give the store a budget, or choose MinimumBudget or MaxMinService."
        )
    item = np.unique(cells // store.periods)
    free = item[store.unit_cost[item] == 0]
    if len(free):
        raise ModelError(
            f"{objective} has no best plan: item {store.item_id[free[0]]} costs nothing, so that no budget bounds its "
            "stock. Give it a price or the weight 0, or choose MaxMinService."
        )
    if store.orders.nonnegative == "none" and _endless(program, cells):
        raise unbounded(program, objective)


def _endless(program: Program, cells: IntArray) -> bool:
    """Whether means can grow without end while no cell gets a lower score beyond ENOUGH; x is left on the way there."""
    net, unit = program.net.at_cells(cells), program.unit[cells]
    least = net.mean_at(program.start) - ENOUGH * net.sd_at(program.start) - unit
    growing = Hold(cells, np.full(len(cells), ENOUGH), least)
    weight = np.asarray(net.mean.matrix.T @ (1 / unit))
    try:
        outcome = program.solve(cp.Maximize(weight @ program.x), program.held(program.important, growing), digits=6)
    except SolverError:
        return False
    return outcome.status is Status.UNBOUNDED
