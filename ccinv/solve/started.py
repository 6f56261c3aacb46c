"""A mixed-integer program solved from a point that is known, within a gap and a time, and what it took."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import SolverError
from ccinv.solve.milp import Answer, Ended, Mixed

USUAL, FINE = 1e-6, 1e-9  # what rows and whole numbers are met to


def solve_from(
    program: Mixed, start: FloatArray | None, gap: float, seconds: float, apart: float = 0.0, accuracy: float = USUAL
) -> tuple[Answer, float]:
    """As `solve_mixed`, but from a feasible point if there is one; and the processor seconds that HiGHS took.

    Solved, too, once point and bound are within `apart`, in absolute terms: where objectives are whole numbers, what is
    less than 1 away is the same. `accuracy`: what rows and whole numbers are met to. A SolverError where HiGHS gives no
    answer.
    """
    import highspy

    make: Any = highspy.Highs
    given = make()
    for option, value in (
        ("output_flag", False), ("threads", 1), ("random_seed", 0), ("mip_rel_gap", gap),
        ("mip_abs_gap", max(apart, 1e-9)), ("time_limit", max(seconds, 0.1)),
        *((("primal_feasibility_tolerance", accuracy), ("mip_feasibility_tolerance", accuracy))
          if accuracy < USUAL else ()),
    ):  # fmt: skip
        given.setOptionValue(option, value)
    columns = program.rows.tocsc()
    lp: Any = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.cost), columns.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.least, program.most
    lp.row_lower_, lp.row_upper_ = program.low, program.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = columns.indptr, columns.indices
    lp.a_matrix_.value_ = columns.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    mixed = bool(program.whole.any())
    if mixed:
        lp.integrality_ = [kinds[int(whole)] for whole in program.whole]
    given.passModel(lp)
    if start is not None and mixed:
        point: Any = highspy.HighsSolution()
        point.col_value = start.tolist()
        given.setSolution(point)
    began = time.process_time()
    given.run()
    took = time.process_time() - began
    status, info = given.getModelStatus(), given.getInfo()
    kind = highspy.HighsModelStatus
    if status in (kind.kInfeasible, kind.kUnboundedOrInfeasible):
        return Answer(None, np.inf, np.inf, Ended.INFEASIBLE), took
    if status not in (kind.kOptimal, kind.kTimeLimit, kind.kIterationLimit, kind.kSolutionLimit, kind.kInterrupt):
        said = given.modelStatusToString(status)
        raise SolverError(f"The mixed-integer solver gave no answer: {said}")
    ended = Ended.OPTIMAL if status == kind.kOptimal else Ended.LIMIT
    feasible = info.primal_solution_status == 2  # HiGHS: kSolutionStatusFeasible
    x = np.array(given.getSolution().col_value) if feasible else None
    objective = float(info.objective_function_value) if feasible else np.inf
    known = float(info.mip_dual_bound) if mixed else (objective if ended is Ended.OPTIMAL else -np.inf)
    return Answer(x, objective, min(known, objective), ended), took
