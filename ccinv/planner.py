"""cc.plan: from a store to ordering rules whose promises have been recomputed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import CcinvError, SolverError
from ccinv.inversion import Normal
from ccinv.inversion.inversion import Inversion
from ccinv.models.multi_period.explain import given_up, out_of_reach, refusal
from ccinv.models.multi_period.model import Model
from ccinv.models.multi_period.program import MultiPeriod, RuleKind, eased, hard_rows_impossible, state
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.minimum_budget import DEFAULT_CONFIDENCE
from ccinv.objectives.program import Answer, Objective
from ccinv.result import OutOfReach, Plan
from ccinv.rules import Cumulative, LinearMap
from ccinv.solve.elastic import Reached, reach
from ccinv.store import SHORT, Store
from ccinv.verify import Numbers, recompute, scores

TOLERANCE = 1e-6  # what may be missing from a kept promise, relative to the natural amount or the deviation there


def plan(
    store: Store,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
    constraints: Sequence[Any] = (),
    progress: Callable[[str], None] | None = None,
) -> Plan:
    """Plan a store: the coefficients of a linear decision rule that keeps every promise and is best at the objective.

    rule: Cumulative by default; objective: MaxMinService; inversion: Normal. `constraints`: a user's own cvxpy rows on
    one variable of the rule's size (`cc.model(...).x` is one). `progress` is told of every cone program in words.

    Raises InfeasibleError where promises cannot be kept (or plans the best, as `store.service.unattainable` says),
    ModelError where the question has no finite answer, SolverError where no answer could be verified.
    """
    kind, aim, inverted = rule or Cumulative(), objective or MaxMinService(), inversion or Normal()
    program = state(store, kind, aim, inverted, constraints, progress)
    try:
        return _attempt(program, kind, aim)
    except SolverError as failure:
        # at the very edge of what is possible the solver's method has no room to move: a hair more, and verified
        # like any other plan
        try:
            return _attempt(eased(program), kind, aim)
        except CcinvError:
            raise failure from None


def _attempt(program: MultiPeriod, kind: RuleKind, aim: Objective) -> Plan:
    """Elastic phase, objective, recomputation: the method in order."""
    store = program.store
    reached = reach(program, serves_others=aim.serves_others)
    if reached is None or (len(reached.short) and store.service.unattainable == "refuse"):
        # no refusal for what a hair would mend
        again = reach(eased(program), serves_others=aim.serves_others)
        if again is not None and not len(again.short):
            program, reached = eased(program), again
    if reached is None:
        raise hard_rows_impossible(program)
    beyond = out_of_reach(program, reached, kind)
    if beyond and store.service.unattainable == "refuse":
        raise refusal(program, reached, beyond)
    ready = program.with_reach(reached)
    answer = aim.pursue(ready)
    numbers = recompute(store, ready.layout.rule_at(answer.x))
    _verify(ready, aim, numbers, answer)
    return _plan(ready, kind, aim, reached, beyond, answer, numbers)


def model(
    store: Store,
    rule: RuleKind | None = None,
    objective: Objective | None = None,
    inversion: Inversion | None = None,
) -> Model:
    """The convex program of a plan as cvxpy has it, to look at, to change, and to solve elsewhere.

    For MaxMinService, which is a sequence of programs, it is the first: the greatest τ with mean ≥ τ · item unit.
    """
    aim = objective or MaxMinService()
    program = state(store, rule or Cumulative(), aim, inversion or Normal())
    return Model.of(program, aim)


def _verify(program: MultiPeriod, aim: Objective, numbers: Numbers, answer: Answer) -> None:
    """Hold the recomputed numbers against everything that was promised; a SolverError names the worst gap."""
    store = program.store
    margins = {}
    for name, hold in (("service", program.important), ("mean net stock", program.others)):
        mean, sd = numbers.mean.ravel()[hold.cells], numbers.sd.ravel()[hold.cells]
        margins[name] = (mean - hold.kappa * sd - hold.floor) / np.maximum(program.unit[hold.cells], sd)
    if aim.serves_others:
        margins["mean net stock"] = np.append(
            margins["mean net stock"], (numbers.mean.ravel() / program.unit)[program.open_cells]
        )
    unit = program.unit.reshape(numbers.mean.shape)
    if store.orders.nonnegative == "mean":
        margins["orders"] = numbers.order_mean / unit
    if store.orders.nonnegative == "monotone":
        margins["orders"] = _relative(program.layout.monotone, program.layout.scale, answer.x)
    if store.orders.nonnegative == "chance":
        kappa = program.inversion.kappa(store.orders.confidence)
        margins["orders"] = (numbers.order_mean - kappa * numbers.order_sd) / np.maximum(unit, numbers.order_sd)
    limit = _limit(store, aim, answer)
    if limit is not None:
        kappa = program.inversion.kappa(_confidence(store))
        left = limit - numbers.dollars_mean - kappa * numbers.dollars_sd
        margins["budget"] = left / np.maximum((store.overspent_above(limit) - limit) / SHORT, numbers.dollars_sd)
    margins["bounds of the rule"] = _relative(program.layout.bounds, program.layout.scale, answer.x)
    worst = {name: float(np.min(margin, initial=np.inf)) for name, margin in margins.items()}
    broken = {name: value for name, value in worst.items() if not value >= -TOLERANCE}
    if broken:
        said = ", ".join(f"{name} by {-value:.3g} of its natural amount" for name, value in broken.items())
        raise SolverError(f"The solver called a plan optimal that does not keep its promises when recomputed: {said}.")


def _whole_units(store: Store) -> tuple[str, ...]:
    """What rounding up to whole units costs beside the promises, in words."""
    if not store.orders.whole:
        return ()
    return (
        "Orders are rounded up to whole units: about half a unit per item more is in stock or under way than the "
        f"promises of money count with, worth about {store.unit_cost.sum() / 2:,.2f} in all.",
    )


def _relative(rows: LinearMap, scale: FloatArray, x: FloatArray) -> FloatArray:
    """What must be ≥ 0, relative to the natural size of each row."""
    size = np.asarray(abs(rows.matrix) @ scale) + np.abs(rows.constant)
    return rows.at(x) / np.where(size > 0, size, 1.0)


def _limit(store: Store, aim: Objective, answer: Answer) -> FloatArray | None:
    if not aim.limited:
        return np.full(store.periods, answer.value)
    return None if store.budget is None else store.budget.limits(store.periods)


def _confidence(store: Store) -> float:
    return DEFAULT_CONFIDENCE if store.budget is None else store.budget.confidence


def _plan(
    program: MultiPeriod,
    kind: RuleKind,
    aim: Objective,
    reached: Reached,
    beyond: tuple[OutOfReach, ...],
    answer: Answer,
    numbers: Numbers,
) -> Plan:
    store, inversion = program.store, program.inversion
    unit = program.unit.reshape(numbers.mean.shape)
    # short, and overspent, mean the same here as in the replay: more than rounding
    spare = numbers.mean - store.short_below[:, None]
    promised = inversion.probability(scores(spare, numbers.sd, unit))
    asked = np.where(store.controllable & store.important[:, None], store.service.alpha, np.nan)
    short = np.unravel_index(reached.short, asked.shape)  # ravel() may be a copy
    asked[short] = promised[short]
    chance = store.orders.nonnegative == "chance"
    limit = _limit(store, aim, answer)
    left = (
        None
        if limit is None
        else scores(store.overspent_above(limit) - numbers.dollars_mean, numbers.dollars_sd, np.array(program.money))
    )
    nothing = np.full(store.periods, np.nan)
    return Plan(
        store=store,
        rule=program.layout.rule_at(answer.x),
        mean=numbers.mean,
        sd=numbers.sd,
        promised=promised,
        asked=asked,
        controllable=store.controllable,
        order_mean=numbers.order_mean,
        order_sd=numbers.order_sd,
        order_promised=inversion.probability(scores(numbers.order_mean, numbers.order_sd, unit)),
        order_asked=np.full(unit.shape, store.orders.confidence if chance else np.nan),
        budget_limit=limit,
        budget_mean=numbers.dollars_mean,
        budget_sd=numbers.dollars_sd,
        budget_promised=nothing if left is None else inversion.probability(left),
        budget_asked=nothing if left is None else np.full(store.periods, _confidence(store)),
        objective=type(aim).__name__,
        inversion=type(inversion).__name__,
        rule_name=type(kind).__name__,
        objective_value=answer.value,
        levels=answer.levels,
        out_of_reach=beyond,
        solves=len(program.outcomes),
        solver_seconds=sum(outcome.seconds for outcome in program.outcomes),
        gap=answer.gap,
        notes=(*given_up(program), *_whole_units(store), *answer.notes),
    )
