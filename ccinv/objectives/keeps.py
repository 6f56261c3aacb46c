"""Whether a decision keeps what it must, each cell, order and budget in its own natural amount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.objectives.program import Hold, Program

KEPT = 5e-7  # by how much anything may be missed: half of what the recomputation allows


def keeps(program: Program, x: FloatArray, holds: Sequence[Hold]) -> bool:
    """Whether x has what the holds say, orders nothing negative and keeps the budget, but for the last digits.

    The solver is exact relative to the largest numbers of the program: where one amount is enormous, all others may be
    missed by what is much to them.
    """
    store, chances = program.store, program.chances
    if store.budget is not None:
        limit = store.budget.limits(store.periods)
        spent = program.dollars.mean_at(x) + chances.budget * program.dollars.sd_at(x) + chances.overrun
        if (spent > limit + KEPT * np.maximum(program.money, np.abs(limit))).any():
            return False
    if store.orders.nonnegative != "none":
        unit = program.unit.reshape(store.demand.mean.shape)
        ordered = np.diff(program.layout.level.at(x).reshape(unit.shape), axis=1, prepend=0.0)
        if (ordered < -KEPT * unit).any():
            return False
    mean, sd = program.net.mean_at(x).ravel(), program.net.sd_at(x).ravel()
    for hold in holds:
        least = hold.kappa * sd[hold.cells] + hold.floor
        natural = np.maximum(program.unit, sd)[hold.cells]
        if (mean[hold.cells] < least - KEPT * natural).any():
            return False
    return True
