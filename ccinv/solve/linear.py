"""A program stated in cvxpy all of whose rows are linear, handed to HiGHS: exact at vertices, and whole where asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cvxpy as cp
import numpy as np
from scipy import sparse

from ccinv.errors import SolverError
from ccinv.solve.milp import Answer, Ended, Mixed, solve_mixed

LARGE = 1_000  # rows from which an interior point and a walk from there to a vertex beat the simplex method


def solve_linear(problem: cp.Problem, whole: Sequence[Any] = (), gap: float = 1e-6, seconds: float = 60.0) -> Answer:
    """Solve, and leave the values in the problem's variables; entries of the variables in `whole` are 0 or 1.

    Amounts are to be scaled so that 1e-7 is little. The answer's objective and bound are those of the problem.
    """
    data, _, _ = problem.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})
    dims = data["dims"]
    if "P" in data or dims.soc or len(data["b"]) != int(dims.zero) + int(dims.nonneg):
        raise SolverError("This program is not linear: it belongs to the conic solver.")
    rows = sparse.csr_array(data["A"])
    high = np.asarray(data["b"], dtype=np.float64)
    low = np.where(np.arange(len(high)) < int(dims.zero), high, -np.inf)
    width = rows.shape[1]
    least, most, integer = np.full(width, -np.inf), np.full(width, np.inf), np.zeros(width, dtype=np.bool_)
    starts = data["param_prob"].var_id_to_col
    for variable in whole:
        at = slice(starts[variable.id], starts[variable.id] + variable.size)
        least[at], most[at], integer[at] = 0.0, 1.0, True
    program = Mixed(np.asarray(data["c"], dtype=np.float64), rows, low, high, least, most, integer)
    answer = _interior(program, seconds) if len(high) > LARGE and not whole else solve_mixed(program, gap, seconds)
    if answer.x is None:
        return answer
    for variable in problem.variables():
        if variable.id in starts:
            first = starts[variable.id]
            value = answer.x[first : first + variable.size].reshape(variable.shape, order="F")
            variable.save_value(value)
    constant = float(problem.objective.value) - answer.objective
    return Answer(answer.x, answer.objective + constant, answer.bound + constant, answer.ended)


def _interior(program: Mixed, seconds: float) -> Answer:
    """A program without whole numbers by HiGHS's interior point, ended at a vertex."""
    from scipy.optimize import linprog

    fixed = program.low == program.high
    one = np.flatnonzero(~fixed)
    run: Any = linprog
    found = run(
        program.cost, A_ub=program.rows[one], b_ub=program.high[one], A_eq=program.rows[np.flatnonzero(fixed)],
        b_eq=program.high[fixed], bounds=np.stack([program.least, program.most], axis=1), method="highs-ipm",
        options={"time_limit": seconds},
    )  # fmt: skip
    if found.status == 2:
        return Answer(None, np.inf, np.inf, Ended.INFEASIBLE)
    if found.status == 0:
        return Answer(np.asarray(found.x, dtype=np.float64), float(found.fun), float(found.fun), Ended.OPTIMAL)
    if found.status == 1:
        return Answer(None, np.inf, -np.inf, Ended.LIMIT)
    raise SolverError(f"The linear solver gave no answer: {found.message}")
