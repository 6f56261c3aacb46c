"""Money spent where it saves most: the exact optimum where levels need not be whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.models.single_period.steps import Steps


@dataclass(frozen=True, slots=True, eq=False)
class Offers:
    """Steps with what they cost and save; arrays (S,), steps that save nothing left out.

    `cost`: $ per unit; `value`: weighted expected backorders saved per unit; `rate`: saved per dollar, inf where free.
    """

    steps: Steps
    cost: FloatArray
    value: FloatArray
    rate: FloatArray

    @classmethod
    def of(cls, steps: Steps, unit_cost: FloatArray, weight: FloatArray) -> Offers:
        value = weight[steps.item] * steps.saves
        kept = value > 0
        steps = Steps(steps.item[kept], steps.low[kept], steps.high[kept], steps.saves[kept])
        cost, value = unit_cost[steps.item], value[kept]
        with np.errstate(over="ignore"):  # next to nothing saves next to everything per dollar: as good as free
            rate = np.divide(value, cost, out=np.full(len(value), np.inf), where=cost > 0)
        return cls(steps, cost, value, rate)


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """Units taken of each step (S,), and what one more dollar would save."""

    taken: FloatArray
    price: float


def fill(offers: Offers, budget: float) -> Fill:
    """The fractional knapsack: whole steps by falling rate while the money lasts, and a part of the next.

    Along an item the rate never rises, so that its steps are taken from below; the sum of what is saved is the largest
    there is (weak duality at the price). Equal rates: the item that stands first. O(S log S).
    """
    width = offers.steps.width
    order = np.argsort(-offers.rate, kind="stable")
    money = (offers.cost * width)[order]
    whole = int(np.searchsorted(np.cumsum(money), budget, side="right"))
    taken = np.zeros(len(width))
    taken[order[:whole]] = width[order[:whole]]
    if whole == len(order):
        return Fill(taken, 0.0)
    next_one = order[whole]
    left = budget - float(money[:whole].sum())
    taken[next_one] = np.clip(left / offers.cost[next_one], 0.0, width[next_one])
    return Fill(taken, float(offers.rate[next_one]))


def levels_of(steps: Steps, taken: FloatArray, items: int) -> FloatArray:
    """The level of each item (n,): how far its steps have been taken; a step taken whole ends where it ends."""
    reach = np.where(taken == steps.width, steps.high, steps.low + taken)
    levels = np.zeros(items)
    some = taken > 0
    np.maximum.at(levels, steps.item[some], reach[some])
    return levels
