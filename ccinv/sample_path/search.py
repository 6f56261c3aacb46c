"""The best rule by simulation: many starts on few paths, the best of them on more, then the lattice of demand, and what
the paths are known to get wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Levels, Tails, no_levels, tails
from ccinv.auditing.simulating import Effort, standard_error
from ccinv.rules.layout import PooledLayout
from ccinv.sample_path import starts
from ccinv.sample_path.climbing import climbed
from ccinv.sample_path.coefficients import levels_of, order_up_to
from ccinv.sample_path.descent import PENALTY, Point
from ccinv.sample_path.draws import Paths, drawn
from ccinv.sample_path.exchanges import cheapest, exchanged
from ccinv.sample_path.placing import FIRM, RADIUS, Placing
from ccinv.sample_path.problem import Problem, allowed_falls
from ccinv.sample_path.question import Question
from ccinv.sample_path.raising import ENOUGH, NARROW, STEPS, TOUCH, halved, leveled, near, raised, weakest_score

COARSE = Effort(1.5e6, 2_000, 5_000)  # paths on which all starts are tried
FINE = Effort(5e6, 4_000, 20_000)  # on which the best of them are polished
FRESH = Effort(4e7, 20_000, 150_000)  # on which it is found what those get wrong
POLISH = 8  # steps on more paths from what few have found
AIM, CARE = 0.5, 2.0  # standard errors by which levels are raised after a correction, and where that was not enough
HAIR = 1e-4  # of a limit that is left where nothing has a lattice: a search ends about as near
MOST_SPARE = 0.4  # share of the risk that paths may be wrong by
LITTLE = 1e-3  # of probabilities that may be missing in all, beyond the doubt: acceptance decides
DOUBT = 1.0  # standard errors of independent paths that are no lack
FURTHER = 0.5  # by how much a score may be higher on the lattice than where levels were pushed to
CLOSELY = 1.002  # times the limit: dollars for which exchanges are tried


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The best rule that was met on the paths `fine`, the question as they had it, its scores level by level, and what
    independent paths see of it; `number`: of their stream."""

    point: Point
    question: Question
    scores: tuple[float, ...]
    fine: Paths
    seen: Tails
    number: int = 2

    @property
    def x(self) -> FloatArray:
        return self.point.x


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A problem, what is asked of it, and from which random streams it is answered.

    thorough: many starts, and the lattice searched for its own sake; else only the first decision that is given is
    searched from, with levels for items that it never orders.
    """

    problem: Problem
    question: Question
    seed: int
    thorough: bool = True

    @classmethod
    def of(cls, layout: PooledLayout, question: Question, seed: int, money: float, *, slopes: bool) -> Search:
        """For a layout; with `slopes` its slopes are decisions, too."""
        falls = allowed_falls(layout.store, FINE.paths(layout.store), (seed, 3, 0))
        return cls(Problem.of(layout, money, falls, slopes=slopes), question, seed)

    def best(self, given: Sequence[FloatArray]) -> Optimum:
        """The best of what order-up-to levels, and the decisions `given`, lead to."""
        store = self.problem.store
        fine = drawn(store, FINE.paths(store), (self.seed, 3, 1))
        if self.problem.slopes or not self.thorough:
            begun = self.problem.descent(self.question)
            x = given[0] if self.problem.slopes else self._filled(fine, given[0])
            score, firm = weakest_score(begun, fine, x), PENALTY if self.thorough else FIRM
            chosen = [begun.run(fine, x, score, STEPS, NARROW, firm)]
        else:
            chosen = self._polished(self._coarse(), fine, given)
        question, now, scores = leveled(self.problem, self.question, fine, chosen[0])
        placing = Placing(self.problem, question, fine)
        now = cheapest(placing, chosen) if question.least else climbed(placing, placing.placed(now))
        return self.better(Optimum(now, question, scores, fine, self._seen(now, question, 2)))

    def _coarse(self) -> Paths:
        store = self.problem.store
        return drawn(store, COARSE.paths(store), (self.seed, 3, 0))

    def _polished(self, coarse: Paths, fine: Paths, given: Sequence[FloatArray]) -> list[Point]:
        """Where levels and the decisions `given` lead to on few paths, and the best of that on more; the best first."""
        begun, starting = self.problem.descent(self.question), self._starts(coarse, given)
        if self.question.raised is None:
            points = [begun.run(coarse, x, 0.0, STEPS) for x in starting]
            if not self.question.least and min(point.short for point in points) > ENOUGH:
                # where what is best would be far from what can be kept, the cheapest way to keep it comes first
                cheap = self.problem.descent(self.question.cheapest(0.0))
                kept = near([cheap.run(coarse, x, 0.0, STEPS) for x in starting])[0]
                points.append(begun.run(coarse, kept.x, 0.0, STEPS))
            some, firm = near(points), FIRM
        else:
            some, firm = raised(self.problem, self.question, coarse, starting), PENALTY
        found = (begun.run(fine, point.x, point.score, POLISH, NARROW, firm) for point in some)
        return sorted(found, key=lambda point: point.merit(FIRM))

    def _beyond(self, placing: Placing, now: Point, *, afar: bool) -> tuple[Question, Point]:
        """What the lattice has beside the way here: levels exchanged, or a higher common score, from `afar`, too.

        Levels that give way from where a score was pushed to keep its shape; the cheapest for a score may have another.
        """
        question, fine, limit = placing.question, placing.paths, placing.question.limit
        if question.least:
            return question, exchanged(placing, now)
        if question.raised is None or limit is None:
            return question, now
        plain, low = replace(question, base=0.0), float(question.inversion.kappa(placing.weakest(now)))
        coarse = self._coarse() if afar else None

        def afforded(score: float, _: Point | None) -> Point | None:
            search = replace(self, question=plain.cheapest(score))
            if coarse is not None:
                points = search._polished(coarse, fine, [now.x])
            else:
                points = [self.problem.descent(search.question).run(fine, now.x, 0.0, TOUCH, RADIUS, FIRM)]
            lattice = Placing(self.problem, search.question, fine)
            trial = cheapest(lattice, points)
            if (limit < trial.reading.spent).any() and (trial.reading.spent <= CLOSELY * limit).all():
                trial = exchanged(lattice, trial)
            return trial if lattice.keeps(trial) and (trial.reading.spent <= limit).all() else None

        low, best = halved(low, low + FURTHER, None, afforded)
        if best is not None:
            question = replace(question, base=np.full(question.raised.shape, low))
            placing, now = replace(placing, question=question), self.problem.descent(question).at(fine, best.x, 0.0)
        return question, climbed(placing, now, free=True)

    def better(self, optimum: Optimum, seen: Tails | None = None) -> Optimum:
        """The same once more, with what an independent simulation (its own by default) finds its paths to get wrong.

        What does not need to be put right is not searched again: every search is a little too sure of its own paths.
        """
        fine, now, first = optimum.fine, optimum.point, seen is None
        question = self._corrected(optimum, seen or optimum.seen, AIM if first else CARE)
        placing = Placing(self.problem, question, fine)
        if question.least and placing.items.any() and not first:
            now = placing.lifted(now)
        else:
            steps = TOUCH if first else POLISH
            now = self.problem.descent(question).run(fine, now.x, now.score, steps, RADIUS, FIRM)
            now = climbed(placing, placing.placed(now))
            if self.thorough and placing.coarse:
                question, now = self._beyond(placing, now, afar=first)
        number = optimum.number + 1
        again = Optimum(now, question, optimum.scores, fine, self._seen(now, question, number), number)
        return min((optimum, again), key=self._rank) if first else again

    def missing(self, optimum: Optimum) -> float:
        """What independent paths see missing, in probabilities, beyond what they can miss themselves."""
        question, seen = optimum.question, optimum.seen
        level = self.question.level
        error = DOUBT * standard_error(np.nan_to_num(level, nan=0.5), seen.paths)
        missing = float(np.nansum(np.maximum(level - seen.service - error, 0.0)))
        if question.limit is not None and not question.least:
            error = DOUBT * standard_error(np.array(question.confidence), seen.paths)
            missing += float(np.maximum(question.confidence - seen.afforded - error, 0.0).sum())
        return missing

    def _rank(self, optimum: Optimum) -> tuple[float, float]:
        """What is missing, if that is much, then what is best."""
        question, seen = optimum.question, optimum.seen
        missing = max(self.missing(optimum) - LITTLE, 0.0)
        if question.raised is not None and self.question.most is not None:
            raised = np.minimum(seen.service, self.question.most)[question.raised]
            return missing, -float(raised.min())
        if question.loss is not None:
            return missing, question.loss.total(seen)
        return missing, float(seen.dollars.max())

    def _starts(self, paths: Paths, given: Sequence[FloatArray]) -> list[FloatArray]:
        """Decisions to start from, each once, with their levels where they may be."""
        problem, cover = self.problem, self._cover()
        found = [
            problem.with_levels(x, problem.lawful(levels_of(problem.layout, x)), problem.ordering(x)) for x in given
        ]
        for share in starts.SHARES:
            levels = problem.lawful(starts.levels(paths, share, cover))
            found.append(order_up_to(problem.layout, levels, self.question.concerned))
        different: list[FloatArray] = []
        for x in found:
            if not any(np.allclose(x, other, rtol=1e-6) for other in different):
                different.append(x)
        return different

    def _filled(self, paths: Paths, x: FloatArray) -> FloatArray:
        """The decision with levels for items that it never orders and something is wanted of."""
        problem = self.problem
        shape = problem.store.demand.mean.shape
        slope, level = problem.layout.slope.at(x).reshape(shape), problem.layout.level.at(x).reshape(shape)
        never = ~slope.any(axis=1) & ~level.any(axis=1) & self.question.concerned
        return problem.with_levels(x, problem.lawful(starts.levels(paths, 1.0, self._cover())), never)

    def _cover(self) -> FloatArray:
        """The probability with which levels cover sales at first, (n, N); NaN where nothing is wanted."""
        question = self.question
        cover = question.asked(1.0)
        cover = np.where(cover < 1, cover, 0.999)
        if question.loss is not None:
            total = question.loss.owed + question.loss.held
            fractile = np.clip(question.loss.owed / np.where(total > 0, total, 1.0), 0.5, 0.95)
            cover = np.where(np.isfinite(cover), cover, np.where(total > 0, fractile, np.nan))
        return cover

    def _seen(self, now: Point, question: Question, number: int) -> Tails:
        """The rule on paths that no search has seen."""
        store = self.problem.store
        count, rule = FRESH.paths(store), self.problem.layout.rule_at(now.x)
        seen = tails(store, rule, question.limit, asked_of(question, count), count, (self.seed, 3, number))
        return self.problem.known(now.x, seen)

    def _corrected(self, optimum: Optimum, seen: Tails, care: float) -> Question:
        """The question with what its paths say too much of service, and too little of dollars.

        Levels are raised by so many standard errors (`care`) of what is seen, where it is simulated.
        """
        question, now = optimum.question, optimum.point
        asked = np.nan_to_num(question.asked(now.score), nan=0.5)
        error = care * standard_error(asked, seen.paths)
        error[np.isfinite(self.problem.computed(now.x))] = 0.0
        # what is near to certainty must not be asked to be certain
        most = MOST_SPARE * (1 - asked)
        spare = np.clip(now.reading.share - seen.service + error, -most, most)
        overrun = seen.dollars - (now.reading.dollars - question.overrun)
        excess = seen.dollars - (now.reading.spent - question.excess)
        if question.limit is not None and not Placing(self.problem, question, optimum.fine).items.any():
            overrun = overrun + HAIR * np.abs(question.limit)  # dollars that are certain are kept always, or never
        return replace(question, spare=spare, overrun=overrun, excess=excess)


def asked_of(question: Question, paths: int) -> Levels:
    """The quantile of dollars that a simulation is asked for: with some care, as it is a simulation."""
    error = (AIM if question.least else CARE) * float(standard_error(np.array(question.confidence), paths))
    items, periods = question.level.shape
    return no_levels(items, periods, float(min(question.confidence + error, 1 - 1e-9)))
