"""Plans whose rule is found by simulation: order-up-to levels, searched, corrected, accepted on independent paths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Tails, tails
from ccinv.auditing.simulating import LEARN
from ccinv.calibrate.acceptance import Acceptance, accepted
from ccinv.calibrate.asked import Setting, question_of
from ccinv.calibrate.ceiling import beyond, ceiling
from ccinv.calibrate.loop import ACCEPT, TRIES, Made, nothing, record
from ccinv.calibrate.promises import Promises
from ccinv.calibrate.words import of_bound, of_value
from ccinv.errors import InfeasibleError, SolverError
from ccinv.inversion import Calibrated
from ccinv.models.multi_period.amounts import shortage
from ccinv.models.multi_period.found import Explain, Found, Simulated, find
from ccinv.models.multi_period.program import NONE, MultiPeriod
from ccinv.objectives.max_min import MaxMinService
from ccinv.objectives.minimum_budget import MinimumBudget
from ccinv.objectives.program import Answer, Objective
from ccinv.result import Calibration, CausalRule, OutOfReach, Rule
from ccinv.rules import Cumulative
from ccinv.rules.layout import PooledLayout
from ccinv.sample_path.bounds import bound
from ccinv.sample_path.coefficients import decision
from ccinv.sample_path.problem import contains_levels
from ccinv.sample_path.question import Question
from ccinv.sample_path.search import Optimum, Search, asked_of
from ccinv.solve.elastic import Reached
from ccinv.store import Store
from ccinv.verify import Numbers

FAR = 0.005  # of a probability that corrections do not bring back
CERTAIN = 1e-6  # nearest to 0 and 1 that a share of paths is read as a score


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """A program to be answered on sample paths: what is asked, where it is searched, and how it is accepted.

    bound: the value that no ordering policy can better, NaN where none is known.
    """

    program: MultiPeriod
    aim: Objective
    how: Calibrated
    setting: Setting
    question: Question
    search: Search
    bound: float

    @property
    def store(self) -> Store:
        return self.program.store

    @classmethod
    def of(cls, program: MultiPeriod, aim: Objective, how: Calibrated, *, slopes: bool) -> _Task | None:
        """None where the objective or the rule is none for sample paths, or a promise is beyond any order."""
        store = program.store
        layout = program.layout if isinstance(program.layout, PooledLayout) else Cumulative().on(store)
        # before anything is simulated: what is polished is the rule's own, and has no levels
        contains = contains_levels(layout, program.money)
        if program.own or contains is slopes or (slopes and layout is not program.layout):
            return None
        paths = how.paths or LEARN.paths(store)
        most = ceiling(store, paths, (how.seed, 2, 0))
        hopeless = bool(beyond(store, most, program.chances.asked, paths).any())
        setting = Setting.of(store, program.chances, most)
        question = question_of(aim, setting)
        if question is None or question.nothing:
            return None
        if hopeless and store.service.unattainable == "refuse":
            return None
        if slopes and store.orders.nonnegative == "chance":
            question = replace(question, rising=store.orders.confidence)
        search = Search.of(layout, question, how.seed, program.money, slopes=slopes)
        least = float("nan") if slopes else bound(store, question)
        return cls(program, aim, how, setting, question, search, least)

    def accepted(self, search: Search, optimum: Optimum) -> _Accepted:
        """The optimum on independent paths, put right where it is short, a few times at most; the one least short."""
        how, program = self.how, self.program
        count = how.paths or ACCEPT.paths(self.store)
        values, missing, trials = [], [], list[_Accepted]()
        for trial in range(1, TRIES + 1):
            values.append(_value(self.aim, search.question, optimum.seen))
            limit = self._limit(search.question, optimum)
            rule = search.problem.layout.rule_at(optimum.x)
            asked = asked_of(search.question, count)
            seen = search.problem.known(optimum.x, tails(self.store, rule, limit, asked, count, (how.seed, 2, trial)))
            found = self._found(search, optimum, seen)
            computed = np.isfinite(search.problem.computed(optimum.x))
            promises = _promises(found, self.setting)
            verdict = accepted(promises, seen, how.confidence, how.margin, TRIES, computed)
            missing.append(verdict.worst)
            if program.progress is not None:
                program.progress(f"levels: {values[-1]:.6g}, short by {missing[-1]:.4f} at worst on independent paths")
            trials.append(_Accepted(search, optimum, found, verdict, (), ()))
            if verdict.good or trial == TRIES:
                break
            optimum = search.better(optimum, seen)
        best = min(trials, key=lambda one: (not one.verdict.good, one.verdict.worst))
        return replace(best, values=tuple(values), missing=tuple(missing))

    def _limit(self, question: Question, optimum: Optimum) -> FloatArray | None:
        """What dollars are held to: the limit given, or the least that was found."""
        if question.least and not self.aim.limited:
            return np.full(self.store.periods, optimum.seen.dollars.max())
        return question.limit

    def _found(self, search: Search, optimum: Optimum, seen: Tails) -> Found:
        """The levels as a plan, with what a simulation sees in the place of moments: orders as they are executed."""
        program, question = self.program, search.question
        pooled = search.problem.layout.rule_at(optimum.x)
        own = search.problem.layout is program.layout
        rule: Rule = pooled if own else CausalRule(pooled.weights, pooled.intercept)
        limit = self._limit(question, optimum)
        value = _value(self.aim, question, seen)
        if not self.aim.limited and limit is not None:
            value = float(limit.max())
        x = optimum.x if own else np.zeros(program.layout.size)
        reached = Reached(program.important, NONE, program.open_cells, x, np.zeros(0, dtype=np.int64))
        scores = tuple(float(value + score - optimum.scores[0]) for score in optimum.scores)
        levels = float("nan") if search.problem.slopes else value
        notes = (*of_value(self.aim, value), *of_bound(self.aim, value, self.bound))
        answer = Answer(x, value, float("nan"), scores, notes, levels, self.bound)
        numbers = Numbers(*seen.net, *seen.placed, *seen.spent)
        return Found(program, program, reached, (), answer, rule, numbers, limit)


@dataclass(frozen=True, slots=True, eq=False)
class _Accepted:
    """A plan as independent paths see it, with the values and the worst shortfalls on the way there."""

    search: Search
    optimum: Optimum
    found: Found
    verdict: Acceptance
    values: tuple[float, ...]
    missing: tuple[float, ...]


def by_levels(
    program: MultiPeriod, aim: Objective, how: Calibrated, explain: Explain
) -> tuple[Found, Calibration] | None:
    """The best order-up-to levels, where the rule contains them and the objective is one of paths; None elsewhere.

    Levels are searched on fixed paths, corrected for what independent ones see, and accepted on others again: one
    criterion, `accepted`, decides all the way. Where something stays short it is refused, or told, as the store says.
    """
    task = _Task.of(program, aim, how, slopes=False)
    if task is None:
        return None
    answer = task.accepted(task.search, task.search.best(_begun(task)))
    if isinstance(aim, MinimumBudget) and aim.then == "serve" and answer.verdict.good:
        answer = _served(task, answer)
    if not answer.verdict.good and program.store.service.unattainable == "refuse":
        raise _refusal(task, answer.verdict)
    return _finished(task, answer, explain)


def polished(
    program: MultiPeriod, aim: Objective, how: Calibrated, explain: Explain, made: Made
) -> tuple[Found, Calibration]:
    """A plan whose rule has no order-up-to levels, its coefficients moved along the slopes of simulated orders.

    The plan itself, explained or refused, where nothing better is accepted; in either case told what order-up-to levels
    would come to.
    """
    task = _Task.of(program, aim, how, slopes=True)
    if task is None:
        return made.explained(program.store, explain), made.calibration
    answer = task.accepted(task.search, task.search.best([made.found.answer.x]))
    ahead = answer.found.answer.value - made.found.answer.value
    if answer.verdict.good and (not made.calibration.accepted or (ahead != 0 and (ahead > 0) == aim.greatest)):
        found, calibration = _finished(task, answer, explain)
    else:
        found, calibration = made.explained(program.store, explain), made.calibration
    layout = Cumulative().on(task.store)
    levels = Search.of(layout, replace(task.question, rising=None), how.seed, program.money, slopes=False).best([])
    value = _value(aim, levels.question, levels.seen)
    said = f"Order-up-to levels, which this rule does not have, would come to {value:.6g} instead."
    notes = (*found.answer.notes, said)
    return replace(found, answer=replace(found.answer, order_up_to=value, notes=notes)), calibration


def _finished(task: _Task, answer: _Accepted, explain: Explain) -> tuple[Found, Calibration]:
    found = _told(_with_factors(answer.found), task.setting, answer.verdict, explain)
    return found, record(task.how, found, answer.verdict, list(answer.values), list(answer.missing))


def _served(task: _Task, least: _Accepted) -> _Accepted:
    """Among the plans with the least limit one that serves best: what no promise needs goes to all others alike."""
    setting, store = task.setting, task.store
    others = store.controllable & ~setting.promised
    cells, whose = (others, "cells without a promise") if others.any() else (setting.promised, "all cells")
    limit = least.found.limit
    question = replace(setting.raising(cells, limit), least=False)
    search = replace(task.search, question=question, thorough=False)
    # the search has the same paths, and it is known by now what service they get wrong
    first = replace(search, question=replace(question, spare=least.optimum.question.spare))
    optimum = first.best([least.optimum.x])
    if search.missing(optimum) > FAR:  # there is no other plan with these promises and this limit, as far as is known
        return least
    answer = task.accepted(search, optimum)
    if not answer.verdict.good:
        return least
    before, after = (float(one.verdict.seen.service[cells].min()) for one in (least, answer))
    tied, more = (float(one.verdict.seen.spent[0].mean()) for one in (least, answer))
    said = (
        f"Within this limit {whose} are served with at least {after:.4f}, for {more:,.2f} dollars "
        f"on average over periods; the plan that ties up least has {before:.4f} there, for {tied:,.2f}."
    )
    value, notes = least.found.answer.value, (*least.found.answer.notes, said)
    told = replace(answer.found.answer, value=value, levels=(), notes=notes)
    return replace(answer, found=replace(answer.found, answer=told), values=(*least.values, value))


def _begun(task: _Task) -> list[FloatArray]:
    """The decision of the cone program, with slopes of one: a start among others, if there is one."""
    program, layout = task.program, task.search.problem.layout
    if layout is not program.layout or isinstance(task.aim, MaxMinService):
        return []
    lenient = replace(
        program, store=replace(program.store, service=replace(program.store.service, unattainable="best"))
    )
    try:
        found = find(lenient, task.aim, nothing)
    except (InfeasibleError, SolverError):
        return []
    shape = program.store.demand.mean.shape
    level = layout.level.at(found.answer.x).reshape(shape)
    ordering = np.repeat((level.max(axis=1) > 0)[:, None], shape[1], axis=1)
    return [decision(layout, ordering * 1.0, np.where(ordering, level, 0.0))]


def _with_factors(found: Found) -> Found:
    """With the safety factors that its cells, orders and dollars have: mean / sd, as simulated."""
    numbers, chances = found.numbers, found.program.chances

    def factor(mean: FloatArray, sd: FloatArray) -> FloatArray:
        return np.where(sd > 0, mean / np.where(sd > 0, sd, 1.0), 0.0)

    budget = np.zeros_like(chances.budget)
    if found.limit is not None:
        budget = factor(found.limit - numbers.dollars_mean, numbers.dollars_sd)
    plain = chances.inversion.kappa(chances.level)
    held = replace(
        chances,
        shift=factor(numbers.mean, numbers.sd) - plain,
        orders=factor(numbers.order_mean, numbers.order_sd),
        budget=budget,
    )
    return replace(found, program=replace(found.program, chances=held))


def _value(aim: Objective, question: Question, seen: Tails) -> float:
    """The objective as simulated: dollars, a standard score, units owed, or cost."""
    if question.raised is not None:
        least = float(seen.service[question.raised].min())
        return float(question.inversion.kappa(np.clip(least, CERTAIN, 1 - CERTAIN)))
    if question.loss is not None:
        return question.loss.total(seen)
    return float(np.inf) if aim.limited else float(seen.dollars.max())


def _promises(found: Found, setting: Setting) -> Promises:
    """What must be kept: what was promised, less what no orders can give."""
    promises = Promises.of(found)
    return replace(promises, service=np.where(setting.promised, promises.service, np.nan))


def _told(found: Found, setting: Setting, verdict: Acceptance, explain: Explain) -> Found:
    """The plan with what falls short named: beyond any order, or short along with the rest."""
    store, asked, shares = setting.store, setting.chances.asked.ravel(), verdict.seen.service.ravel()
    given_up = store.promised & ~setting.promised & (verdict.seen.service < setting.chances.asked)
    short = np.flatnonzero(given_up | verdict.short[0])
    short = short[shares[short] < asked[short]]
    reached = replace(found.reached, short=short)
    beyond: tuple[OutOfReach, ...] = ()
    if len(short):
        beyond = explain(found.program, reached, Simulated(shares[short], setting.ceiling.ravel()[short]))
    return replace(found, reached=reached, beyond=beyond)


def _refusal(task: _Task, verdict: Acceptance) -> InfeasibleError | SolverError:
    """Why there is no plan: how much money would be enough, or what is missing."""
    store, setting = task.store, task.setting
    if store.budget is not None:
        search = replace(task.search, question=replace(setting.question, limit=None, least=True))
        enough = search.best([]).seen.dollars
        if (enough > store.overspent_above(store.budget.limits(store.periods))).any():
            limit = float(store.budget.limit.max())
            said = shortage(limit, float(enough.max()) - limit, "that keeps every promise that money can keep")
            return InfeasibleError(f"The budget is {said}")
    return SolverError(f"No plan was accepted. {verdict.words(store)[0]}")
