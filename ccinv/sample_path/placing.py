"""A point of the search put on the lattice of demand, wherever a promise or a score depends on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.sample_path import atoms
from ccinv.sample_path.coefficients import levels_of
from ccinv.sample_path.descent import Point
from ccinv.sample_path.draws import Paths
from ccinv.sample_path.problem import Problem
from ccinv.sample_path.question import Question

AWAY = (0.97, 0.94, 0.9, 0.8, 0.65, 0.5, 0.25)  # of the way to the best levels, where these cost too much
MARGIN = 3e-4  # by how much a simulated cell whose law has atoms may be below its level
NEAR = 0.01  # of the most dollars: periods whose dollars are nearer to it count in full, others for so much
ROUNDING = 1e-9
FIRST, FURTHEST, CLOSE = 0.05, 4.0, 0.002  # by how much scores give way at first, at most, and to what accuracy
CLIMBS = 30  # times that a weakest item is raised, at most
STEPS, RADIUS, FIRM = 3, 0.1, 50.0  # of the search for the other items; penalty on what is short
FAR = 15  # steps of that search where the limit is not kept
TIGHTER, MORE = 3, 1.5  # times that the limit is made tighter then, by how much of what is too much


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """A problem and a question on fixed paths."""

    problem: Problem
    question: Question
    paths: Paths

    @property
    def items(self) -> BoolArray:
        """Items (n,) whose levels belong on a lattice."""
        asked = np.isfinite(self.question.asked(0.0)).any(axis=1)
        found: BoolArray = (self.problem.grain > 0) & asked & self.problem.contains_levels
        return found

    def placed(self, now: Point) -> Point:
        """Levels on the lattice, the cheapest that keep all promises, and the other items moved to go with them.

        Scores give way until the money is kept; where a loss is least, levels are nearest to what they were, or on the
        way from there to the cheapest ones, as the money allows.
        """
        items = self.items
        if not items.any():
            return now
        plain = self._wanted(now, items)
        if self.question.raised is not None:
            return self._climbed(self._settled(self._gives_way(now, plain), items), items)
        if self.question.loss is None:
            return self._settled(self._on(now, plain, now.score), items)
        nearest = replace(plain, lowers=False, up=0.5)
        cheapest: Point | None = None
        for share in (1.0, *AWAY):
            start = now if cheapest is None else replace(now, x=cheapest.x + share * (now.x - cheapest.x))
            near = self._settled(self._on(start, nearest, now.score), items)
            if self._affordable(near):
                return near
            cheapest = cheapest or self._settled(self._on(now, plain, now.score), items)
        return cheapest or now

    def lifted(self, now: Point) -> Point:
        """Levels on the lattice raised where something is short, and nothing else."""
        items = self.items
        ask = replace(self._wanted(now, items), lowers=False)
        return self._settled(self._on(now, ask, now.score), items)

    def _wanted(self, now: Point, items: BoolArray) -> atoms.Wanted:
        dollars, prices = now.reading.dollars, now.prices
        if prices is None or prices.max() <= 0:
            prices = 1.0 * (dollars >= dollars.max() - NEAR * abs(dollars.max()))
        level, price = self.question.levels(now.score), np.maximum(prices / prices.max(), NEAR)
        return atoms.Wanted(level, items, price, MARGIN, self.problem.least, self.problem.falls)

    def _on(self, now: Point, ask: atoms.Wanted, score: float, asked: FloatArray | None = None) -> Point:
        """Levels on the lattice for a score, or for the probabilities `asked`, where these are given.

        Where service can be computed, it is: a simulation of an atom at the very level asked is a coin.
        """
        problem, asked = self.problem, self.question.asked(score) if asked is None else asked
        ask = replace(ask, level=self.question.on_paths(asked))
        known = {} if np.isfinite(ask.falls).any() else {i: one for i, one in problem.certain.items() if ask.items[i]}
        by_paths = ask.items.copy()
        by_paths[list(known)] = False
        levels = atoms.placed(self.paths, levels_of(problem.layout, now.x), replace(ask, items=by_paths))
        for item, one in known.items():
            nearest = np.ceil(levels[item] / one.grain - ask.up) * one.grain
            least = one.least(asked[item], ask.least[item])
            levels[item] = least if ask.lowers else np.maximum(least, nearest)
        x = problem.with_levels(now.x, levels, ask.items)
        return problem.descent(self.question).at(self.paths, x, score)

    def _settled(self, now: Point, items: BoolArray) -> Point:
        """The point with all other items moved to where they are best beside these."""
        question = self.question.without(items)
        rest = self.problem.descent(question, items)
        if len(rest.columns.free) == 0:
            return now
        point = rest.run(self.paths, now.x, now.score, STEPS, RADIUS, FIRM)
        for _ in range(TIGHTER):
            if question.limit is None or self._affordable(point):
                break
            # what the lattice takes must come from far, and an atom of the dollars may stand just above their limit
            question = replace(question, limit=question.limit - MORE * self._over(point))
            point = self.problem.descent(question, items).run(self.paths, point.x, now.score, FAR, 1.0, FIRM)
        return self.problem.descent(self.question).at(self.paths, point.x, now.score)

    def _affordable(self, point: Point) -> bool:
        """Whether the limit is kept, as far as these paths know."""
        return self.question.least or self.question.limit is None or not self._over(point).any()

    def _over(self, point: Point) -> FloatArray:
        """Dollars above the limit, (N,)."""
        limit = 0.0 if self.question.limit is None else self.question.limit
        over = point.reading.spent - limit
        return np.where(over > ROUNDING * np.abs(limit), over, 0.0)

    def _gives_way(self, now: Point, plain: atoms.Wanted) -> Point:
        """The least fall of all scores with which the limit is kept."""

        def lowered(by: float) -> Point:
            return self._on(now, plain, now.score - by)

        return _least_fall(lowered, self._affordable)

    def _climbed(self, now: Point, items: BoolArray) -> Point:
        """The weakest item raised, again and again, for what the limit has left."""
        question = self.question
        if question.raised is None or question.most is None or not self._affordable(now):
            return now
        for _ in range(CLIMBS):
            share = self._share(now)
            low = question.raised & (share < question.most)
            weakest = np.where(low, share, np.inf).min(axis=1)
            item = int(weakest.argmin())
            if not items[item] or not low[item].any():
                break
            asked = question.asked(now.score)
            more = np.minimum(weakest[item] + MARGIN + 1 / self.paths.count, question.most[item])
            asked[item] = np.where(low[item], np.fmax(asked[item], more), asked[item])
            trial = self._on(now, self._wanted(now, np.arange(len(items)) == item), now.score, asked)
            higher = self._share(trial)[item][low[item]].min() > weakest[item]
            if not higher or not self._affordable(trial):
                break
            now = trial
        return now

    def _share(self, now: Point) -> FloatArray:
        """Service of every cell, (n, N): computed, or as the paths have it less what they get wrong."""
        computed = self.problem.computed(now.x)
        return np.where(np.isfinite(computed), computed, now.reading.share - self.question.spare)


def _least_fall(lowered: Callable[[float], Point], fits: Callable[[Point], bool]) -> Point:
    point = lowered(0.0)
    if fits(point):
        return point
    low, high = 0.0, FIRST
    while not fits(point := lowered(high)):
        low, high = high, 2 * high
        if high > FURTHEST:
            return point
    while high - low > CLOSE:
        middle = (low + high) / 2
        trial = lowered(middle)
        if fits(trial):
            high, point = middle, trial
        else:
            low = middle
    return point
