"""A plan found and verified: elastic phase, objective, recomputation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import CcinvError, SolverError, VerificationError
from ccinv.models.multi_period.program import MultiPeriod, eased, hard_rows_impossible
from ccinv.objectives.keeps import relative
from ccinv.objectives.program import Answer, Objective
from ccinv.result import OutOfReach, Rule
from ccinv.solve.elastic import Reached, reach
from ccinv.store import SHORT
from ccinv.verify import Numbers, recompute

TOLERANCE = 1e-6  # what may be missing from a kept promise, relative to the natural amount or the deviation there
WRONG = 1e-3  # of the largest coefficient: what no solver misses by rounding, since `solve` hands on no such answer


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What a simulation says of the cells that fall short: the probability each has, and the most any orders give."""

    attained: FloatArray
    most: FloatArray


class Explain(Protocol):
    """Names what is out of reach, or refuses it."""

    def __call__(
        self, program: MultiPeriod, reached: Reached, simulated: Simulated | None = None, /
    ) -> tuple[OutOfReach, ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What an objective found on a program, with its rule and its numbers recomputed and held against every promise.

    `asked`: the program with every promise in full; `program`: held to what could be had together, as `reached` says;
    `beyond`: what fell short, explained; `limit` (N,): dollars that the budget rows keep to, None without them.
    """

    asked: MultiPeriod
    program: MultiPeriod
    reached: Reached
    beyond: tuple[OutOfReach, ...]
    answer: Answer
    rule: Rule
    numbers: Numbers
    limit: FloatArray | None


def find(program: MultiPeriod, aim: Objective, explain: Explain) -> Found:
    """Pursue an objective on a program; `explain` names what is out of reach, and may refuse it.

    A SolverError where nothing could be verified, even with a hair more room.
    """
    try:
        return _find(program, aim, explain)
    except SolverError as failure:
        # at the very edge of what is possible the solver's method has no room to move: a hair more, and verified
        # like any other plan
        try:
            return _find(eased(program), aim, explain)
        except CcinvError:
            raise failure from None


def _find(program: MultiPeriod, aim: Objective, explain: Explain) -> Found:
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
    beyond = explain(program, reached)
    ready = program.with_reach(reached)
    answer = aim.pursue(ready)
    rule = ready.layout.rule_at(answer.x)
    limit = store.budget.limits(store.periods) if aim.limited and store.budget is not None else None
    if not aim.limited:
        limit = np.full(store.periods, answer.value)
    found = Found(program, ready, reached, beyond, answer, rule, recompute(store, rule, program.dependence), limit)
    _verify(found, aim)
    return found


def _verify(found: Found, aim: Objective) -> None:
    """Hold the recomputed numbers against everything that was promised.

    A SolverError names the worst gap where the solver was not exact enough; a VerificationError where it is more.
    """
    program, numbers, x = found.program, found.numbers, found.answer.x
    store, chances = program.store, program.chances
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
        margins["orders"] = relative(program.layout.monotone, program, x)
    if store.orders.nonnegative == "chance":
        least = chances.orders * numbers.order_sd
        margins["orders"] = (numbers.order_mean - least) / np.maximum(unit, numbers.order_sd)
    if found.limit is not None:
        left = found.limit - numbers.dollars_mean - chances.budget * numbers.dollars_sd - chances.overrun
        natural = (store.overspent_above(found.limit) - found.limit) / SHORT
        margins["budget"] = left / np.maximum(natural, numbers.dollars_sd)
    margins["bounds of the rule"] = relative(program.layout.bounds, program, x)
    worst = {name: float(np.min(margin, initial=np.inf)) for name, margin in margins.items()}
    broken = {name: value for name, value in worst.items() if not value >= -TOLERANCE}
    if broken:
        said = ", ".join(f"{name} by {-value:.3g} of its natural amount" for name, value in broken.items())
        words = f"The solver called a plan optimal that does not keep its promises when recomputed: {said}."
        largest = float(np.max(np.abs(x) / program.layout.scale, initial=1.0))
        rounding = all(value > -WRONG * largest for value in broken.values())
        raise SolverError(words) if rounding else VerificationError(words)
