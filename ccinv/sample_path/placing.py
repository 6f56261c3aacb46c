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
from ccinv.sample_path.exact import Certain
from ccinv.sample_path.problem import Problem
from ccinv.sample_path.question import Question

AWAY = (0.97, 0.94, 0.9, 0.8, 0.65, 0.5, 0.25)  # of the way to the best levels, where these cost too much
MARGIN = 3e-4  # by how much a simulated cell whose law has atoms may be below its level
NEAR = 0.01  # of the most dollars: periods whose dollars are nearer to it count in full, others for so much
ROUNDING = 1e-9
FIRST, FURTHEST, CLOSE = 0.05, 4.0, 0.002  # by how much scores give way at first, at most, and to what accuracy
STEPS, RADIUS, FIRM = 3, 0.1, 50.0  # of the search for the other items; penalty on what is short
FEW, NOTABLE = 20, 1e-3  # items, and share of the dollars, for which the lattice is searched for its own sake
CERTAIN = 1 - 1e-6
CLOSELY = 1e-3  # share of the dollars that may be too much where nothing has a lattice: corrections see to it
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

    @property
    def coarse(self) -> bool:
        """Whether items are few, and one grain of some is a notable part of all the dollars sold in the mean."""
        store = self.problem.store
        if np.count_nonzero(self.items) > FEW:
            return False
        grain = store.unit_cost * np.where(self.items, self.problem.grain, 0.0)
        return bool(grain.max() > NOTABLE * (store.unit_cost @ store.demand.mean).max())

    def placed(self, now: Point) -> Point:
        """Levels on the lattice, the cheapest that keep all promises, and the other items moved to go with them.

        Scores give way until the money is kept; where a loss is least, levels are nearest to what they were, or on the
        way from there to the cheapest ones, as the money allows.
        """
        items = self.items
        if not items.any():
            far = not self.affordable(now) and self._over(now).max() > CLOSELY * now.reading.dollars.max()
            return self._settled(now, items) if far else now
        plain = self.wanted(now, items)
        if self.question.raised is not None:
            return self._settled(self._gives_way(now, plain), items)
        if self.question.loss is None:
            return self._settled(self.on(now, plain, now.score), items)
        nearest = replace(plain, lowers=False, up=0.5)
        cheapest: Point | None = None
        for share in (1.0, *AWAY):
            start = now if cheapest is None else replace(now, x=cheapest.x + share * (now.x - cheapest.x))
            near = self._settled(self.on(start, nearest, now.score), items)
            if self.affordable(near):
                return near
            cheapest = cheapest or self._settled(self.on(now, plain, now.score), items)
        return cheapest or now

    def lifted(self, now: Point) -> Point:
        """Levels on the lattice raised where something is short, and nothing else."""
        items = self.items
        ask = replace(self.wanted(now, items), lowers=False)
        return self._settled(self.on(now, ask, now.score), items)

    def wanted(self, now: Point, items: BoolArray) -> atoms.Wanted:
        """How some items (n,) may move, a dollar of a period priced as in the last step."""
        prices = now.prices
        if prices is None or prices.max() <= 0:
            prices = binding(now.reading.dollars)
        return self.priced(prices / prices.max(), items)

    def priced(self, price: FloatArray, items: BoolArray) -> atoms.Wanted:
        """The same for given prices (N,), 1 at most."""
        return atoms.Wanted(items, np.maximum(price, NEAR), MARGIN, self.problem.least, self.problem.falls)

    def on(self, now: Point, ask: atoms.Wanted, score: float, asked: FloatArray | None = None) -> Point:
        """The point on the lattice for a score, or for the probabilities `asked`, where these are given."""
        problem, asked = self.problem, self.question.asked(score) if asked is None else asked
        levels = self.levels(levels_of(problem.layout, now.x), ask, asked)
        x = problem.with_levels(now.x, levels, ask.items)
        return problem.descent(self.question).at(self.paths, x, score)

    def levels(self, levels: FloatArray, ask: atoms.Wanted, asked: FloatArray) -> FloatArray:
        """Levels (n, N) on the lattice for the probabilities asked.

        Where service can be computed, it is: a simulation of an atom at the very level asked is a coin.
        """
        known = {i: one for i, one in self.computed.items() if ask.items[i]}
        by_paths = ask.items.copy()
        by_paths[list(known)] = False
        levels = atoms.placed(self.paths, levels, self.question.on_paths(asked), replace(ask, items=by_paths))
        for item, one in known.items():
            nearest = np.ceil(levels[item] / one.grain - ask.up) * one.grain
            least = one.least(asked[item], ask.least[item])
            levels[item] = least if ask.lowers else np.maximum(least, nearest)
        return levels

    @property
    def computed(self) -> dict[int, Certain]:
        """Items whose least levels are computed."""
        return {} if np.isfinite(self.problem.falls).any() else self.problem.certain

    def _settled(self, now: Point, items: BoolArray) -> Point:
        """The point with all other items moved to where they are best beside these."""
        question = self.question.without(items)
        rest = self.problem.descent(question, items)
        if len(rest.columns.free) == 0:
            return now
        point = rest.run(self.paths, now.x, now.score, STEPS, RADIUS, FIRM)
        for _ in range(TIGHTER):
            if question.limit is None or self.affordable(point):
                break
            # what the lattice takes must come from far, and an atom of the dollars may stand just above their limit
            question = replace(question, limit=question.limit - MORE * self._over(point))
            point = self.problem.descent(question, items).run(self.paths, point.x, now.score, FAR, 1.0, FIRM)
        score = now.score if items.any() else point.score  # that of levels on the lattice does not move
        return self.problem.descent(self.question).at(self.paths, point.x, score)

    def affordable(self, point: Point) -> bool:
        """Whether the limit is kept, as far as these paths know."""
        return self.question.least or self.question.limit is None or not self._over(point).any()

    def _over(self, point: Point) -> FloatArray:
        """Dollars above the limit, (N,)."""
        limit = 0.0 if self.question.limit is None else self.question.limit
        over = point.reading.spent - limit
        return np.where(over > ROUNDING * np.abs(limit), over, 0.0)

    def _gives_way(self, now: Point, plain: atoms.Wanted) -> Point:
        """The least fall of all scores with which the limit is kept."""
        rough = replace(plain, sweeps=0)

        def lowered(by: float) -> Point:
            return self.on(now, rough, now.score - by)

        return self.on(now, plain, _least_fall(lowered, self.affordable).score)

    def weakest(self, now: Point) -> float:
        """The least service of the cells that are raised and can have more."""
        share, question = self.share(now), self.question
        if question.raised is None or question.most is None:
            return CERTAIN
        return float(share[question.raised & (share < question.most - MARGIN)].min(initial=CERTAIN))

    def keeps(self, now: Point) -> bool:
        """Whether every cell has what is asked of it, as far as these paths know."""
        return bool((np.nan_to_num(self.question.asked(now.score) - self.share(now), nan=-1.0) <= MARGIN).all())

    def share(self, now: Point) -> FloatArray:
        """Service of every cell, (n, N): computed, or as the paths have it less what they get wrong."""
        computed = self.problem.computed(now.x)
        return np.where(np.isfinite(computed), computed, now.reading.share - self.question.spare)


def binding(dollars: FloatArray) -> FloatArray:
    """1 in periods whose dollars are about the most, 0 elsewhere, (N,)."""
    found: FloatArray = 1.0 * (dollars >= dollars.max() - NEAR * abs(dollars.max()))
    return found


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
