"""Claim: the levels of 100 000 items with 20 possible demands each are found in at most 5 seconds, and are optimal.

What is timed is `cc.single_period(...)` from a law that exists. Its answer is then held against a bound that shares no
step with it: at any price λ, Σ min over y of (π E(y) + λ c y), minus λ Imax, is below every objective that the budget
allows, and each minimum lies at 0 or at a possible demand. Whole levels are told beside it, with their proven gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ccinv as cc
from benchmarks.clock import median, timed
from benchmarks.row import Job, Row, at_most, told

SEED = 2
CLAIMED = (100_000, 20)  # items, possible demands
MOST_SECONDS = 5.0
PROVEN = 1e-9  # relative: objective against the bound
SHARE = 0.4  # of the money that would cover the largest demand of every item

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stand:
    """A store for one period: a law, unit costs in dollars and cents, weights, and a limit that binds."""

    law: cc.demand.Discrete
    unit_cost: FloatArray
    weight: FloatArray
    budget: float

    def levels(self, integer: bool) -> Any:
        return cc.single_period(self.law, self.unit_cost, self.weight, self.budget, integer)


def stand(items: int, demands: int) -> Stand:
    """The store of that size: seeded once, never changed."""
    rng = np.random.default_rng([SEED, items, demands])
    values = rng.integers(0, 200, (items, demands)).astype(np.float64)
    law = cc.demand.Discrete(values, rng.dirichlet(np.ones(demands), items))
    cost = np.round(rng.lognormal(3.0, 1.0, items), 2)
    return Stand(law, cost, rng.uniform(0.5, 3.0, items), SHARE * float(cost @ values.max(axis=1)))


def bound(given: Stand, price: float) -> float:
    """What no levels within the budget can be below, by weak duality at a price."""
    values, chance = given.law.values, given.law.probabilities[:, 0]
    least = given.weight * (chance * values).sum(axis=1)  # y = 0
    for level in values.T:
        short = (chance * np.maximum(values - level[:, None], 0)).sum(axis=1)
        least = np.minimum(least, given.weight * short + price * given.unit_cost * level)
    return float(least.sum() - price * given.budget)


def seconds(items: int, demands: int, integer: bool, repeats: int) -> Row:
    """Processor seconds of one size, after its answer was proven."""
    given = stand(items, demands)
    runs = [timed(partial(given.levels, integer)) for _ in range(repeats)]
    found = runs[-1].value
    assert found.spent <= given.budget * (1 + 1e-9), f"{found.spent:.10g} spent of {given.budget:.10g}"
    proven = bound(given, found.price)
    above = (found.objective - proven) / found.objective
    assert above >= -PROVEN, f"objective {found.objective:.12g} below a bound of {proven:.12g}"
    name, size, took = "levels" + ", whole" * integer, f"{items} × {demands} demands", median([run.cpu for run in runs])
    if integer:
        return told(f"seconds, {name}", size, took, f"proven gap {found.gap:.0e}; {above:.0e} above parts of units")
    assert above <= PROVEN, f"objective {found.objective:.12g} above a bound of {proven:.12g} by {above:.0e}"
    detail = f"{above:.0e} above the bound; {found.spent / given.budget:.9f} of the budget spent"
    if (items, demands) == CLAIMED:
        return at_most(f"seconds, {name}", size, took, MOST_SECONDS, detail)
    return told(f"seconds, {name}", size, took, detail)


def jobs(sizes: tuple[int, ...] = (1_000, 10_000, CLAIMED[0]), demands: int = CLAIMED[1]) -> list[Job]:
    """Every size in parts of units and in whole ones."""
    return [partial(seconds, items, demands, integer, 3) for integer in (False, True) for items in sizes]
