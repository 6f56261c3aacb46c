"""cc.plan: from a store to ordering rules whose promises have been recomputed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_numbers
from ccinv.calibrate import calibrated
from ccinv.errors import DataError, Fault
from ccinv.inversion import Calibrated
from ccinv.inversion.chances import Chances
from ccinv.inversion.inversion import Inversion
from ccinv.models.multi_period.explain import explained, given_up
from ccinv.models.multi_period.found import Found, find
from ccinv.models.multi_period.model import Model
from ccinv.models.multi_period.program import RuleKind, state
from ccinv.moments.dependence import EXACT, Dependence
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.program import Objective
from ccinv.result import Calibration, OutOfReach, Plan
from ccinv.rules import Cumulative
from ccinv.store import Store, probability_fault, refuse
from ccinv.store.canonical import by_name, reordered
from ccinv.verify import scores


def plan(
    store: Store,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    constraints: Sequence[Any] = (),
    progress: Callable[[str], None] | None = None,
    *,
    dependence: Dependence = EXACT,
    levels: ArrayLike | None = None,
) -> Plan:
    """Plan a store: the coefficients of a linear decision rule that keeps every promise and is best at the objective.

    rule: Cumulative by default; objective: MaxMinService; inversion: Calibrated. `constraints`: a user's own cvxpy rows
    on the x of `cc.model(...)` for the same store and rule, beside variables of their own. `progress` is told of every
    step in words. `dependence` of receipts on sales: exact, or cc.moments.Independent() as the thesis has it. `levels`
    (n, N): the probability asked of each cell of important items, instead of the store's own for all of them.

    Raises InfeasibleError where promises cannot be kept (or plans the best, as `store.service.unattainable` says),
    ModelError where the question has no finite answer, SolverError where no answer could be verified.
    """
    kind, aim, inverted = rule or Cumulative(), objective or MaxMinService(), inversion or Calibrated()
    asked = None if levels is None else _levels(store, levels)
    # a user's own rows know the coefficients by their places
    index = np.arange(store.items) if len(constraints) else by_name(store)
    turned = bool((np.diff(index) < 0).any())
    ordered = reordered(store, index) if turned else store
    chances = Chances.of(inverted, ordered, None if asked is None else asked[index])
    program = state(ordered, kind, aim, inverted, constraints, progress, chances, dependence)
    explain = partial(explained, kind=kind)
    if isinstance(inverted, Calibrated):
        found, calibration = calibrated(program, aim, inverted, explain)
    else:
        found, calibration = find(program, aim, explain), None
    made = _plan(found, kind, aim, inverted, calibration)
    return made.reordered(store, np.argsort(index)) if turned else made


def model(
    store: Store,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    *,
    dependence: Dependence = EXACT,
) -> Model:
    """The convex program of a plan as cvxpy has it, to look at, to change, and to solve elsewhere.

    For MaxMinService, which is a sequence of programs, it is the first: the greatest τ with mean ≥ τ · item unit. With
    the calibrated inversion, the default, it is the program that calibration starts from.
    """
    aim = objective or MaxMinService()
    program = state(store, rule or Cumulative(), aim, inversion or Calibrated(), dependence=dependence)
    return Model.of(program, aim)


def _levels(store: Store, given: ArrayLike) -> FloatArray:
    """Levels asked cell by cell; a DataError where a promised cell has none that can be convex."""
    levels = frozen(given_numbers("levels", given))
    shape = (store.items, store.periods)
    if levels.shape != shape:
        raise DataError(Fault("levels", f"shape {levels.shape}", f"{shape}", "Give one per item and period."))
    promised = store.promised
    wrong = np.argwhere(promised & ~((levels >= 0.5) & (levels < 1)))
    where = "levels, item {item}, period {period}"
    refuse(
        *(
            probability_fault(where.format(item=store.item_id[i], period=store.calendar[t]), levels[i, t])
            for i, t in wrong
        )
    )
    return np.where(promised, levels, store.service.alpha)


def _whole_units(store: Store) -> tuple[str, ...]:
    """What rounding up to whole units costs beside the promises, in words."""
    if not store.orders.whole:
        return ()
    return (
        "Orders are rounded up to whole units: about half a unit per item more is in stock or under way than the "
        f"promises of money count with, worth about {store.unit_cost.sum() / 2:,.2f} in all.",
    )


def _plan(found: Found, kind: RuleKind, aim: Objective, inversion: Inversion, calibration: Calibration | None) -> Plan:
    program, numbers, answer, limit = found.program, found.numbers, found.answer, found.limit
    store, chances = program.store, program.chances
    asked = np.where(store.promised, chances.asked, np.nan)
    chance = store.orders.nonnegative == "chance"
    service, orders, budget = _promised(found) if calibration is None else calibration.promised
    short = np.unravel_index(found.reached.short, asked.shape)  # ravel() may be a copy
    asked[short] = service[short]
    beyond = tuple(_attained(cell, float(service[cell.item, cell.period])) for cell in found.beyond)
    return Plan(
        store=store,
        rule=found.rule,
        mean=numbers.mean,
        sd=numbers.sd,
        promised=service,
        asked=asked,
        controllable=store.controllable,
        order_mean=numbers.order_mean,
        order_sd=numbers.order_sd,
        order_promised=orders,
        order_asked=np.full(asked.shape, store.orders.confidence if chance else np.nan),
        budget_limit=limit,
        budget_mean=numbers.dollars_mean,
        budget_sd=numbers.dollars_sd,
        budget_promised=budget,
        budget_asked=np.full(store.periods, np.nan if limit is None else chances.confidence),
        objective=type(aim).__name__,
        inversion=type(inversion).__name__,
        rule_name=type(kind).__name__,
        objective_value=answer.value,
        levels=answer.levels,
        out_of_reach=beyond,
        solves=len(program.outcomes),
        solver_seconds=sum(outcome.seconds for outcome in program.outcomes),
        gap=answer.gap if calibration is None else float("nan"),
        notes=(
            *given_up(program),
            *(_whole_units(store) if calibration is None else calibration.words),
            *answer.notes,
        ),
        dependence=type(program.dependence).__name__,
        order_up_to=answer.order_up_to,
        bound=answer.bound,
        calibration=calibration,
    )


def _attained(cell: OutOfReach, has: float) -> OutOfReach:
    """What a cell has in the plan, which may be less than what it could have at the expense of others."""
    return replace(cell, attained=has, alone=max(cell.alone, has))


def _promised(found: Found) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The probabilities that the inversion guarantees at the plan's means and deviations: service, orders, budget."""
    program, numbers = found.program, found.numbers
    store, inversion = program.store, program.inversion
    unit = program.unit.reshape(numbers.mean.shape)
    # short, and overspent, mean the same here as in the replay: more than rounding
    spare = numbers.mean - store.short_below[:, None]
    budget = np.full(store.periods, np.nan)
    if found.limit is not None:
        left = store.overspent_above(found.limit) - numbers.dollars_mean
        budget = inversion.probability(scores(left, numbers.dollars_sd, np.array(program.money)))
    return (
        inversion.probability(scores(spare, numbers.sd, unit)),
        inversion.probability(scores(numbers.order_mean, numbers.order_sd, unit)),
        budget,
    )
