"""Levels on the lattice of demand exchanged for each other: one higher, others as low as that allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.sample_path.descent import Point
from ccinv.sample_path.draws import Draws
from ccinv.sample_path.moving import executed, wanted
from ccinv.sample_path.placing import Placing, binding
from ccinv.sample_path.reading import may_be_short

RISES = (0.2, 0.5)  # of a mean sale that levels are raised by, beside a grain: atoms of a law can be far apart


def cheapest(placing: Placing, points: list[Point]) -> Point:
    """The point that needs least money on the lattice; the first, where levels have no lattice."""
    points = points if placing.items.all() else points[:1]
    return min((placing.placed(point) for point in points), key=lambda point: float(point.reading.spent.max()))


def exchanged(placing: Placing, now: Point) -> Point:
    """One level after another raised, and others lowered for it, wherever less money is needed then."""
    problem, asked, x = placing.problem, placing.question.asked(now.score), now.x
    every = np.arange(len(problem.grain))
    outlays = [_outlay(placing, x, placing.paths.of(item)) for item in range(len(every))]
    total = np.sum(outlays, axis=0)
    money = _money(placing, total)
    # computed levels are the least already
    for item in sorted(set(np.flatnonzero(placing.items).tolist()) - set(placing.computed)):
        draws = placing.paths.of(item)
        grain, mean = problem.grain[item], problem.store.demand.mean[item].mean()
        rises = np.unique([grain, *(np.ceil(share * mean / grain) * grain for share in RISES)])
        for period, rise in product(range(problem.store.periods - 1), rises):
            ask = replace(placing.priced(binding(money.spent), every == item), sweeps=0)
            levels = placing.levels(problem.raised(x, item, period, rise), ask, asked)
            trial = problem.with_levels(x, levels, every == item)
            outlay = _outlay(placing, trial, draws)
            then = _money(placing, total - outlays[item] + outlay)
            if then.key < money.key:
                total, x, money, outlays[item] = total - outlays[item] + outlay, trial, then, outlay
    return problem.descent(placing.question).at(placing.paths, x, now.score)


@dataclass(frozen=True, slots=True, eq=False)
class _Money:
    """Dollars kept with the confidence asked, (N,), and their mean."""

    spent: FloatArray
    mean: float

    @property
    def key(self) -> tuple[float, float]:
        """The most of a period, to rounding, then the mean."""
        return float(f"{self.spent.max():.9g}"), self.mean


def _outlay(placing: Placing, x: FloatArray, draws: Draws) -> FloatArray:
    """Dollars of an item under a decision, (N, P)."""
    layout, shape = placing.problem.layout, placing.problem.store.demand.mean.shape
    slope, level = layout.slope.at(x).reshape(shape), layout.level.at(x).reshape(shape)
    store, ordered = draws.store, executed(wanted(draws, slope[draws.rows], level[draws.rows]))
    found: FloatArray = store.unit_cost[0] * (store.on_hand[0] + store.on_order[0] - draws.sold[0] + ordered[0])
    return found


def _money(placing: Placing, outlay: FloatArray) -> _Money:
    paths, question = placing.paths.count, placing.question
    rank = paths - 1 - int(may_be_short(np.array(question.confidence), paths))
    spent = np.partition(outlay, rank, axis=1)[:, rank] + question.excess
    return _Money(spent, float(outlay.mean()))
