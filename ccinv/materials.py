"""Materials whose deliveries come at random, in units and dollars, and the initial stocks chosen for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries import Deliveries, Fit


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """Linear limits of stocks, Σ_j per_unit_kj · units_j ≤ most_k: space, money. `per_unit` (k, m); `most` (k,)."""

    name: tuple[str, ...]
    per_unit: FloatArray
    most: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Materials:
    """What a production needs of m materials in a cycle, and what is asked of their initial stocks.

    `period`: days of a cycle; `fits`: how laws of deliveries go with a history, None where they were given. Per unit:
    `price` (m,); in units: `demand` of a cycle (m,), which its deliveries bring as well, bounds `lower`, `upper` (m,),
    `shortage_limit` (m, n), inf where there is none; `shortage_price` (m, n): $ per unit short before a delivery.
    `reliability`: asked for all materials together, None where only shortages are limited or priced.
    """

    name: str
    period: float
    material: tuple[str, ...]
    deliveries: tuple[Deliveries, ...]
    fits: tuple[Fit | None, ...]
    price: FloatArray
    demand: FloatArray
    lower: FloatArray
    upper: FloatArray
    shortage_limit: FloatArray
    shortage_price: FloatArray
    limits: Limits | None
    reliability: float | None

    @property
    def count(self) -> int:
        """m."""
        return len(self.material)

    @property
    def number(self) -> int:
        """n, the largest number of deliveries."""
        return max(one.number for one in self.deliveries)


@dataclass(frozen=True, slots=True, eq=False)
class StockPlan:
    """Initial stocks as shares of the demand of a cycle, (m,), and what they come to.

    `reliabilities` (m,); `reliability`: of all together; `shortage_probability`, `expected_shortage` (m, n): just
    before each delivery, in shares; `cost`, `penalty`, `bound`, `price_of_reliability`: dollars, the last for a
    reliability higher by one per cent of itself, NaN where it is not known. `levels`, `costs` (k,): what other
    reliabilities would cost, penalties included, NaN where they cannot be had; empty for very many materials.
    """

    known: Materials
    stock: FloatArray
    cost: float
    penalty: float
    bound: float
    reliabilities: FloatArray
    reliability: float
    shortage_probability: FloatArray
    expected_shortage: FloatArray
    price_of_reliability: float
    levels: FloatArray
    costs: FloatArray

    @property
    def units(self) -> FloatArray:
        """The stocks in units, (m,)."""
        found: FloatArray = self.stock * self.known.demand
        return found

    @property
    def gap(self) -> float:
        """How far cost and penalty can be above the least possible, relative."""
        total = self.cost + self.penalty
        return (total - self.bound) / total if total > self.bound else 0.0

    @property
    def conditional_shortage(self) -> FloatArray:
        """E[shortage | shortage] just before each delivery, (m, n), in shares; 0 where there is none."""
        chance = self.shortage_probability
        found: FloatArray = np.divide(self.expected_shortage, chance, out=np.zeros(chance.shape), where=chance > 0)
        return found
