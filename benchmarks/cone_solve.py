"""Claims: a plan takes little more time than its cone solves, and a cone solve little more than bare Clarabel.

1. `cc.Store(...)` and `cc.plan(...)` together: at most 1.5 times the seconds inside the solver, for 1000 items.
2. The package's cone solve: at most 1.1 times Clarabel on the same instance written by hand, to the same optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import ccinv as cc
from benchmarks import bare
from benchmarks.cases import Case, case
from benchmarks.clock import median, solver_on_processor_time, timed
from benchmarks.row import Job, Row, at_most, told
from ccinv.models.multi_period.program import money_unit
from ccinv.objectives.program import Outcome
from ccinv.solve.conic import solve

MOST_OVERHEAD = 1.5
CLAIMED_FROM = 1000  # items: where it matters; a plan of a tenth of a second has its fixed costs
MOST_AGAINST_BARE = 1.1
AGREED = 1e-7  # relative difference of the two optima

OBJECTIVES: tuple[tuple[Any, Callable[[Case], bare.Bare]], ...] = (
    (cc.MinimumBudget(), bare.minimum_budget),
    (cc.ExpectedStock(), bare.expected_stock),
)


def planned(given: Case, objective: Any) -> cc.Plan:
    """Arrays to a verified plan."""
    return cc.plan(given.store(), objective=objective, inversion=cc.inversion.Normal())


def cone_solve(given: Case, objective: Any) -> Outcome:
    """One cone solve of the package: the program of the objective, every promise asked in full."""
    store = given.store()
    model = cc.model(store, objective=objective, inversion=cc.inversion.Normal())
    others: dict[Any, Any] = {
        variable: money_unit(store) for variable in model.problem.variables() if variable is not model.x
    }
    return solve(model.problem, {model.x: model.layout.scale, **others})


def overhead(items: int, periods: int, objective: Any, repeats: int) -> Row:
    """Claim 1 for one size and objective."""
    given = case(items, periods)
    ratios, totals = [], []
    with solver_on_processor_time():
        for _ in range(repeats):
            run = timed(lambda: planned(given, objective))
            ratios.append(run.cpu / run.value.solver_seconds)
            totals.append(run.cpu)
    plan = run.value
    name = f"arrays to plan / its solves, {type(objective).__name__}"
    detail = f"{median(totals):.2f} s, {plan.solves} solves, {len(plan.out_of_reach)} cells out of reach"
    size, ratio = f"{items} × {periods}", median(ratios)
    if items < CLAIMED_FROM:
        return told(name, size, ratio, detail)
    return at_most(name, size, ratio, MOST_OVERHEAD, detail)


def against_bare(items: int, periods: int, objective: Any, hand: Callable[[Case], bare.Bare], repeats: int) -> Row:
    """Claim 2 for one size and objective."""
    given = case(items, periods)
    program = hand(given)
    ours, theirs = [], []
    with solver_on_processor_time():
        for _ in range(repeats):
            outcome, found = cone_solve(given, objective), bare.solve(program)
            difference = abs(outcome.value - found.value) / abs(found.value)
            assert found.status == "Solved", f"bare Clarabel: {found.status}"
            assert difference <= AGREED, f"{outcome.value:.10g} and bare {found.value:.10g} differ by {difference:.1e}"
            ours.append(outcome.seconds)
            theirs.append(found.seconds)
    ratio = median([one / other for one, other in zip(ours, theirs, strict=True)])
    each = ratio * found.iterations / outcome.iterations
    detail = (
        f"{median(ours):.2f} s in {outcome.iterations} iterations ({outcome.said}) against {median(theirs):.2f} s in "
        f"{found.iterations}; {each:.2f} per iteration; optima apart by {difference:.0e}"
    )
    name = f"cone solve / bare Clarabel, {type(objective).__name__}"
    return at_most(name, f"{items} × {periods}", ratio, MOST_AGAINST_BARE, detail)


def jobs(sizes: tuple[tuple[int, int, int], ...] = ((100, 12, 5), (1000, 12, 3))) -> list[Job]:
    """Both claims; sizes are items, periods, repeats."""
    found: list[Job] = []
    for items, periods, repeats in sizes:
        for objective, hand in OBJECTIVES:
            found.append(partial(overhead, items, periods, objective, repeats))
            found.append(partial(against_bare, items, periods, objective, hand, repeats))
        # a sequence of some twenty programs, long enough to be measured once
        found.append(partial(overhead, items, periods, cc.MaxMinService(), 1))
    return found
