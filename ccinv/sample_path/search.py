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
from ccinv.sample_path.coefficients import levels_of, order_up_to
from ccinv.sample_path.descent import PENALTY, Descent, Point
from ccinv.sample_path.draws import Paths, drawn
from ccinv.sample_path.placing import FIRM, RADIUS, Placing
from ccinv.sample_path.problem import Problem, allowed_falls
from ccinv.sample_path.question import Question

COARSE = Effort(1.5e6, 2_000, 5_000)  # paths on which all starts are tried
FINE = Effort(5e6, 4_000, 20_000)  # on which the best of them are polished
FRESH = Effort(4e7, 20_000, 150_000)  # on which it is found what those get wrong
CARRIED, CLOSE = 3, 0.02  # starts that are polished, and how near to the best: few paths may choose the wrong one
STEPS, POLISH, TOUCH = 15, 8, 3  # steps on few paths, on more, and after a correction
NARROW = 0.3  # radius at first where many cells are raised together, or much is known
AIM, CARE = 0.5, 2.0  # standard errors by which levels are raised after a correction, and where that was not enough
MOST_SPARE = 0.4  # share of the risk that paths may be wrong by
LITTLE = 1e-3  # of probabilities that may be missing in all, beyond the doubt: acceptance decides
DOUBT = 1.0  # standard errors of independent paths that are no lack
LEVELS = 4  # of max-min
WORTH = 0.01  # gain in score under which a level is the last
BINDING = 1e-6  # dual value from which a cell holds the score down
HALVINGS, ENOUGH = 5, 1e-3  # evaluations of the money that a score takes, and what may be short, as natural amounts
RISE = 0.1  # by how much scores may still rise after the last level


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
    """A problem, what is asked of it, and from which random streams it is answered."""

    problem: Problem
    question: Question
    seed: int

    @classmethod
    def of(cls, layout: PooledLayout, question: Question, seed: int, money: float, *, slopes: bool) -> Search:
        """For a layout; with `slopes` its slopes are decisions, too."""
        falls = allowed_falls(layout.store, FINE.paths(layout.store), (seed, 3, 0))
        return cls(Problem.of(layout, money, falls, slopes=slopes), question, seed)

    def best(self, given: Sequence[FloatArray], *, alone: bool = False) -> Optimum:
        """The best of what order-up-to levels, and the decisions `given`, lead to.

        alone: only the first decision given is searched from, with levels for items that it never orders.
        """
        store = self.problem.store
        fine = drawn(store, FINE.paths(store), (self.seed, 3, 1))
        begun = self.problem.descent(self.question)
        if alone or self.problem.slopes:
            x = given[0] if self.problem.slopes else self._filled(fine, given[0])
            chosen = [begun.run(fine, x, self._score(begun, fine, x), STEPS, NARROW, FIRM if alone else PENALTY)]
        else:
            coarse = drawn(store, COARSE.paths(store), (self.seed, 3, 0))
            starting = self._starts(coarse, given)
            if self.question.raised is None:
                near, firm = _near([begun.run(coarse, x, 0.0, STEPS) for x in starting]), FIRM
            else:
                near, firm = self._raised(coarse, starting), PENALTY
            chosen = [begun.run(fine, point.x, point.score, POLISH, NARROW, firm) for point in near]
        chosen.sort(key=lambda point: point.merit(FIRM))
        question, now, scores = self._levels(fine, chosen[0])
        placing = Placing(self.problem, question, fine)
        if question.least and placing.items.all():
            now = min((placing.placed(x) for x in chosen), key=lambda x: float(x.reading.spent.max()))
        else:
            now = placing.placed(now)
        return self.better(Optimum(now, question, scores, fine, self._seen(now, question, 2)))

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
            now = placing.placed(now)
        number = optimum.number + 1
        again = Optimum(now, question, optimum.scores, fine, self._seen(now, question, number), number)
        return min((optimum, again), key=self._rank) if first else again

    def _raised(self, paths: Paths, starting: Sequence[FloatArray]) -> list[Point]:
        """Points of a high common score: pushed up from the starts, and beyond, where the limit pays for more.

        A score that is pushed up stays where orders sleep; the least money for a score finds its way from afar. So
        higher scores are tried by bisection, and their money is compared with the limit.
        """
        push, limit = self.problem.descent(self.question), self.question.limit
        tried = ((x, self._score(push, paths, x)) for x in starting)
        best = _near([push.run(paths, x, score, STEPS, NARROW) for x, score in tried])
        low, high = best[0].score, self.question.top
        for _ in range(HALVINGS if limit is not None else 0):
            score = (low + high) / 2
            level = self.question.asked(score)
            asked = replace(self.question, level=level, raised=None, most=None, limit=None, least=True)
            search = self.problem.descent(asked)
            found = _near([search.run(paths, x, 0.0, STEPS) for x in (*starting, best[0].x)])
            dollars = found[0].reading.dollars
            if found[0].short <= ENOUGH and limit is not None and (dollars <= limit).all():
                low, best = score, [replace(point, score=score) for point in found]
            else:
                high = score
        return best

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

    def _score(self, descent: Descent, paths: Paths, x: FloatArray) -> float:
        """The score that the weakest of the raised cells has."""
        question = descent.question
        if question.raised is None or question.most is None:
            return 0.0
        share = (descent.at(paths, x, 0.0).reading.share - question.spare)[question.raised]
        least = float(np.minimum(share, question.most[question.raised]).min(initial=1.0))
        return float(np.clip(question.inversion.kappa(np.clip(least, 0.5, 0.9999)), 0.0, question.top))

    def _levels(self, paths: Paths, now: Point) -> tuple[Question, Point, tuple[float, ...]]:
        """Max-min beyond its first level: the cells that hold it down keep their score, the rest is raised further.

        In the question that comes back every cell has the score it was found at as its base.
        """
        question, scores = self.question, [now.score]
        if question.raised is None:
            return question, now, ()
        base = np.full(question.raised.shape, now.score)
        while question.raised is not None and len(scores) < LEVELS and now.score < question.top - BINDING:
            binding = np.zeros(question.raised.shape, dtype=np.bool_)
            if now.duals is not None:
                binding.ravel()[now.reading.cells] = now.duals > BINDING
            binding &= question.raised
            rest = question.raised & ~binding
            if not binding.any() or not rest.any():
                break
            held = np.where(binding, question.asked(now.score), question.level)
            question = replace(question, level=held, raised=rest)
            now = self.problem.descent(question).run(paths, now.x, now.score, TOUCH, NARROW, FIRM)
            scores.append(now.score)
            base = np.where(rest, now.score, base)
            if scores[-1] - scores[-2] < WORTH:
                break
        return replace(self.question, base=base, top=RISE), replace(now, score=0.0), tuple(scores)

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
        return replace(question, spare=spare, overrun=overrun, excess=excess)


def _near(points: list[Point]) -> list[Point]:
    """The best of the points, and a few that are nearly as good."""
    points = sorted(points, key=lambda point: point.merit(FIRM))
    first = points[0].merit(FIRM)
    return [point for point in points[:CARRIED] if point.merit(FIRM) <= first + CLOSE * max(abs(first), 1.0)]


def asked_of(question: Question, paths: int) -> Levels:
    """The quantile of dollars that a simulation is asked for: with some care, as it is a simulation."""
    error = AIM * float(standard_error(np.array(question.confidence), paths))
    items, periods = question.level.shape
    return no_levels(items, periods, float(min(question.confidence + error, 1 - 1e-9)))
