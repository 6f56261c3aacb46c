"""A stated program, solved by what fits it: linear rows by HiGHS, cones by Clarabel."""

from __future__ import annotations

from dataclasses import dataclass

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import SolverError
from ccinv.models.balance.ruled import Stated
from ccinv.objectives.program import Status
from ccinv.solve.conic import solve as solve_conic
from ccinv.solve.linear import solve_linear
from ccinv.solve.milp import Ended


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """The decision, the objective there, and a bound below which it is for no decision."""

    x: FloatArray
    objective: float
    bound: float


def solve(problem: cp.Problem, program: Stated, gap: float, seconds: float) -> Solved | None:
    """The best decision, None where there is none; a SolverError where that is not known."""
    if any(isinstance(row, cp.SOC) for row in problem.constraints):
        outcome = solve_conic(problem, {part: np.ones(part.size) for part in problem.variables()})
        if outcome.status is Status.INFEASIBLE:
            return None
        if outcome.status is not Status.SOLVED:
            raise SolverError(f"The conic solver gave no answer: {outcome.said}")
        return Solved(np.asarray(program.x.value), outcome.value, outcome.value * (1 - outcome.gap))
    answer = solve_linear(problem, program.whole, gap, seconds)
    if answer.ended is Ended.INFEASIBLE:
        return None
    if answer.x is None:
        raise SolverError(
            f"No flows were found in {seconds:g} seconds, and no proof that there are none: allow more time, let rules "
            "look at fewer periods (memory) or at total demand, or decide first which stores are open."
        )
    return Solved(np.asarray(program.x.value), answer.objective, answer.bound)
