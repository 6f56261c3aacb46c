"""The weakest item of a max-min question raised on the lattice of demand, for what its limit has left."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccinv.arrays import BoolArray
from ccinv.sample_path.descent import Point
from ccinv.sample_path.placing import MARGIN, Placing

CLIMBS = 30  # times that a weakest item is raised, at most
RISES = (1, 2, 4, 8, 16)  # grains of one level that are tried where no cheapest rise is left


def climbed(placing: Placing, now: Point, *, free: bool = False) -> Point:
    """The weakest item raised, again and again, for what the limit has left; `free`: by single levels, too."""
    question, items = placing.question, placing.items
    if question.raised is None or question.most is None or not placing.affordable(now):
        return now
    for _ in range(CLIMBS):
        share = placing.share(now)
        low = question.raised & (share < question.most)
        weakest = np.where(low, share, np.inf).min(axis=1)
        item = int(weakest.argmin())
        if not items[item] or not low[item].any():
            break
        trial = _cheapest_rise(placing, now, item, weakest[item], low[item])
        if trial is None and free:
            trial = _free_rise(placing, now, item, low[item])
        if trial is None:
            break
        now = trial
    return now


def _cheapest_rise(placing: Placing, now: Point, item: int, weakest: float, low: BoolArray) -> Point | None:
    """More than the weakest service in all cells of an item that are `low` (N,), if the limit pays for it."""
    asked = placing.question.asked(now.score)
    more = weakest + MARGIN + 1 / placing.paths.count
    if placing.question.most is not None:
        more = np.minimum(more, placing.question.most[item])
    asked[item] = np.where(low, np.fmax(asked[item], more), asked[item])
    ask = replace(placing.wanted(now, np.arange(len(asked)) == item), sweeps=0)
    trial = placing.on(now, ask, now.score, asked)
    higher = placing.share(trial)[item][low].min() > weakest
    return trial if higher and placing.affordable(trial) else None


def _free_rise(placing: Placing, now: Point, item: int, low: BoolArray) -> Point | None:
    """The rise of one level of an item that helps its weakest cell most within the limit.

    What one period has left serves later ones, too, where orders of theirs cost more than the limit has.
    """
    problem, best = placing.problem, None
    before = most = float(placing.share(now)[item][low].min())
    for period in range(problem.store.periods - 1):
        for grains in RISES:
            levels = problem.raised(now.x, item, period, grains * problem.grain[item])
            x = problem.with_levels(now.x, levels, np.arange(len(levels)) == item)
            trial = problem.descent(placing.question).at(placing.paths, x, now.score)
            share = float(placing.share(trial)[item][low].min())
            if not placing.affordable(trial) or share <= before:
                break
            if share > most:
                best, most = trial, share
    return best
