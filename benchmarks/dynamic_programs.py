"""Dynamic programs over all ordering policies for one item: least expected cost, least money under a promise.

What any rule can reach at best, to hold plans against. `python -m benchmarks.dynamic_programs` prints the tables.

Periods t = 1..N. At the start of t what arrived in t − 1 becomes usable, the sales of t are served, what is not met is
owed; X(t) is the net stock then. After that an order is placed, with all that happened known. Each order arrives, on
its own, with probability p(j) in the j-th period after its own (0: in the same one), j ≤ 2, so that orders may cross.

**The state is small.** Let m be the position (net stock and all that is outstanding) before the order y of t, and
z = m + y. An order of t − 1 that is still outstanding arrives in t + 1 at the latest, so the one number needed beside m
is u, its size; older ones arrive in t for certain, and count as stock. Wherever y goes, the position of t + 1 is
z − S(t+1); only what is *usable* in t + 1 differs:

  x = m − u [u not usable] + y [y usable],  y usable with probability p(0),  u with probability q;

and y is what is outstanding in t + 1 with probability 1 − r, else nothing is. So with g(x) what is expected in t + 1
for usable stock x, and w(t) the price of a unit of position,

  V(t, m, u) = min over y ≥ 0 of  w(t) z + E g(x) + r E V(t+1, z − S, 0) + (1 − r) E V(t+1, z − S, y).

What arrives in t is seen in t + 1, when it becomes usable: q = p(1)/(p(1) + p(2)), r = p(0). With `seen` it is seen
before the order of t is placed: an order of t − 1 outstanding by then must arrive in t + 1, so q = 0, r = p(0) + p(1).
Seeing more can only be cheaper. Where p(1) or p(2) is 0 both are the same.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.signal import fftconvolve
from scipy.stats import gamma, poisson

Array = NDArray[np.float64]

TAIL = 1e-12  # of demand, moved to the largest one kept
FLAT = (20.0,) * 10
SEASON = (20.0, 30.0, 40.0, 20.0, 5.0, 5.0, 5.0, 20.0, 30.0, 40.0)
CROSSING = (0.3, 0.4, 0.3)
COSTS = (  # means, lead time, on hand
    ("flat", FLAT, (1.0,), 45),
    ("season", SEASON, (1.0,), 45),
    ("flat", FLAT, (0.5, 0.5), 60),
    ("flat", FLAT, CROSSING, 60),
    ("season", SEASON, CROSSING, 60),
    ("flat", FLAT, (0.5, 0.0, 0.5), 60),
    ("flat", FLAT, (0.2, 0.1, 0.7), 80),
)
PROMISES = tuple((lead, on_hand) for name, _, lead, on_hand in COSTS if name == "flat")


# Demand on a lattice


@dataclass(frozen=True)
class Sales:
    """The sales of one period: `mass[k]` of k steps, and P{S ≤ x}.

    `peak` is the highest value of the density of amounts, `bend` the steepest at which it falls.
    Counts are what they are. Amounts (gamma) are rounded to one of their two neighbours on the lattice, at random and
    so that the mean is kept: an expectation over the rounded amount is that of the chords of a function.
    """

    mass: Array
    at_most: Callable[[Array], Array]
    mean: float
    peak: float = 0.0
    bend: float = 0.0

    @classmethod
    def counts(cls, mean: float) -> Sales:
        most = int(poisson.isf(TAIL, mean))
        mass = poisson.pmf(np.arange(most + 1), mean)
        mass[-1] += 1 - mass.sum()
        return cls(mass, lambda x: poisson.cdf(np.floor(x + 1e-9), mean), mean)

    @classmethod
    def amounts(cls, mean: float, cv: float, step: float) -> Sales:
        if cv > 1:
            raise ValueError("an amount with cv above 1 has a density whose fall is not bounded")
        shape, scale = cv**-2, mean * cv**2
        at = step * np.arange(-1, int(gamma.isf(TAIL, shape, scale=scale) / step) + 3)
        unsold = at * gamma.cdf(at, shape, scale=scale) - mean * gamma.cdf(at, shape + 1, scale=scale)  # E (at − S)+
        mass = np.maximum(np.diff(unsold, 2) / step, 0.0)
        mass[-1] += 1 - mass.sum()
        fine = np.linspace(0, at[-1], 200_001)[1:]
        density = gamma.pdf(fine, shape, scale=scale)
        fall = density * (1 / scale - (shape - 1) / fine)  # minus the derivative; smooth, so the grid has its maximum
        peak, bend = 1.001 * float(density.max()), 1.001 * float(fall.max())
        return cls(mass, lambda x: gamma.cdf(x, shape, scale=scale), mean, peak, bend)


@dataclass(frozen=True)
class Chain:
    """One item on a lattice: positions `low`..`high` steps, orders of at most `most` steps.

    `covered`: what is owed is always on order, so that no position after an order is below 0 (the last order apart).
    A position below `low` is held at `low`; the value of what is missing is for the caller to say (`slope`).
    """

    sales: tuple[Sales, ...]
    lead: tuple[float, float, float]
    on_hand: int
    low: int
    high: int
    most: int
    step: float = 1.0
    seen: bool = False
    covered: bool = False

    def __post_init__(self) -> None:
        if min(self.lead) < 0 or abs(sum(self.lead) - 1) > 1e-12:
            raise ValueError(f"not a lead time that surely ends: {self.lead}")
        if not self.low <= self.on_hand <= self.high:
            raise ValueError("the stock on hand is outside of the positions")

    @property
    def periods(self) -> int:
        return len(self.sales)

    @property
    def now(self) -> float:
        """p(0)."""
        return self.lead[0]

    @property
    def older(self) -> float:
        """q: the outstanding order is usable in the next period."""
        return 0.0 if self._foreseen else self.lead[1] / (self.lead[1] + self.lead[2])

    @property
    def settled(self) -> float:
        """r: nothing will be outstanding at the next order."""
        return 1 - self.lead[2] if self._foreseen else self.now

    @property
    def _foreseen(self) -> bool:
        """When an outstanding order arrives is known at the order of t; one that arrives in t is no longer a state."""
        return self.seen or self.lead[2] == 0

    @property
    def sizes(self) -> int:
        """How many sizes an outstanding order can have, none included."""
        return 1 if self.settled > 1 - 1e-15 else self.most + 1

    @cached_property
    def position(self) -> Array:
        return self.step * np.arange(self.low, self.high + 1)

    @cached_property
    def usable(self) -> Array:
        """All stocks that can be usable: a position less an outstanding order."""
        return self.step * np.arange(self.low - self.sizes + 1, self.high + 1)

    def spread(self, of_usable: Array) -> Array:
        """A function of usable stock as one of (m, u) with u not usable."""
        windows = np.lib.stride_tricks.sliding_window_view(of_usable, self.sizes)
        return np.ascontiguousarray(windows[:, ::-1])

    def at_position(self, of_usable: Array) -> Array:
        return of_usable[self.sizes - 1 :]

    def expected(self, period: int, value: Array, slope: float) -> Array:
        """E value(z − S, u) for all (z, u); below `low` the value goes on with `slope` a unit of position."""
        mass = self.sales[period].mass
        below = np.repeat(value[:1], len(mass) - 1, axis=0)
        going_on = slope * self.step * np.arange(1 - len(mass), 0)
        extended = np.concatenate([below + going_on[:, None], value])
        return fftconvolve(extended, mass[:, None], mode="valid", axes=0)

    def sold(self, period: int, chance: Array) -> Array:
        """The law of (z − S, u) from that of (z, u)."""
        mass = self.sales[period].mass
        spread = fftconvolve(chance[::-1], mass[:, None], axes=0)
        spread[len(chance) - 1] += spread[len(chance) :].sum(axis=0)
        return np.maximum(spread[len(chance) - 1 :: -1], 0.0)


def backward(
    chain: Chain, stages: Sequence[Array], weight: Array, beyond: Array | None = None, keep: bool = False
) -> tuple[float, list[NDArray[np.int16]]]:
    """Least expected sum of `weight` × position after the order and of `stages` of usable stock; the best orders.

    `stages[t]` is g of period t over `Chain.usable`. The order of the last period can do nothing: it is 0.
    With `beyond`, by period no more than what comes after the next period from a position above `high`, the value is
    for orders and positions without limit, and too low rather than too high: what an order that is still outstanding
    in the next period has above `most` is stock then.
    """
    m, sizes, now, older, settled = len(chain.position), chain.sizes, chain.now, chain.older, chain.settled
    value = np.repeat(weight[-1] * chain.position[:, None], sizes, axis=1)
    orders: list[NDArray[np.int16]] = []
    for t in range(chain.periods - 2, -1, -1):
        after = chain.expected(t + 1, value, float(weight[t + 1 :].sum()))
        waiting = chain.spread(stages[t + 1])
        level = chain.at_position(stages[t + 1])
        unusable = (1 - now) * ((1 - older) * waiting + older * level[:, None])  # g of x where y is not usable
        of_z = weight[t] * chain.position + settled * after[:, 0] + now * older * level
        if chain.covered:
            of_z[chain.position < 0] = np.inf
        value = np.full((m, sizes), np.inf)
        order = np.zeros((m, sizes), dtype=np.int16)
        usable = now * (1 - older) * waiting
        if sizes == 1:  # all of it depends on z: the least over z ≥ m
            of_z = of_z + usable[:, 0]
            value[:, 0] = np.minimum.accumulate(of_z[::-1])[::-1]
            if keep:
                first = np.where(of_z == value[:, 0], np.arange(m), m)
                order[:, 0] = np.minimum.accumulate(first[::-1])[::-1] - np.arange(m)
        else:
            candidate = np.empty((m, sizes))
            better = np.empty((m, sizes), dtype=bool)
            for y in range(m if beyond is not None else min(chain.most + 1, m)):
                rows, size = m - y, min(y, chain.most)
                np.add(usable[y:], (of_z[y:] + (1 - settled) * after[y:, size])[:, None], out=candidate[:rows])
                if keep:
                    np.less(candidate[:rows], value[:rows], out=better[:rows])
                    np.copyto(order[:rows], y, where=better[:rows])
                np.minimum(candidate[:rows], value[:rows], out=value[:rows])
        if beyond is not None:
            np.minimum(value, now * stages[t + 1].min() + beyond[t], out=value)
        value += unusable
        orders.append(order)
    start = chain.expected(0, value, float(weight.sum()))[chain.on_hand - chain.low, 0]
    return float(start + stages[0][chain.on_hand - chain.low + sizes - 1]), orders[::-1]


@dataclass(frozen=True)
class Followed:
    """What orders lead to: E of each period's stage, E of the position after the order, P{an order as large as any}."""

    stages: Array
    position: Array
    largest: float


def forward(chain: Chain, orders: Sequence[NDArray[np.int16]], stages: Sequence[Array]) -> Followed:
    """Follow orders, given by period and (m, u), through the chain."""
    m, sizes, now, older, settled = len(chain.position), chain.sizes, chain.now, chain.older, chain.settled
    chance = np.zeros((m, sizes))
    chance[chain.on_hand - chain.low, 0] = 1.0
    chance = chain.sold(0, chance)
    met = np.empty(chain.periods)
    met[0] = stages[0][chain.on_hand - chain.low + sizes - 1]
    position = np.empty(chain.periods)
    largest = 0.0
    index = np.repeat(np.arange(m)[:, None], sizes, axis=1)
    for t, order in enumerate(orders):
        z = index + order
        level = chain.at_position(stages[t + 1])
        waiting = chain.spread(stages[t + 1])
        usable = (1 - older) * waiting[z, np.arange(sizes)] + older * level[z]
        not_usable = (1 - older) * waiting + older * level[:, None]
        met[t + 1] = np.sum(chance * (now * usable + (1 - now) * not_usable))
        position[t] = np.sum(chance * chain.position[z])
        full = (z == m - 1) & (order > 0) | (sizes > 1) & (order == chain.most)
        largest = max(largest, float(chance[full].sum()))
        placed = np.bincount((z * sizes).ravel(), settled * chance.ravel(), m * sizes)
        if sizes > 1:
            placed += np.bincount((z * sizes + order).ravel(), (1 - settled) * chance.ravel(), m * sizes)
        chance = chain.sold(t + 1, placed.reshape(m, sizes))
    position[-1] = np.sum(chance * chain.position[:, None])
    return Followed(met, position, largest)


def _lead(pmf: Sequence[float]) -> tuple[float, float, float]:
    if not 1 <= len(pmf) <= 3:
        raise ValueError("lead times of ages 0, 1 and 2 only: longer ones need more than one outstanding order")
    padded = (*map(float, pmf), 0.0, 0.0)
    return padded[0], padded[1], padded[2]


def _span(mean: Sequence[float], cv: float | None, periods: int, sds: float) -> float:
    """The most that consecutive periods sell, nearly for certain."""
    among = [np.asarray(mean[s : s + periods]) for s in range(max(len(mean) - periods, 0) + 1)]
    return max(float(one.sum() + sds * np.sqrt(np.sum(one if cv is None else (cv * one) ** 2))) for one in among)


# Least expected cost


def counted(
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: int,
    most: int | None = None,
    high: int | None = None,
    seen: bool = False,
) -> Chain:
    """The chain of an item that sells Poisson counts; no demand of it can leave the positions at the lower end."""
    sales = tuple(Sales.counts(one) for one in mean)
    most = int(_span(mean, None, 3, 8)) if most is None else most
    high = max(on_hand, int(_span(mean, None, 4, 8))) if high is None else high
    low = on_hand - sum(len(one.mass) - 1 for one in sales)
    return Chain(sales, _lead(pmf), on_hand, low, high, most, seen=seen)


def _cost_stages(chain: Chain, holding: float, shortage: float) -> list[Array]:
    stages = []
    for one in chain.sales:
        left = np.maximum(chain.usable[:, None] - np.arange(len(one.mass)), 0) @ one.mass
        owed = left - chain.usable + np.arange(len(one.mass)) @ one.mass
        stages.append(holding * left + shortage * owed)
    return stages


def least_cost(
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: int,
    holding: float,
    shortage: float,
    *,
    most: int | None = None,
    high: int | None = None,
    seen: bool = False,
) -> float:
    """Least E of the sum over t = 1..N of holding × X(t)+ + shortage × X(t)−, over all policies; Poisson sales.

    Exact on whole units (what rounding leaves apart, and a tail of 1e-12 of demand). `high` bounds the position after
    an order, and `most` the order, where one can stay outstanding; `cost_and_edge` tells whether the best policy
    touches them.
    """
    return cost_and_edge(mean, pmf, on_hand, holding, shortage, most=most, high=high, seen=seen)[0]


def cost_and_edge(
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: int,
    holding: float,
    shortage: float,
    *,
    most: int | None = None,
    high: int | None = None,
    seen: bool = False,
) -> tuple[float, float]:
    """The least cost, and the largest probability in any period that the best order is as large as it may be."""
    chain = counted(mean, pmf, on_hand, most, high, seen)
    stages = _cost_stages(chain, holding, shortage)
    cost, orders = backward(chain, stages, np.zeros(chain.periods), keep=True)
    followed = forward(chain, orders, stages)
    assert abs(followed.stages.sum() - cost) <= 1e-8 * max(cost, 1.0), "the best orders do not cost what they should"
    return cost, followed.largest


# Order-up-to levels, followed exactly


def _up_to(chain: Chain, levels: Sequence[int]) -> list[NDArray[np.int16]]:
    """Orders that bring the position to a level by period, at least."""
    index = np.arange(chain.low, chain.high + 1)
    least = chain.high - chain.low if chain.sizes == 1 else chain.most
    orders = [np.clip(level - index, 0, np.minimum(least, chain.high - index)) for level in levels[: chain.periods - 1]]
    return [np.repeat(one[:, None], chain.sizes, axis=1).astype(np.int16) for one in orders]


def _follow_levels(
    levels: Sequence[int],
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: int,
    stages: Callable[[Chain], list[Array]],
) -> Followed:
    high = max(on_hand, max(levels) + 1, int(_span(mean, None, 4, 8)))
    most = max(int(max(levels) + _span(mean, None, 3, 8)), 1)
    chain = counted(mean, pmf, on_hand, most, high)
    followed = forward(chain, _up_to(chain, levels), stages(chain))
    assert followed.largest < 1e-9, "orders larger than the lattice has"
    return followed


def levels_held(
    levels: Sequence[int], mean: Sequence[float], pmf: Sequence[float], on_hand: int
) -> tuple[Array, Array]:
    """P{X(t) ≥ 0} and E of the position after the order, by period, of whole order-up-to levels; Poisson sales, exact.

    Beside the bounds: what a plan is worth without any noise of simulation. A level below any position is no order.
    """
    followed = _follow_levels(
        levels, mean, pmf, on_hand, lambda chain: [one.at_most(chain.usable) for one in chain.sales]
    )
    return followed.stages, followed.position


def levels_cost(
    levels: Sequence[int],
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: int,
    holding: float,
    shortage: float,
) -> float:
    """What `least_cost` is the least of, for whole order-up-to levels."""
    followed = _follow_levels(levels, mean, pmf, on_hand, lambda chain: _cost_stages(chain, holding, shortage))
    return float(followed.stages.sum())


def best_levels(mean: Sequence[float], on_hand: int, holding: float, shortage: float) -> tuple[float, list[int]]:
    """The best order-up-to levels where every order arrives at once, by search one level at a time.

    The theorem says that they cost what the best policy costs; `cost_and_edge` does not know it.
    """
    chain = counted(mean, (1.0,), on_hand)
    stages = _cost_stages(chain, holding, shortage)

    def cost(levels: Sequence[int]) -> float:
        return float(forward(chain, _up_to(chain, levels), stages).stages.sum())

    levels = [round(one) for one in mean[1:]] + [0]  # the last order can do nothing
    best, improved = cost(levels), True
    while improved:
        improved = False
        for t in range(len(levels) - 1):
            for change in (16, 4, 1, -1, -4, -16):
                while True:
                    tried = [*levels[:t], min(levels[t] + change, chain.high), *levels[t + 1 :]]
                    found = cost(tried)
                    if found >= best - 1e-12:
                        break
                    levels, best, improved = tried, found, True
    return best, levels


# Least money under a promise of service: a bound from below


def ceilings(mean: Sequence[float], pmf: Sequence[float], on_hand: float, cv: float | None = None) -> Array:
    """The most that P{X(t) ≥ 0} can be, by period: with orders without limit it is missed only where none arrives."""
    arrived = np.cumsum(_lead(pmf))
    best = np.empty(len(mean))
    step = 1.0 if cv is None else max(min(mean) / 100, sum(mean) / 20_000)
    law = np.ones(1)
    for t, one in enumerate(mean):
        sales = Sales.counts(one) if cv is None else Sales.amounts(one, cv, step)
        law = fftconvolve(law, sales.mass)
        enough = law[: int(np.floor(on_hand / step + 1e-9)) + 1].sum()
        best[t] = 1 - (1 - enough) * np.prod([1 - arrived[min(j, 2)] for j in range(t)])
    return best


def promised(
    mean: Sequence[float], pmf: Sequence[float], on_hand: float, alpha: float, cv: float | None = None
) -> NDArray[np.bool_]:
    """The periods whose promise can be kept by orders: not those before any arrival, nor those out of reach."""
    reached = np.cumsum(_lead(pmf))[np.minimum(np.maximum(np.arange(len(mean)) - 1, 0), 2)] > 0
    return reached & (np.arange(len(mean)) > 0) & (ceilings(mean, pmf, on_hand, cv) > alpha)


@dataclass(frozen=True)
class Promise:
    """One item, P{X(t) ≥ 0} ≥ alpha for the periods `kept`, and the money it takes: mean over t of the position.

    Counts: orders are whole. Amounts (`cv`): orders may be any number, and what the lattice of `step` may hide is
    subtracted (`hidden`).
    """

    mean: tuple[float, ...]
    pmf: tuple[float, ...]
    on_hand: float
    alpha: float
    kept: NDArray[np.bool_]
    cv: float | None = None
    step: float = 1.0
    seen: bool = False
    covered: bool = False
    sds: float = 6.0

    @cached_property
    def chain(self) -> Chain:
        def steps(amount: float) -> int:
            return int(np.ceil(amount / self.step))

        on_hand = round(self.on_hand / self.step)
        if abs(on_hand * self.step - self.on_hand) > 1e-9:
            raise ValueError("the stock on hand is not on the lattice")
        sales = tuple(
            Sales.counts(one) if self.cv is None else Sales.amounts(one, self.cv, self.step) for one in self.mean
        )
        high = max(on_hand, 0) + steps(_span(self.mean, self.cv, 4, self.sds))
        low = min(on_hand - 1, -steps(_span(self.mean, self.cv, 2, self.sds)))
        most = max(steps(_span(self.mean, self.cv, 3, self.sds)), -low)  # from `low` to 0, where orders are covered
        return Chain(sales, _lead(self.pmf), on_hand, low, high, most, self.step, self.seen, self.covered)

    @cached_property
    def served(self) -> list[Array]:
        return [one.at_most(self.chain.usable) for one in self.chain.sales]

    def _stages(self, price: Array) -> list[Array]:
        return [-one * share for one, share in zip(price, self.served, strict=True)]

    @property
    def _weight(self) -> Array:
        return np.full(len(self.mean), 1 / len(self.mean))

    def cut(self, price: Array) -> tuple[float, Array]:
        """The Lagrangian's least value over the policies of the lattice, and its slope in the prices."""
        value, orders = backward(self.chain, self._stages(price), self._weight, keep=True)
        served = forward(self.chain, orders, self.served).stages
        return value + self.alpha * float(price.sum()), np.where(self.kept, self.alpha - served, 0.0)

    def hidden(self, price: Array) -> float:
        """How far amounts between lattice points can be below what the lattice says; 0 for counts.

        Along m, and along y, the function that is minimised is bent upwards by at most K(t) = Σ over s > t of price(s)
        × bend(s): money is straight, −price × P{S ≤ x} is bent by no more than price times the fall of the density,
        and neither a mean of such functions nor the least of them (over y) is bent more than they are. A function
        that is bent by at most K is nowhere more than K step²/8 below its chords between neighbours. So one such
        amount for the sales of each period (whose chords `Sales` takes), and one for y; the sales of the last period
        cost nothing, money being straight.

        Where orders are covered V has a corner at m = 0 besides, a lattice point: below it y ≥ −m, not y ≥ 0, takes
        over. Its slope rises there by no more than W, the weights to come (all that one more unit ordered can cost),
        which the sales of the period smooth to a bend of W × `peak` for the periods before; and below it, where
        orders up to one z are compared, nothing is bent more than K(t).
        """
        bends = np.array([one.bend for one in self.chain.sales]) * price
        if self.covered:
            to_come = np.cumsum(self._weight[::-1])[::-1]
            bends[:-1] += np.array([one.peak for one in self.chain.sales[:-1]]) * to_come[:-1]
        bent = np.array([bends[t + 1 :].sum() for t in range(len(price) - 1)])
        return float(2 * bent.sum() * self.chain.step**2 / 8)

    def bound(self, price: Array) -> float:
        """A bound from below on the money of every policy that keeps the promise, from any prices ≥ 0.

        What the lattice leaves out is put in at less than it can cost, so that no window has to be believed:

        - *Positions below `low`*: V(m) ≥ V(low) − (low − m) W, W the weights to come: who starts at low instead can
          order the same less the first low − m units; he has no less stock at any time and at most that much more
          money in it. `Chain.expected` goes on with that slope.
        - *Orders above `most`*: what is still outstanding of one in the next period counts as no more than `most`, the
          rest as stock, which can only serve better.
        - *Positions above `high`*: no less money than without any later order, and all promises after the next period
          served for certain, that of the next one where the order is usable.
        """
        if (price < 0).any():
            raise ValueError("a price below 0 gives no bound")
        price = np.where(self.kept, price, 0.0)
        weight, count = self._weight, len(self.mean)
        high = np.empty(count)
        for t in range(count):
            going = self.chain.high * self.chain.step - np.concatenate([[0.0], np.cumsum(self.mean[t + 1 :])])
            high[t] = weight[t:] @ going - price[t + 2 :].sum()
        value, _ = backward(self.chain, self._stages(price), weight, high)
        return value + self.alpha * float(price.sum()) - self.hidden(price)


def highest(
    cut: Callable[[Array], tuple[float, Array]], start: Array, kept: NDArray[np.bool_], tol: float, most: int = 400
) -> tuple[Array, float, float]:
    """Prices at which a concave function is highest, its value there, and one that it exceeds nowhere within reach.

    The planes that touch it are kept; the next prices are where the lowest of them is highest, in a box around the best
    so far that grows with success; at the end in one that is wider than the prices by far.
    """
    index = np.flatnonzero(kept)
    centre = np.where(kept, start, 0.0)
    value, slope = cut(centre)
    best = value
    rows, offsets = [np.append(-slope[index], 1.0)], [value - slope @ centre]
    width, far = 0.5 * float(centre.max()), 100 * float(centre.max())

    def top(reach: float) -> tuple[Array, float]:
        """Where the lowest plane is highest, prices differing from the centre's by at most `reach`."""
        box = [(max(one - reach, 0.0), one + reach) for one in centre[index]]
        aim = np.append(np.zeros(len(index)), -1.0)
        found = linprog(aim, np.array(rows), np.array(offsets), bounds=[*box, (None, None)], method="highs")
        assert found.status == 0, found.message
        prices = np.zeros(len(kept))
        prices[index] = np.maximum(found.x[:-1], 0.0)
        return prices, float(found.x[-1])

    for _ in range(most):
        tried, hoped = top(width)
        if hoped - best <= tol:  # nothing left in the box: look outside
            tried, hoped = top(far)
            if hoped - best <= tol:
                break
        value, slope = cut(tried)
        rows.append(np.append(-slope[index], 1.0))
        offsets.append(value - slope @ tried)
        gain = (value - best) / (hoped - best)
        if gain > 0.1:
            edge = np.abs(tried - centre).max() > 0.99 * width
            centre, best = tried, value
            width *= 2 if gain > 0.5 and edge else 1
        elif gain < -1 or gain < 0.02:
            width *= 0.6
    return centre, best, top(far)[1]


def service_bound(
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: float,
    alpha: float,
    *,
    cv: float | None = None,
    step: float | None = None,
    kept: NDArray[np.bool_] | None = None,
    tol: float = 1e-5,
    seen: bool = False,
    covered: bool = False,
) -> tuple[float, Array]:
    """A bound from below on the mean over t of E position(t), over all policies that keep the promise; its prices.

    P{X(t) ≥ 0} ≥ alpha for the periods `kept` (all that orders can keep: `promised`); sales are Poisson, or gamma with
    `cv`, for which prices are sought on a coarse lattice (a twentieth of the mean) and the bound is taken from them on
    a fine one: `step`, or an eightieth. Policies may use all that has happened, and chance: over these the bound is
    reached up to `tol` and, for amounts, `Promise.hidden`. Unit cost 1; the position counts what is owed as negative,
    so that over all policies it can pay to give up for good on nearly 1 − alpha of the paths. With `covered` the
    policies are those that have all that is owed on order, as rules with a ≥ 1 have; the bound over all policies holds
    for them too, and can be the higher one by what is hidden.
    """
    given = {"cv": cv, "step": step, "kept": kept, "tol": tol, "seen": seen, "covered": covered}
    return tight_bound(mean, pmf, on_hand, alpha, **given)[:2]


def tight_bound(
    mean: Sequence[float],
    pmf: Sequence[float],
    on_hand: float,
    alpha: float,
    *,
    cv: float | None = None,
    step: float | None = None,
    kept: NDArray[np.bool_] | None = None,
    tol: float = 1e-5,
    seen: bool = False,
    covered: bool = False,
) -> tuple[float, Array, float, float]:
    """What `service_bound` says, a value that no prices exceed (amounts: on the coarse lattice), what may be hidden."""
    if kept is None:
        kept = promised(mean, pmf, on_hand, alpha, cv)
    if not kept.any():
        raise ValueError("no order can keep any promise")

    def on(lattice: float) -> Promise:
        return Promise(tuple(mean), tuple(pmf), on_hand, alpha, kept, cv, lattice, seen, covered)

    middle = float(np.mean(mean))
    sd = np.sqrt(mean) if cv is None else cv * np.asarray(mean)
    problem = on(1.0 if cv is None else _lattice(middle / 20, on_hand))
    price, _, above = highest(problem.cut, 10 * sd / len(mean), kept, tol * middle)
    if cv is not None:
        problem = on(_lattice(middle / 80, on_hand) if step is None else step)
    return problem.bound(price), price, above, problem.hidden(price)


def _lattice(about: float, on_hand: float) -> float:
    """A step near one, on whose lattice the stock on hand lies."""
    return on_hand / round(on_hand / about) if abs(on_hand) > about else about


def _measured(head: str, lines: Sequence[Callable[[], str]]) -> None:
    print(f"\n| {head} | s | MB so far |\n|{'---|' * (head.count('|') + 3)}")
    for line in lines:
        begun = time.process_time()
        text = line()
        seconds, memory = time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {text} | {seconds:.1f} | {memory:.0f} |", flush=True)


def _told_cost(name: str, mean: tuple[float, ...], lead: tuple[float, ...], on_hand: int) -> str:
    cost, edge = cost_and_edge(mean, lead, on_hand, 1.0, 19.0)
    chain = counted(mean, lead, on_hand)
    wider = least_cost(mean, lead, on_hand, 1.0, 19.0, most=chain.most + 30, high=chain.high + 60)
    seen = least_cost(mean, lead, on_hand, 1.0, 19.0, seen=True)
    return f"{name} | {lead} | {on_hand} | {cost:.6f} | {edge:.0e} | {wider - cost:+.0e} | {seen:.6f}"


def _told_bound(lead: tuple[float, ...], on_hand: int, cv: float | None, seen: bool, covered: bool) -> str:
    bound, price, above, hidden = tight_bound(FLAT, lead, on_hand, 0.95, cv=cv, seen=seen, covered=covered)
    kept = " ".join(str(t + 1) for t in np.flatnonzero(promised(FLAT, lead, on_hand, 0.95, cv)))
    prices = " ".join(f"{one:.3g}" for one in price)
    policies = ("covered" if covered else "all") + (", arrivals of t seen" if seen else "")
    said = f"{'Poisson' if cv is None else f'gamma {cv:g}'} | {lead} | {on_hand} | {policies} | {kept}"
    return f"{said} | {bound:.4f} | {hidden:.4f} | {above:.4f} | {prices}"


def main() -> None:
    """Print both tables."""
    head = "least cost: means | lead time | on hand | cost | at the edge | if wider | arrivals of t seen"
    _measured(head, [partial(_told_cost, *case) for case in COSTS])
    head = "bound: sales | lead time | on hand | policies | promised | bound | hidden | no more | prices"
    cases = [(*one, cv, False, covered) for covered in (True, False) for cv in (None, 0.45) for one in PROMISES]
    cases += [(*one, None, True, True) for one in PROMISES if min((*one[0], 0.0)[1:3]) > 0]
    _measured(head, [partial(_told_bound, *case) for case in cases])


if __name__ == "__main__":
    main()
