"""A program stated in cvxpy all of whose rows are linear, handed to HiGHS: exact at vertices, and whole where asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cvxpy as cp
import numpy as np
from scipy import sparse

from ccinv.errors import SolverError
from ccinv.solve.milp import Answer, Mixed, solve_mixed


def solve_linear(problem: cp.Problem, whole: Sequence[Any] = (), gap: float = 1e-6, seconds: float = 60.0) -> Answer:
    """Solve, and leave the values in the problem's variables; entries of the variables in `whole` are 0 or 1.

    Amounts are to be scaled so that 1e-7 is little. The answer's objective and bound are those of the problem.
    """
    data, chain, inverse = problem.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})
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
    answer = solve_mixed(program, gap, seconds)
    if answer.x is None:
        return answer
    for variable in problem.variables():
        if variable.id in starts:
            first = starts[variable.id]
            value = answer.x[first : first + variable.size].reshape(variable.shape, order="F")
            variable.save_value(value)
    del chain, inverse
    constant = float(problem.objective.value) - answer.objective
    return Answer(answer.x, answer.objective + constant, answer.bound + constant, answer.ended)
