"""Plan, simulate, correct every multiplier, plan again; then accept, or say what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Levels, Tails, tails
from ccinv.auditing.simulating import LEARN, Effort, standard_error
from ccinv.calibrate.acceptance import Acceptance, accepted
from ccinv.calibrate.ceiling import beyond, ceiling
from ccinv.calibrate.learning import halfway, learnt, without
from ccinv.calibrate.promises import Promises, levels
from ccinv.errors import InfeasibleError, SolverError
from ccinv.inversion import Calibrated
from ccinv.inversion.chances import Chances
from ccinv.models.multi_period.found import Explain, Found, Simulated, find
from ccinv.models.multi_period.program import MultiPeriod
from ccinv.objectives.program import Objective, Worth
from ccinv.result import Calibration, OutOfReach
from ccinv.solve.elastic import Reached
from ccinv.store import Store

FALLS = (1.0, 0.7, 0.5, 0.3, 0.2, 0.0)  # of the way that multipliers fall, by round: they settle from above
AIM = 3.0  # standard errors by which the quantiles of a simulation aim above the levels asked
ENOUGH = 1.0  # standard errors above its level at which a row needs no more
WORTH = 0.01  # relative gain in the objective for which a rule that may fall is worth a search of its own
SETTLED = 1e-3  # relative change of the objective's value between rounds that is worth no other round
BACK = 3  # times that multipliers which cannot be had together are taken half of the way back
BELOW = 0.01  # how far below what no order can change a cell is held, where that is less than was asked
BELOW_RISK = 0.2  # share of the risk allowed that this is at most: what no lead time limits may be asked for 0.999
TRIES = 3  # independent simulations until acceptance
ACCEPT = Effort(2e8, 40_000, 400_000)  # of the simulation that decides


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What stays the same in all rounds; `program` holds what is out of reach at the best it can have."""

    program: MultiPeriod
    aim: Objective
    how: Calibrated
    paths: int

    def better(self, one: Found, other: Found | None) -> bool:
        """Whether one plan is to be preferred: fewer promises out of reach, then the objective."""
        return other is None or self.worth(one).better(self.worth(other))

    def worth(self, found: Found) -> Worth:
        return Worth(len(found.reached.short), found.answer.value, self.aim.greatest)


@dataclass(frozen=True, slots=True, eq=False)
class _Course:
    """How a search went: the best plan that keeps every promise on its paths (else the last), and each round."""

    best: Found | None
    last: Found
    values: tuple[float, ...]
    missing: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A plan by multipliers, how it was found, what simulation says of it, and the most any orders give, (n, N)."""

    found: Found
    calibration: Calibration
    seen: Tails
    most: FloatArray

    def explained(self, store: Store, explain: Explain) -> Found:
        """The plan as one of the store itself: what simulation, too, finds short is explained, or refused."""
        found, seen = self.found, self.seen
        held = found.program.chances
        asked, shares = held.asked.ravel(), seen.service.ravel()
        lost = np.flatnonzero(store.promised & (held.level < held.asked))
        short = np.union1d(found.reached.short, lost)
        short = short[shares[short] < asked[short] - standard_error(asked[short], seen.paths)]
        reached = replace(found.reached, short=short)
        chances = replace(found.asked.chances, level=held.asked)
        program = replace(found.asked, store=store, chances=chances)
        simulated = Simulated(shares[short], self.most.ravel()[short])
        beyond = explain(program, reached, simulated) if len(short) else ()
        if not self.calibration.accepted and store.service.unattainable == "refuse":
            raise SolverError(f"No plan was accepted. {self.calibration.words[0]}")
        return replace(found, program=replace(found.program, store=store), reached=reached, beyond=beyond)


def calibrate(program: MultiPeriod, aim: Objective, how: Calibrated) -> Made:
    """A plan whose chance rows are held to what simulations of earlier plans asked for, and what became of it.

    All rounds see the same paths, acceptance sees others. The rule is first kept from ever falling: then orders are
    executed as it has them, and multipliers settle in two or three rounds. Where a rule that may fall promises
    more than that, it is tried as well, and the better plan taken. Where acceptance finds a row short, it is raised by
    what it lacks and the plan is made again.
    """
    store = program.store
    # what is out of reach with the multipliers of one round says nothing about those of the next
    lenient = replace(program, store=replace(store, service=replace(store.service, unattainable="best")))
    paths = how.paths or LEARN.paths(store)
    most = ceiling(store, paths, (how.seed, 2, 0))
    wanted = program.chances.asked
    level = np.where(most < wanted, np.clip(most - np.minimum(BELOW, BELOW_RISK * (1 - wanted)), 0.5, 1.0), wanted)
    search = _Search(lenient.held_to(replace(program.chances, level=level)), aim, how, paths)
    # a store that refuses to miss a promise need not wait for the multipliers of the others
    refused = store.service.unattainable == "refuse" and bool(beyond(store, most, wanted, paths).any())
    search, course = _searched(search, 1 if refused else how.rounds)
    found = course.best or course.last
    values, missing = list(course.values), list(course.missing)
    paths = how.paths or ACCEPT.paths(store)
    for trial in range(1, TRIES + 1):
        asked = levels(found, paths, AIM)
        seen = _simulated(search, found, asked, paths, trial)
        verdict = accepted(Promises.of(found), seen, how.confidence, how.margin, TRIES)
        if verdict.good or refused or trial == TRIES:
            break
        try:
            found = find(search.program.held_to(learnt(found, seen, asked, 0.0)), aim, nothing)
        except (InfeasibleError, SolverError):
            break  # what is short cannot have more along with the rest
        values.append(found.answer.value)
        missing.append(verdict.worst)
    return Made(found, record(how, found, verdict, values, missing), seen, most)


def _searched(search: _Search, rounds: int) -> tuple[_Search, _Course]:
    """The better of a rule that never falls and one that may, if what the second promises makes it worth a search."""
    free = search
    steady = replace(search, program=search.program.never_falling())
    try:
        first = _rounds(steady, search.program.chances, rounds)
    except (InfeasibleError, SolverError):
        return free, _rounds(free, search.program.chances, rounds)
    if search.program.store.orders.nonnegative == "monotone":
        return steady, first
    known = first.best or first.last
    try:
        trial = find(free.program.held_to(known.program.chances), search.aim, nothing)
    except (InfeasibleError, SolverError):
        return steady, first
    worth = len(trial.reached.short) < len(known.reached.short) or not _same(trial, known, WORTH)
    if first.best is not None and not (worth and search.better(trial, known)):
        return steady, first
    try:
        second = _rounds(free, known.program.chances, rounds, first.best)
    except (InfeasibleError, SolverError):
        return steady, first
    values, missing = (*first.values, *second.values), (*first.missing, *second.missing)
    if second.best is not None and search.better(second.best, first.best):
        return free, replace(second, values=values, missing=missing)
    return steady, replace(first, values=values, missing=missing)


def _rounds(search: _Search, chances: Chances, rounds: int, rival: Found | None = None) -> _Course:
    """So many plans, each with what the simulation of the one before asked for; fewer where values settle.

    A search ends, too, with a plan that is no better than its `rival`: multipliers mostly rise from there.
    """
    known = without(chances)
    best: Found | None = None
    before: Found | None = None
    values: list[float] = []
    missing: list[float] = []
    for number in range(rounds):
        found = _made(search, chances, known)
        known = found.program.chances
        promises = Promises.of(found)
        asked = levels(found, search.paths, AIM)
        seen = _simulated(search, found, asked, search.paths, 0)
        short = promises.missing(seen)
        keeps = all(
            (lack <= -ENOUGH * standard_error(np.nan_to_num(level, nan=1.0), search.paths)).all()
            for lack, level in zip(short, promises.tables, strict=True)
        )
        values.append(found.answer.value)
        missing.append(max(0.0, *(float(lack.max(initial=-np.inf)) for lack in short)))
        _tell(search, f"calibration round {number + 1}: {found.answer.value:.6g}, short by {missing[-1]:.4f} at worst")
        # scores of the first round are read by the inversion alone: later plans are not to be held against it
        if keeps and (number < 2 or search.better(found, best)):
            best = found
        if keeps and before is not None and _same(before, found, SETTLED):
            break
        before = found if keeps else None
        if rival is not None and not search.better(found, rival):
            break
        chances = learnt(found, seen, asked, FALLS[min(number, len(FALLS) - 1)])
    return _Course(best, found, tuple(values), tuple(missing))


def _made(search: _Search, wanted: Chances, known: Chances) -> Found:
    """The plan for these multipliers, or for others on the way back to some that are known to be possible."""
    for _ in range(BACK):
        try:
            return find(search.program.held_to(wanted), search.aim, nothing)
        except (InfeasibleError, SolverError) as error:
            failure = error
            wanted = halfway(wanted, known)
    try:
        return find(search.program.held_to(known), search.aim, nothing)
    except (InfeasibleError, SolverError):
        raise failure from None


def nothing(_program: MultiPeriod, _reached: Reached, _simulated: Simulated | None = None, /) -> tuple[OutOfReach, ...]:
    return ()


def _simulated(search: _Search, found: Found, asked: Levels, paths: int, number: int) -> Tails:
    stream = (search.how.seed, 2, number)
    return tails(found.program.store, found.rule, found.limit, asked, paths, stream)


def _same(one: Found, other: Found, within: float) -> bool:
    """Whether two plans are equally good, relative to the better."""
    first, second = one.answer.value, other.answer.value
    return bool(first == second or abs(first - second) <= within * max(abs(first), abs(second)))


def _tell(search: _Search, words: str) -> None:
    if search.program.progress is not None:
        search.program.progress(words)


def record(
    how: Calibrated, found: Found, verdict: Acceptance, values: list[float], missing: list[float]
) -> Calibration:
    """What became of a calibration."""
    chances, seen = found.program.chances, verdict.seen
    return Calibration(
        base=type(how.base).__name__,
        accepted=verdict.good,
        confidence=how.confidence,
        within=verdict.within,
        paths=seen.paths,
        seed=how.seed,
        values=tuple(values),
        missing=tuple(missing),
        kappa=chances.service,
        order_kappa=chances.orders,
        budget_kappa=chances.budget,
        overrun=chances.overrun,
        service=seen.service,
        orders=seen.ordered,
        budget=seen.afforded,
        words=verdict.words(found.program.store),
    )
