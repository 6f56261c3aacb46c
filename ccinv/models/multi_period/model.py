"""The convex program itself, for those who want to look at it or solve it elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp

from ccinv.models.multi_period.program import MultiPeriod
from ccinv.objectives.program import Objective
from ccinv.rules import Layout


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A cvxpy `problem`, its decision vector `x`, its `constraints`, and the `layout` that tells what x means."""

    problem: Any
    x: Any
    constraints: tuple[Any, ...]
    layout: Layout

    @classmethod
    def of(cls, program: MultiPeriod, objective: Objective) -> Model:
        """The program of one objective, every promise asked in full."""
        aim, constraints = objective.stated(program)
        whole = (*program.hard, *constraints)
        return cls(cp.Problem(aim, list(whole)), program.x, whole, program.layout)
