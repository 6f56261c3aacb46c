"""One mixed-integer linear program, handed to HiGHS, and what came back, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import SolverError

LARGEST = 1e4  # cost of a column, as HiGHS is told it
NODES = 5_000  # a limit in nodes, not in seconds: the same question has the same answer on every machine


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best point that was found (None: none), and a proven lower bound on the objective; `optimal`: they meet."""

    x: FloatArray | None
    bound: float
    optimal: bool


def minimize(
    cost: FloatArray,
    rows: FloatArray,
    equal: FloatArray,
    most: FloatArray,
    whole: BoolArray,
    close: float = 0.0,
    size: float = 1.0,
) -> Found:
    """min cost · x,  rows · x = equal,  0 ≤ x ≤ most,  x whole where `whole`.

    Solved once point and bound are within `close` of each other (or within 1e-6: costs are to be scaled so that this is
    little). `size`: about how large the objective can be, at most. A SolverError where HiGHS says that there is no such
    x, or none that is best.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    # HiGHS is told a relative gap: beside a constant the size of the objective it is as good as an absolute one
    found = milp(
        np.append(cost, size),
        integrality=np.append(whole, False).astype(np.int64),
        bounds=Bounds(np.append(np.zeros(len(cost)), 1.0), np.append(most, 1.0)),
        constraints=LinearConstraint(np.hstack([rows, np.zeros((len(rows), 1))]), equal, equal),
        options={"mip_rel_gap": close / (2 * size), "node_limit": NODES},
    )
    if found.status in (2, 3):  # a limit reached is 1 or, in some versions, "other": then there may be a point or not
        raise SolverError(f"The mixed-integer solver gave no answer: {found.message}")
    bound = -np.inf if found.mip_dual_bound is None else float(found.mip_dual_bound) - size
    return Found(None if found.x is None else np.asarray(found.x[:-1], dtype=np.float64), bound, found.status == 0)


class Ended(Enum):
    """How a solve ended: point and bound meet, a limit was reached before (with or without a point), or no x is one."""

    OPTIMAL = auto()
    LIMIT = auto()
    INFEASIBLE = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """min cost · x,  low ≤ rows · x ≤ high,  least ≤ x ≤ most,  x whole where `whole`; rows sparse, (R, K)."""

    cost: FloatArray
    rows: Any
    low: FloatArray
    high: FloatArray
    least: FloatArray
    most: FloatArray
    whole: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The best point that was found (None: none), its objective, and a proven lower bound on every objective."""

    x: FloatArray | None
    objective: float
    bound: float
    ended: Ended


def solve_mixed(program: Mixed, gap: float = 1e-6, seconds: float = 60.0) -> Answer:
    """Solve until point and bound are within `gap` of each other, relative to the objective, or for `seconds`.

    Rows are met to 1e-6 and whole numbers to 1e-6: amounts are to be scaled so that this is little; costs are scaled
    here. A SolverError where the objective has no bound, or HiGHS gives no answer of any of the three kinds.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    rows = () if program.rows.shape[0] == 0 else LinearConstraint(program.rows, program.low, program.high)
    # HiGHS stops at an absolute gap of 1e-6, too: nothing, beside a largest cost of 10 000
    largest = float(np.abs(program.cost).max(initial=0.0))
    scale = float(2.0 ** np.round(np.log2(largest / LARGEST))) if largest > 0 else 1.0
    found: Any = milp(
        program.cost / scale,
        integrality=program.whole.astype(np.int64),
        bounds=Bounds(program.least, program.most),
        constraints=rows,
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    if found.status == 2:
        return Answer(None, np.inf, np.inf, Ended.INFEASIBLE)
    if found.status == 3 or (found.status == 4 and found.x is None and "imit" not in str(found.message)):
        raise SolverError(f"The mixed-integer solver gave no answer: {found.message}")
    ended = Ended.OPTIMAL if found.status == 0 else Ended.LIMIT
    x = None if found.x is None else np.asarray(found.x, dtype=np.float64)
    objective = np.inf if x is None else float(program.cost @ x)
    # a program without whole numbers has no bound of its own: where it is solved, its optimum is one
    bound = getattr(found, "mip_dual_bound", None)
    known = float(bound) * scale if bound is not None else (objective if ended is Ended.OPTIMAL else -np.inf)
    return Answer(x, objective, min(known, objective), ended)
