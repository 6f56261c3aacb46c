"""Whether a decision keeps what it must, each cell, order and budget in its own natural amount."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.objectives.program import Hold, Program
from ccinv.rules import LinearMap

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
    if not (_orders(program, x) >= -KEPT).all() or not (relative(program.layout.bounds, program, x) >= -KEPT).all():
        return False
    mean, sd = program.net.mean_at(x).ravel(), program.net.sd_at(x).ravel()
    for hold in holds:
        least = hold.kappa * sd[hold.cells] + hold.floor
        natural = np.maximum(program.unit, sd)[hold.cells]
        if (mean[hold.cells] < least - KEPT * natural).any():
            return False
    return True


def _orders(program: Program, x: FloatArray) -> FloatArray:
    """What must be ≥ 0 so that orders are as little negative as was asked, each in its natural amount."""
    mean = program.orders.mean_at(x).ravel()
    match program.store.orders.nonnegative:
        case "none":
            return np.zeros(0)
        case "mean":
            return mean / program.unit
        case "chance":
            sd = program.orders.sd_at(x).ravel()
            return np.asarray((mean - program.chances.orders.ravel() * sd) / np.maximum(program.unit, sd))
        case "monotone":
            return relative(program.layout.monotone, program, x)


def relative(rows: LinearMap, program: Program, x: FloatArray) -> FloatArray:
    """What must be ≥ 0, relative to the natural size of each row."""
    size = np.asarray(abs(rows.matrix) @ program.layout.scale) + np.abs(rows.constant)
    found: FloatArray = rows.at(x) / np.where(size > 0, size, 1.0)
    return found
