"""One mixed-integer linear program, handed to HiGHS, and what came back, as a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import SolverError

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
