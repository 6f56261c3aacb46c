"""Order-up-to levels as shortest paths: a node per period, an arc per cycle from one order to the next.

    arc j → e + 1:  setup(j) + c(j) L + Σ over t in j..e of h(t) E(L − D(j..t))⁺ − c(e + 1) (L − μ(j..e))

L = level(j, e). What is left at the end of a cycle is credited at the unit cost of the next order, so that arcs add up.
A level below the mean stock at the end of the cycle before would need a negative order: where a shortest path has one,
labels of cost and stock take its place, with L = max(level(j, e), stock), and are as exact.
Source: Tarim and Kingsman 2004; Tarim, Doğru, Özen and Rossi 2011.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.lots import Lots
from ccinv.models.lot_sizing.needs import Needs, backlog

ROUNDING = 1e-9  # of an item's mean demand: by how much a level may be below a stock that it equals


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """For each item its orders (n, N), levels (n, N, NaN without an order), mean stock (n, N) and cost (n,).

    `labelled`: items whose shortest path would have needed a negative order.
    """

    setup: BoolArray
    level: FloatArray
    stock: FloatArray
    cost: FloatArray
    labelled: BoolArray


def speculative(known: Lots, needs: Needs) -> BoolArray:
    """Items (n,) that may gain by more stock than a cycle needs, because a unit is cheap before it gets dear."""
    rise = known.unit_cost[:, 1:] - known.unit_cost[:, :-1]
    stays = known.holding_cost[:, :-1] * ndtr(needs.kappa)[:, None]
    found: BoolArray = np.any(rise > stays * (1 + 1e-12), axis=1)
    return found


def shortest_paths(known: Lots, needs: Needs) -> Paths:
    """The best cycles of every item by itself: without capacity, minimum lots and speculation."""
    items, periods = known.items, known.periods
    arcs, opening = _arcs(known, needs)
    best = np.full((items, periods + 1), np.inf)
    best[:, 0] = -known.unit_cost[:, 0] * known.on_hand
    origin = np.full((items, periods + 1), -1)
    for e in range(periods):
        through = best[:, : e + 1] + arcs[:, : e + 1, e]
        origin[:, e + 1] = np.argmin(through, axis=1)
        best[:, e + 1] = np.take_along_axis(through, origin[:, e + 1, None], axis=1)[:, 0]
        stays = opening[:, e] <= best[:, e + 1]
        origin[stays, e + 1] = -1
        best[stays, e + 1] = opening[stays, e]
    setup, level, stock = _walked(known, needs, origin)
    cost = best[:, -1].copy()
    entering = np.append(known.on_hand[:, None], stock[:, :-1], axis=1)
    room = ROUNDING * np.maximum(known.demand.mean.mean(axis=1), 1e-300)
    labelled = (setup & (np.where(setup, level, np.inf) < entering - room[:, None])).any(axis=1)
    for i in np.flatnonzero(labelled):
        cost[i], setup[i], level[i], stock[i] = _labels(known, needs, int(i), opening[i])
    return Paths(setup, level, stock, cost, labelled)


def _arcs(known: Lots, needs: Needs) -> tuple[FloatArray, FloatArray]:
    """Costs of cycles (n, N, N), inf where e < j, and of opening stock alone up to e (n, N), inf where it is short."""
    items, periods = known.items, known.periods
    following = np.append(known.unit_cost[:, 1:], np.zeros((items, 1)), axis=1)
    arcs = np.full((items, periods, periods), np.inf)
    for j in range(periods):
        level = needs.level[:, j, j:]
        mean, sd = needs.mean[:, j, None, j:], needs.sd[:, j, None, j:]
        kept = known.holding_cost[:, None, j:] * _on_hand(level[:, :, None] - mean, sd)
        within = np.tril(np.ones((periods - j, periods - j), dtype=np.bool_))
        held = np.where(within, kept, 0.0).sum(axis=2)
        closing = level - needs.mean[:, j, j:]
        arcs[:, j, j:] = (
            known.setup_cost[:, j, None] + known.unit_cost[:, j, None] * level + held - following[:, j:] * closing
        )
    left = known.on_hand[:, None] - needs.mean[:, 0]
    enough = np.logical_and.accumulate(left >= needs.target[:, 0] - ROUNDING * _size(known)[:, None], axis=1)
    held = np.cumsum(known.holding_cost * _on_hand(left, needs.sd[:, 0]), axis=1)
    return arcs, np.where(enough, held - following * left, np.inf)


def _on_hand(mean: FloatArray, sd: FloatArray) -> FloatArray:
    return mean + backlog(mean, np.broadcast_to(sd, mean.shape))


def _size(known: Lots) -> FloatArray:
    found: FloatArray = known.demand.mean.mean(axis=1)
    return found


def _walked(known: Lots, needs: Needs, origin: IntArray) -> tuple[BoolArray, FloatArray, FloatArray]:
    """Orders, levels and mean stock along the paths, from their ends backwards."""
    items, periods = known.items, known.periods
    setup = np.zeros((items, periods), dtype=np.bool_)
    level = np.full((items, periods), np.nan)
    stock = known.on_hand[:, None] - needs.mean[:, 0]
    node = np.full(items, periods)
    for t in range(periods, 0, -1):  # t: the node at the end of the period before
        here = np.flatnonzero((node == t) & (origin[:, t] >= 0))
        start = origin[here, t]
        setup[here, start] = True
        level[here, start] = needs.level[here, start, t - 1]
        own = np.arange(periods) >= start[:, None]
        own &= np.arange(periods) < t
        filled = level[here, start][:, None] - needs.mean[here, start]
        stock[here] = np.where(own, filled, stock[here])
        node[here] = start
    return setup, level, stock


@dataclass(frozen=True, slots=True, eq=False)
class _Label:
    """A way to the start of a period: its cost, the mean stock there, and the order and label it came by."""

    cost: float
    stock: float
    start: int
    level: float
    before: _Label | None


def _labels(known: Lots, needs: Needs, i: int, opening: FloatArray) -> tuple[float, BoolArray, FloatArray, FloatArray]:
    """The best cycles of item i whose levels are not below the stock they find."""
    periods = known.periods
    following = np.append(known.unit_cost[i, 1:], 0.0)
    at: list[list[_Label]] = [[] for _ in range(periods + 1)]
    at[0].append(_Label(-known.unit_cost[i, 0] * known.on_hand[i], float(known.on_hand[i]), -1, np.nan, None))
    for e in np.flatnonzero(np.isfinite(opening)):
        at[e + 1].append(_Label(float(opening[e]), float(known.on_hand[i] - needs.mean[i, 0, e]), -1, np.nan, None))
    for j in range(periods):
        mean, sd, hold = needs.mean[i, j, j:], needs.sd[i, j, j:], known.holding_cost[i, j:]
        within = np.tril(np.ones((periods - j, periods - j), dtype=np.bool_))
        for label in _undominated(at[j]):
            level = np.maximum(needs.level[i, j, j:], label.stock)
            kept = hold * _on_hand(level[:, None] - mean, np.broadcast_to(sd, within.shape))
            closing = level - mean
            cost = label.cost + known.setup_cost[i, j] + known.unit_cost[i, j] * level
            cost += np.where(within, kept, 0.0).sum(axis=1) - following[j:] * closing
            for k in range(periods - j):
                at[j + k + 1].append(_Label(float(cost[k]), float(closing[k]), j, float(level[k]), label))
    best = min(at[periods], key=lambda label: label.cost)
    setup = np.zeros(periods, dtype=np.bool_)
    levels = np.full(periods, np.nan)
    stock = known.on_hand[i] - needs.mean[i, 0]
    end, step = periods, best
    while step.start >= 0 and step.before is not None:
        setup[step.start], levels[step.start] = True, step.level
        stock[step.start : end] = step.level - needs.mean[i, step.start, step.start : end]
        end, step = step.start, step.before
    return best.cost, setup, levels, stock


def _undominated(labels: list[_Label]) -> list[_Label]:
    """Labels that no other one beats in both cost and stock: less stock can be filled up, more cannot be taken back."""
    kept: list[_Label] = []
    for label in sorted(labels, key=lambda one: (one.cost, one.stock)):
        if not kept or label.stock < kept[-1].stock:
            kept.append(label)
    return kept
