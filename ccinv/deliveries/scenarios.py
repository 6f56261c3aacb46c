"""What demand that is not constant asks of deliveries, in scenarios of some of what is random.

A known path of demand: given the amounts, delivery i has to come by φ(M + A_(i−1)), and the times that pass such bounds
are counted exactly. Random demand: given how deliveries and demands take turns, M + A_ν ≥ B_k binds after ν deliveries
for the last demand k before the next, which is what deliveries ask of a constant demand, with one family of amounts
for the points and the other for the drivers. Where a step of bounds up is followed by one down, so that neither family
can drive, amounts delivered are drawn as well.

Scenarios are scrambled Sobol points through the conditional beta laws of marks, in `REPLICATES` independent
scramblings whose spread tells how exact their mean is; where nothing is left to draw there is one, and it is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv
from scipy.stats import qmc

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.counting import Numbers, Stages
from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.stages import One, Ruled, asked_of_points, stacked

REPLICATES = 16
POINTS = 1024  # in each
SPLIT = 64  # amounts drawn for a turn of deliveries and demands that neither family can drive
SEED = 1978


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Scenarios of random demand: `ruled` stages of S of them, `weight` (R, S): their shares in each replicate.

    `smooth`: whether the probability in each is a smooth function of the stock, so that it has a slope.
    """

    ruled: Ruled
    weight: FloatArray
    smooth: bool

    @property
    def stages(self) -> Stages:
        """What is asked of counts."""
        return self.ruled.stages

    def lengths(self, stock: Numbers) -> Numbers:
        """Bounds for stocks (k,): (k·S, n), all scenarios of the first stock first."""
        every = np.tile(np.arange(len(self.ruled.rate)), len(stock))
        return self.ruled.rows(every).lengths(np.repeat(stock, len(self.ruled.rate)))


@dataclass(frozen=True, slots=True, eq=False)
class AlongPath:
    """Scenarios of the amounts (S, n) delivered `before` each delivery: bounds (φ(M + A_(i−1)) − iγ)/τ on the times."""

    stages: Stages
    path: DemandPath
    before: FloatArray
    times: Marks
    weight: FloatArray
    smooth: bool = True

    def lengths(self, stock: Numbers) -> Numbers:
        """Bounds for stocks (k,): (k·S, n), a bound above a later one being as good as that one."""
        have = (stock[:, None, None] + self.before).reshape(-1, self.before.shape[1])
        bound = (self.path.until(have) - self.times.least) / self.times.scale
        # what the whole cycle asks for in the end must be there too
        done = np.repeat(stock.real + 1.0 >= self.path.cumulative[-1], len(self.before))
        bound = np.where(done[:, None], bound, -1.0)
        for i in range(bound.shape[1] - 2, -1, -1):
            bound[:, i] = np.where(bound[:, i].real <= bound[:, i + 1].real, bound[:, i], bound[:, i + 1])
        return bound


def along_path(times: Marks, amounts: Marks, path: DemandPath) -> Turns | AlongPath:
    """Deliveries against a path of demand."""
    if times.fixed is not None:
        needed = path.by(times.fixed)
        # what is short at the end of the cycle is short whatever comes first
        needed[0] = max(needed[0], path.cumulative[-1] - 1.0)
        asked = Marks(np.zeros(0, dtype=np.int64), 0, 0.0, len(needed), needed)
        order = np.arange(len(needed))
        return Turns(stacked([_counting_deliveries(amounts, asked, order, order + 1)]), np.ones((1, 1)), True)
    (before,) = drawn([amounts])
    before = np.concatenate([np.zeros((len(before), 1)), before], axis=1)
    each = np.zeros(len(before), dtype=np.int64)
    rows = np.tile(times.positions, (len(before), 1))
    stages = Stages(rows, each + times.sample, np.zeros_like(rows), each, np.zeros(len(each)))
    return AlongPath(stages, path, before, times, _shares(len(before)))


def against(times: Marks, amounts: Marks, demand_times: Marks, demands: Marks) -> Turns:
    """Deliveries against random demand of the same kind."""
    when, asked_at = drawn([times, demand_times])
    come = (when[:, :, None] < asked_at[:, None, :]).sum(axis=1)
    turns, which = np.unique(come, axis=0, return_inverse=True)
    share = np.zeros((len(_shares(len(come))), len(turns)))
    for replicate, part in enumerate(np.split(which.ravel(), len(share))):
        share[replicate] = np.bincount(part, minlength=len(turns)) / len(part)
    each: list[One] = []
    weight: list[FloatArray] = []
    smooth = True
    for turn, column in zip(turns, share.T, strict=True):
        # the last demand before each delivery; after the last delivery everything has come
        last = np.flatnonzero(np.append(np.diff(turn) > 0, True))
        last = last[turn[last] < times.size]
        if not len(last):
            continue
        ones = list(_keeping_up(amounts, demands, turn[last], last + 1))
        smooth &= len(ones) == 1
        each += ones
        weight += [column / len(ones)] * len(ones)
    return Turns(stacked(each), np.array(weight).T, smooth)


def _keeping_up(amounts: Marks, demands: Marks, come: IntArray, asked: IntArray) -> Iterator[One]:
    """A_ν + M ≥ B_k for pairs (ν, k) = (come, asked): one material, or several of equal weight."""
    # what the least amounts add to the bounds: between these pairs, before the first and after the last of them
    lead = come * amounts.step - asked * demands.step
    up = (np.diff(lead) >= 0).all() and (come[0] == 0 or lead[0] >= 0)
    left = (demands.size + 1 - asked[-1]) * demands.step - (amounts.size + 1 - come[-1]) * amounts.step
    down = (np.diff(lead) <= 0).all() and (asked[-1] == demands.size + 1 or left >= 0)
    if demands.fixed is not None or (amounts.fixed is None and down):
        yield _counting_deliveries(amounts, demands, come, asked)
    elif amounts.fixed is not None or up:
        yield _counting_demands(amounts, demands, come, asked)
    else:
        points = qmc.Sobol(amounts.size, rng=np.random.default_rng(SEED)).random(SPLIT)
        for row in amounts.placed(_ordered(amounts, points)):
            certain = Marks(np.zeros(0, dtype=np.int64), 0, 0.0, amounts.parts, row)
            yield _counting_demands(certain, demands, come, asked)


def _counting_demands(amounts: Marks, demands: Marks, come: IntArray, asked: IntArray) -> One:
    """Demands B_k as points below M + A_ν, forwards."""
    had = np.concatenate([[0.0], amounts.least])[come]
    wanted = np.concatenate([[0.0], demands.least, [1.0 - demands.scale]])[asked]
    places = np.concatenate([[0], _places(demands), [demands.sample + 1]])[asked]
    return asked_of_points(demands, places, had - wanted, amounts, np.concatenate([[0], _places(amounts)])[come])


def _counting_deliveries(amounts: Marks, demands: Marks, come: IntArray, asked: IntArray) -> One:
    """Amounts A_ν as points 1 − y below M − B_k, from the last of them backwards."""
    had = np.concatenate([[amounts.scale], amounts.greatest])[come]
    wanted = np.concatenate([[0.0], demands.greatest, [1.0]])[asked]
    places = amounts.sample + 1 - np.concatenate([[0], _places(amounts)])[come]
    turned = demands.sample + 1 - np.concatenate([[0], _places(demands), [demands.sample + 1]])[asked]
    drivers = turned if demands.fixed is None else np.zeros(len(asked))
    return asked_of_points(amounts, places[::-1], (had - wanted)[::-1], demands, drivers[::-1])


def _places(marks: Marks) -> IntArray:
    return marks.positions if marks.fixed is None else np.zeros(marks.size, dtype=np.int64)


def _shares(scenarios: int) -> FloatArray:
    """Weights of drawn scenarios in each replicate, (R, S); of the only one: 1."""
    if scenarios == 1:
        return np.ones((1, 1))
    return np.repeat(np.eye(REPLICATES), scenarios // REPLICATES, axis=1) * (REPLICATES / scenarios)


def drawn(families: list[Marks]) -> list[FloatArray]:
    """Marks of independent families, (S, K) each; S = 1 where all of them are certain."""
    wide = sum(len(one.positions) for one in families)
    if not wide:
        return [one.fixed[None, :].copy() for one in families if one.fixed is not None]
    seeds = np.random.SeedSequence(SEED).spawn(REPLICATES)
    points = np.concatenate([qmc.Sobol(wide, rng=np.random.default_rng(seed)).random(POINTS) for seed in seeds])
    found, at = [], 0
    for one in families:
        if one.fixed is not None:
            found.append(np.tile(one.fixed, (len(points), 1)))
            continue
        found.append(one.placed(_ordered(one, points[:, at : at + one.size])))
        at += one.size
    return found


def _ordered(marks: Marks, points: FloatArray) -> FloatArray:
    """Selected numbers of ordered samples, (S, K), from uniform points: each given the one before it."""
    found = np.empty(points.shape)
    last, place = np.zeros(len(points)), 0
    for column, position in enumerate(marks.positions):
        share = betaincinv(position - place, marks.sample + 1 - position, points[:, column])
        last = last + (1.0 - last) * share
        found[:, column] = last
        place = int(position)
    return found
