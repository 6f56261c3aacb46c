"""The least constant limit for given scores, and the multipliers of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.inversion.cones import cones, duals
from ccinv.objectives.program import Hold, Program, Status


@dataclass(frozen=True, slots=True, eq=False)
class Least:
    """The least constant limit, dollars, a decision x that keeps it, and what its rows cost.

        share(t) = − ∂ limit / ∂ limit(t),    cost_c = ∂ limit / ∂ κ_c = λ_c sd_c

    share (N,) sums to one. promises, others: cost of each cell of the two holds, dollars per unit of score.
    """

    limit: float
    x: FloatArray
    share: FloatArray
    promises: FloatArray
    others: FloatArray
    gap: float


def least_limit(program: Program, raised: Hold | None = None) -> Least | None:
    """min L such that P{dollars obligated in t ≤ L} ≥ φ in every period, promises are kept, and `raised` is held.

    The hard rows of the program are kept as they are. None where the rows contradict each other, whatever is spent.
    """
    store, chances, x = program.store, program.chances, program.x
    limit = cp.Variable()
    nothing = Hold(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
    left = program.dollars.below(np.zeros(store.periods))
    within, periods = cones(left, x, chances.budget, chances.overrun - limit * np.ones(store.periods))
    asked, others = program.important, raised or nothing
    kept, kept_cells = _cones(program, asked)
    more, more_cells = _cones(program, others)
    rows = [*within, *kept, *more, *program.held(program.others)]
    outcome = program.solve(cp.Minimize(limit), rows, {limit: program.money})
    if outcome.status is not Status.SOLVED:
        return None
    found = np.asarray(x.value)
    sd = program.net.sd_at(found).ravel()
    return Least(
        limit=outcome.value,
        x=found,
        share=duals(within, periods),
        promises=duals(kept, kept_cells) * sd[asked.cells],
        others=duals(more, more_cells) * sd[others.cells],
        gap=outcome.gap,
    )


def _cones(program: Program, hold: Hold) -> tuple[list[object], IntArray]:
    if len(hold.cells) == 0:
        return [], np.zeros(0, dtype=np.int64)
    return cones(program.net.at_cells(hold.cells), program.x, hold.kappa, hold.floor)
