"""A linear program solved at a vertex by HiGHS's dual simplex method, with the dual values of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Vertex:
    """An optimal vertex: x, the objective there, and the dual value of each row, > 0 where it holds the optimum up."""

    x: FloatArray
    value: float
    duals: FloatArray


def vertex(cost: FloatArray, rows: Any, low: FloatArray, least: FloatArray, most: FloatArray) -> Vertex | None:
    """min cost · x,  rows · x ≥ low,  least ≤ x ≤ most; None where HiGHS finds no optimum.

    Amounts are to be scaled so that 1e-7 is little.
    """
    from scipy.optimize import linprog

    run: Any = linprog
    found = run(cost, A_ub=-rows, b_ub=-low, bounds=np.stack([least, most], axis=1), method="highs-ds")
    if found.status != 0:
        return None
    return Vertex(np.asarray(found.x), float(found.fun), -np.asarray(found.ineqlin.marginals))
