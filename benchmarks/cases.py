"""The stores that every benchmark runs on: seeded once, never changed, with a limit on money that binds.

A base-supply store: a few dear items among many cheap ones, sales with a season, orders that take up to six periods
and arrive all or nothing, every third item with a promise of 95 %. What is on hand covers the first six periods and a
little more, so that every promise can be kept; the limit is a tenth above the least that keeps them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import ccinv as cc

FloatArray = NDArray[np.float64]

SEED = 1998
AGES = 6  # J
TIGHT = 1.1  # the limit, as a multiple of the least one
LEAST = {  # dollars: the optimum of MinimumBudget with φ = 0.95
    (6, 4): 11_666.416_561,
    (20, 8): 119_873.432_54,
    (100, 12): 801_581.811_04,
    (100, 48): 823_916.571_65,
    (1000, 12): 6_726_393.200_4,
}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The arrays of a store: what a user has before ccinv sees anything. `limit`: dollars, None for no budget."""

    unit_cost: FloatArray
    on_hand: FloatArray
    important: NDArray[np.bool_]
    mean: FloatArray
    sd: FloatArray
    pmf: FloatArray
    limit: float | None

    def store(self) -> cc.Store:
        """The arrays as a store."""
        return cc.Store(
            unit_cost=self.unit_cost,
            on_hand=self.on_hand,
            important=self.important,
            demand=cc.demand.Normal(self.mean, self.sd),
            lead_time=cc.LeadTime(self.pmf),
            budget=None if self.limit is None else cc.Budget(self.limit, 0.95),
            service=cc.Service(0.95, unattainable="best"),
        )


def case(items: int, periods: int) -> Case:
    """The store of that size; its limit is TIGHT · LEAST where the least is on record, else it has none."""
    rng = np.random.default_rng([SEED, items, periods])
    month = np.arange(periods) + rng.integers(0, 12, items)[:, None]
    mean = rng.lognormal(3.0, 1.0, items)[:, None] * (1 + 0.25 * np.sin(2 * np.pi * month / 12))
    first = mean[:, : min(AGES, periods)].sum(axis=1)
    least = LEAST.get((items, periods))
    return Case(
        sd=mean * rng.uniform(0.15, 0.4, items)[:, None],
        pmf=rng.dirichlet([1, 2, 3, 3, 2, 1], items),
        unit_cost=rng.lognormal(3.0, 1.0, items),
        important=np.arange(items) % 3 == 0,
        on_hand=np.round(first * rng.uniform(1.1, 1.5, items)),
        mean=mean,
        limit=None if least is None else TIGHT * least,
    )
