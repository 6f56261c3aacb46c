"""A common score of many cells raised as far as a limit allows, then that of the cells which do not hold it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.sample_path.descent import Descent, Point
from ccinv.sample_path.draws import Paths
from ccinv.sample_path.placing import FIRM
from ccinv.sample_path.problem import Problem
from ccinv.sample_path.question import Question

Found = TypeVar("Found")

CARRIED, CLOSE = 3, 0.02  # points that are carried on, and how near to the best: few paths may choose the wrong one
STEPS, TOUCH = 15, 3  # steps from afar, and to touch up
NARROW = 0.3  # radius at first where many cells are raised together, or much is known
LEVELS = 4  # of max-min
WORTH = 0.01  # gain in score under which a level is the last
BINDING = 1e-6  # dual value from which a cell holds the score down
HALVINGS, ENOUGH = 5, 1e-3  # evaluations of the money that a score takes, and what may be short, as natural amounts
RISE = 0.1  # by how much scores may still rise after the last level


def raised(problem: Problem, question: Question, paths: Paths, starting: Sequence[FloatArray]) -> list[Point]:
    """Points of a high common score: pushed up from the starts, and beyond, where the limit pays for more.

    A score that is pushed up stays where orders sleep; the least money for a score finds its way from afar. So
    higher scores are tried by bisection, and their money is compared with the limit.
    """
    push, limit = problem.descent(question), question.limit
    pushed = near([push.run(paths, x, weakest_score(push, paths, x), STEPS, NARROW) for x in starting])
    if limit is None:
        return pushed

    def afforded(score: float, best: list[Point]) -> list[Point] | None:
        search = problem.descent(question.cheapest(score))
        found = near([search.run(paths, x, 0.0, STEPS) for x in (*starting, best[0].x)])
        fits = found[0].short <= ENOUGH and (found[0].reading.dollars <= limit).all()
        return [replace(point, score=score) for point in found] if fits else None

    return halved(pushed[0].score, question.top, pushed, afforded)[1]


def halved(low: float, high: float, best: Found, tried: Callable[[float, Found], Found | None]) -> tuple[float, Found]:
    """The greatest score between two for which something is found, and what; `best` is known for the low one."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        found = tried(middle, best)
        if found is None:
            high = middle
        else:
            low, best = middle, found
    return low, best


def weakest_score(descent: Descent, paths: Paths, x: FloatArray) -> float:
    """The score that the weakest of the raised cells has."""
    question = descent.question
    if question.raised is None or question.most is None:
        return 0.0
    share = (descent.at(paths, x, 0.0).reading.share - question.spare)[question.raised]
    least = float(np.minimum(share, question.most[question.raised]).min(initial=1.0))
    return float(np.clip(question.inversion.kappa(np.clip(least, 0.5, 0.9999)), 0.0, question.top))


def leveled(problem: Problem, asked: Question, paths: Paths, now: Point) -> tuple[Question, Point, tuple[float, ...]]:
    """Max-min beyond its first level: the cells that hold it down keep their score, the rest is raised further.

    In the question that comes back every cell has the score it was found at as its base.
    """
    question, scores = asked, [now.score]
    if question.raised is None:
        return question, now, ()
    base = np.full(question.raised.shape, now.score)
    while question.raised is not None and len(scores) < LEVELS and now.score < question.top - BINDING:
        binding = np.zeros(question.raised.shape, dtype=np.bool_) if now.duals is None else now.duals > BINDING
        binding &= question.raised
        rest = question.raised & ~binding
        if not binding.any() or not rest.any():
            break
        held = np.where(binding, question.asked(now.score), question.level)
        question = replace(question, level=held, raised=rest)
        now = problem.descent(question).run(paths, now.x, now.score, TOUCH, NARROW, FIRM)
        scores.append(now.score)
        base = np.where(rest, now.score, base)
        if scores[-1] - scores[-2] < WORTH:
            break
    return replace(asked, base=base, top=RISE), replace(now, score=0.0), tuple(scores)


def near(points: list[Point]) -> list[Point]:
    """The best of the points, and a few that are nearly as good."""
    points = sorted(points, key=lambda point: point.merit(FIRM))
    first = points[0].merit(FIRM)
    return [point for point in points[:CARRIED] if point.merit(FIRM) <= first + CLOSE * max(abs(first), 1.0)]
