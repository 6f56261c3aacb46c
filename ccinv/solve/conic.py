"""One conic solve: a cvxpy problem, scaled, handed to Clarabel, and what came back, as a value.

The only place that runs a solver and reads a status.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import clarabel
import cvxpy as cp
import numpy as np
from cvxpy.reductions.solvers.conic_solvers.clarabel_conif import dims_to_solver_cones
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.errors import SolverError
from ccinv.objectives.program import Outcome, Status
from ccinv.solve.duality import Dual, cone_starts, proven

_STATUS = {
    "Solved": Status.SOLVED,
    "PrimalInfeasible": Status.INFEASIBLE,
    "DualInfeasible": Status.UNBOUNDED,
}


MISSED = 5e-7  # what a row may be missed by in its natural units: half of what verification allows
FAR = 1e-5  # and by what the nearest answer may miss one that is left to verification: a worse one is none
DIGITS = 34  # binary, of a program: what is beyond is rounding, an eighth of the least tolerance
NEARLY = 1e-7  # residual up to which an answer that stopped early is handed on to be verified


@dataclass(frozen=True, slots=True)
class Precision:
    """Tolerances of the interior-point method, all passed at every solve: nothing is inherited from an earlier one.

    `proven`: whether a bound on the optimum is wanted, which costs about as much as an iteration.
    """

    gap: float = 1e-9
    feasibility: float = 1e-9
    most_iterations: int = 200
    seconds: float = 1800.0
    proven: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Scaled:
    """A conic program in the solver's own units, and the way back: x = `basis` · what the solver knows."""

    q: FloatArray
    a: Any
    b: FloatArray
    basis: Any
    row: FloatArray
    unit: float


def solve(problem: cp.Problem, scale: Mapping[Any, Any], precision: Precision = Precision()) -> Outcome:
    """Solve a problem whose variables have the given natural sizes; values and duals are left in the problem.

    Columns are measured in their natural sizes and every row or cone in its largest entry, so that an item of small
    numbers beside one of large numbers is held to its own tolerance. Where large numbers nearly cancel, a sparse
    matrix in the place of sizes says what the variable is a sum of. A problem is to be solved once, then dropped.
    """
    data, chain, inverse = problem.get_problem_data(cp.CLARABEL, ignore_dpp=True, solver_opts={})
    if "P" in data:
        raise SolverError("Only linear objectives are known here: write the quadratic part as a cone.")
    dims = data["dims"]
    scaled = _scale(data, dims, scale)
    start = time.perf_counter()
    best, missed = None, np.inf
    for kind in (_settings, _bare, _refined, _cautious, _early):
        settings = kind(precision)
        found = _run(scaled, settings, dims_to_solver_cones(dims))
        status = _status(found)
        violation = _violation(scaled, dims, np.asarray(found.x)) if status is Status.SOLVED else np.inf
        if violation < missed:
            best, missed = found, violation
        if (status is not Status.UNDECIDED and not np.inf > violation > MISSED) or str(found.status) == "MaxTime":
            break
    if best is not None and missed <= FAR:
        # of answers that miss some row by more than they should, the nearest is left to verification
        found, status = best, Status.SOLVED
    elif status is Status.SOLVED:
        status = Status.UNDECIDED
    seconds = time.perf_counter() - start
    answer = _Answer(
        status="Solved" if status is Status.SOLVED else found.status,
        x=np.asarray(scaled.basis @ np.asarray(found.x)),
        z=np.asarray(found.z) * scaled.row * scaled.unit,
        obj_val=found.obj_val * scaled.unit,
        solve_time=seconds,
        iterations=found.iterations,
    )
    value = bound = float("nan")
    if status is Status.SOLVED:
        problem.unpack_results(answer, chain, inverse)
        value = float(problem.value)
        if precision.proven:
            dual = Dual(scaled.q, scaled.a, scaled.b, int(dims.zero), int(dims.nonneg), np.asarray(dims.soc, np.int64))
            slack = (found.obj_val - proven(dual, np.asarray(found.x), np.asarray(found.z))) * scaled.unit
            bound = value + slack if isinstance(problem.objective, cp.Maximize) else value - slack
    elif status is Status.UNBOUNDED:
        _leave_ray(problem, data, answer.x)
    gap = abs(found.obj_val - found.obj_val_dual) / max(1.0, abs(found.obj_val))
    return Outcome(status, str(found.status), value, bound, gap, seconds, found.iterations)


def _violation(scaled: _Scaled, dims: Any, x: FloatArray) -> float:
    """By how much x misses a row or a cone, each in its own natural units.

    The solver's residuals are relative to the largest numbers of the whole program: where one amount is enormous, all
    the others may be missed.
    """
    slack = scaled.b - scaled.a @ x
    # a row whose own terms are large is held to its digits, not to a millionth of its unit
    terms = np.maximum(np.abs(scaled.b) + abs(scaled.a) @ np.abs(x), 1.0)
    zero, linear = int(dims.zero), int(dims.zero) + int(dims.nonneg)
    rows = np.concatenate([np.abs(slack[:zero]), -slack[zero:linear]]) / terms[:linear]
    worst = float(rows.max(initial=0.0))
    sizes = np.asarray(dims.soc, dtype=np.int64)
    if len(sizes):
        first = cone_starts(linear, sizes)
        square = slack[linear : linear + sizes.sum()] ** 2
        head = slack[first]
        tail = np.sqrt(np.maximum(np.add.reduceat(square, first - linear) - head**2, 0.0))
        largest = np.maximum.reduceat(terms[linear : linear + sizes.sum()], first - linear)
        worst = max(worst, float(((tail - head) / largest).max()))
    return worst


def _status(found: Any) -> Status:
    """What may be believed of an answer until it is verified.

    One that stopped early counts as solved where its residuals and its gap are those of a solved one at a slightly
    lower precision: what the solver calls almost solved may be off by 1e-4, which is no answer.
    """
    known = _STATUS.get(str(found.status))
    if known is not None:
        return known
    gap = abs(found.obj_val - found.obj_val_dual) / max(1.0, abs(found.obj_val))
    close = max(found.r_prim, found.r_dual) <= NEARLY and gap <= 10 * NEARLY
    return Status.SOLVED if close and str(found.status) != "MaxTime" else Status.UNDECIDED


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """Clarabel's solution in the units of the problem, under the names by which cvxpy reads it."""

    status: Any
    x: FloatArray
    z: FloatArray
    obj_val: float
    solve_time: float
    iterations: int


def _settings(precision: Precision) -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    # one thread and one factorisation: the automatic choice is slower and differs between machines
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"
    # rows and columns come in natural units already; balancing them again doubles the iterations
    settings.equilibrate_enable = False
    # a hundredth of the usual: the primal residual then falls as far as is asked, in fewer iterations
    settings.static_regularization_constant = 1e-10
    settings.tol_gap_abs = settings.tol_gap_rel = precision.gap
    settings.tol_feas = precision.feasibility
    settings.max_iter = precision.most_iterations
    settings.time_limit = precision.seconds
    return settings


def _bare(precision: Precision) -> Any:
    """Settings for a second attempt: hardly any regularisation of the linear systems.

    At the edge of feasibility, where primal residuals otherwise stop falling at 1e-6, this mostly finds the optimum or
    the proof that there is none; far from it, it is the less stable choice.
    """
    settings = _to_the_last_digit(_settings(precision))
    settings.static_regularization_constant = 1e-12
    settings.static_regularization_proportional = 0.0
    return settings


def _refined(precision: Precision) -> Any:
    """Settings for a third attempt: smaller steps, and systems that are well regularised but solved exactly.

    Where there is hardly any interior, because cells are held at the most they can have, dual values are in the
    thousands: what the linear systems leave then grows from step to step, and the primal residual with it.
    """
    settings = _to_the_last_digit(_settings(precision))
    settings.static_regularization_constant = 1e-8
    settings.static_regularization_proportional = 0.0
    settings.max_step_fraction = 0.9
    return settings


def _to_the_last_digit(settings: Any) -> Any:
    """The same, with every linear system refined as far as rounding lets it."""
    settings.iterative_refinement_reltol = settings.iterative_refinement_abstol = 1e-16
    settings.iterative_refinement_max_iter = 50
    settings.iterative_refinement_stop_ratio = 1.1
    return settings


def _cautious(precision: Precision) -> Any:
    """Settings for a fourth attempt: smaller steps, more refinement, and the precision that is then realistic."""
    settings = _settings(replace(precision, gap=max(precision.gap, 1e-8), feasibility=max(precision.feasibility, 1e-8)))
    settings.max_step_fraction = 0.95
    settings.iterative_refinement_max_iter = 50
    settings.equilibrate_enable = True
    return settings


def _early(precision: Precision) -> Any:
    """Settings for a last attempt: the third one, stopped at residuals still believed, before rounding raises them."""
    return _refined(replace(precision, gap=max(precision.gap, NEARLY), feasibility=max(precision.feasibility, NEARLY)))


def _run(scaled: _Scaled, settings: Any, cones: Any) -> Any:
    size = len(scaled.q)
    try:
        return clarabel.DefaultSolver(
            sparse.csc_array((size, size)), scaled.q, scaled.a, scaled.b, cones, settings
        ).solve()
    except KeyboardInterrupt:
        raise
    except BaseException as failure:  # the native code panics with an exception that is no Exception
        if type(failure).__name__ == "PanicException":
            raise SolverError(f"The solver broke off: {failure}") from failure
        raise


def _basis(data: Mapping[str, Any], columns: int, scale: Mapping[Any, Any]) -> Any:
    """What the program's variables are in natural units: sizes on the diagonal, and the matrices that were given."""
    column = np.ones(columns)
    starts = data["param_prob"].var_id_to_col
    sums = []
    for variable, size in scale.items():
        if variable.id not in starts:
            continue
        first = starts[variable.id]
        if hasattr(size, "tocoo"):
            column[first : first + variable.size] = 0.0
            entries = size.tocoo()
            where = (entries.row + first, entries.col + first)
            sums.append(sparse.coo_array((entries.data, where), shape=(columns, columns)))
        else:
            column[first : first + variable.size] = size
    return sparse.csr_array(sum(sums, sparse.diags_array(column)))


def _scale(data: Mapping[str, Any], dims: Any, scale: Mapping[Any, Any]) -> _Scaled:
    q, b = np.asarray(data["c"], dtype=np.float64), np.asarray(data["b"], dtype=np.float64)
    basis = _basis(data, len(q), scale)
    a = sparse.csr_array(sparse.csr_array(data["A"]) @ basis)
    if not (np.isfinite(a.data).all() and np.isfinite(b).all() and np.isfinite(q).all()):
        raise SolverError("A number of the program is not finite: this is a fault of ccinv, not of the data.")
    owner = _owners(dims, len(b))
    largest = np.zeros(owner.max(initial=-1) + 1)
    rows = np.repeat(np.arange(len(b)), np.diff(a.indptr))
    np.maximum.at(largest, owner[rows], np.abs(a.data))
    np.maximum.at(largest, owner, np.abs(b))
    row = 1 / np.where(largest > 0, largest, 1.0)[owner]
    row[_foreign(dims, len(b))] = 1.0
    cost = np.asarray(basis.T @ q)
    unit = float(np.abs(cost).max(initial=0.0)) or 1.0
    matrix = sparse.csc_array(sparse.diags_array(row) @ a)
    matrix.data = _rounded(matrix.data)
    return _Scaled(_rounded(cost / unit), matrix, _rounded(row * b), basis, row, unit)


def _rounded(values: FloatArray) -> FloatArray:
    """To DIGITS binary digits: the same question in another currency or unit is then the same program, to the bit.

    Otherwise the last digits decide between plans that are equally good.
    """
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(np.rint(np.ldexp(mantissa, DIGITS)), exponent - DIGITS))


def _owners(dims: Any, length: int) -> IntArray:
    """The row or cone that each row of the program belongs to: all rows of a cone share one scale."""
    single = int(dims.zero) + int(dims.nonneg)
    cones = np.repeat(np.arange(len(dims.soc)), np.asarray(dims.soc, dtype=np.int64))
    owner = np.concatenate([np.arange(single), single + cones])
    return np.concatenate([owner, single + len(dims.soc) + np.arange(length - len(owner))])


def _foreign(dims: Any, length: int) -> slice:
    """Rows of cones of other kinds, which a user's own constraints may bring: left as they are."""
    return slice(int(dims.zero) + int(dims.nonneg) + int(np.sum(dims.soc, dtype=np.int64)), length)


def _leave_ray(problem: cp.Problem, data: Mapping[str, Any], ray: FloatArray) -> None:
    """Leave the direction of unbounded improvement in the variables."""
    starts = data["param_prob"].var_id_to_col
    for variable in problem.variables():
        if variable.id in starts:
            first = starts[variable.id]
            variable.save_value(ray[first : first + variable.size].reshape(variable.shape, order="F"))
