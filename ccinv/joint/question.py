"""What is planned jointly: the store, its groups, and how a plan is made of risks given to cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cvxpy as cp
import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import CcinvError
from ccinv.inversion.chances import Chances
from ccinv.inversion.cones import cones, duals
from ccinv.inversion.inversion import Inversion
from ccinv.joint.promises import Groups
from ccinv.models.multi_period.program import NONE, RuleKind, state
from ccinv.moments.dependence import Dependence
from ccinv.objectives.program import Objective, Status, Worth
from ccinv.planner import plan
from ccinv.result import Plan
from ccinv.store import Store

MOST_RISK = 0.5  # of a cell: beyond it the constraint is not convex
LEAST_RISK = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A store with joint promises, and everything else that a plan is to be."""

    store: Store
    groups: Groups
    rule: RuleKind
    aim: Objective
    inversion: Inversion
    constraints: Sequence[Any]
    progress: Callable[[str], None] | None
    dependence: Dependence

    def levels(self, risk: FloatArray) -> FloatArray:
        """The probability asked of every cell, (n, N), where each promised one may be short with `risk` (n, N)."""
        cells = self.groups.cells
        return np.where(cells, 1 - np.clip(risk, LEAST_RISK, MOST_RISK), self.store.service.alpha)

    def plan(self, risk: FloatArray) -> Plan:
        """The best plan that gives each promised cell at most its risk, as the inversion reads it."""
        return plan(
            self.store,
            self.rule,
            self.aim,
            self.inversion,
            self.constraints,
            self.progress,
            dependence=self.dependence,
            levels=self.levels(risk),
        )

    def lenient(self) -> Question:
        """The same, with the best for cells that are out of reach instead of a refusal."""
        service = replace(self.store.service, unattainable="best")
        return replace(self, store=replace(self.store, service=service))

    def better(self, one: Plan, other: Plan | None) -> bool:
        """Whether a plan is to be preferred: fewer cells out of reach, then the objective."""
        return other is None or self.worth(one).better(self.worth(other))

    def worth(self, plan: Plan) -> Worth:
        return Worth(len(plan.out_of_reach), plan.objective_value, self.aim.greatest)

    def price(self, risk: FloatArray) -> FloatArray | None:
        """What a unit of κ costs the objective in each cell at these risks, λ · sd, (n, N); None where nobody knows.

        λ is the dual value of mean − κ sd ≥ 0: zero where a cell has more than it was asked for.
        """
        levels, store = self.levels(risk), self.store
        chances = Chances.of(self.inversion, store, levels)
        program = state(
            store, self.rule, self.aim, self.inversion, self.constraints, None, chances, dependence=self.dependence
        )
        hold = program.important
        rows, order = cones(program.net.at_cells(hold.cells), program.x, hold.kappa)
        bare = replace(program, important=NONE)
        try:
            objective, others = self.aim.stated(bare)
            outcome = bare.solve(objective, [*others, *rows])
        except (CcinvError, cp.error.DCPError):
            return None
        if outcome.status is not Status.SOLVED:
            return None
        found = np.zeros(store.items * store.periods)
        found[hold.cells] = (
            np.abs(duals(rows, order)) * program.net.sd_at(np.asarray(program.x.value)).ravel()[hold.cells]
        )
        return found.reshape(levels.shape)
