"""Base stock: every period, each item is ordered up to its level."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.policies.demand_ahead import demand_ahead
from ccinv.policies.setting import HAIR, OTHERS, levels_of_service, safety_factor, safety_words, up
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class BaseStock:
    """Order up to S every period: what was sold, and what a rising forecast adds.

        S(t) = E D + z sd D,   y(t) = max(0, S(t) − position)

    D: demand over lead time and review after t (`demand_ahead`); z: standard normal quantile, of the store's service
    level for important items and of `others` for the rest. With normal demand and one certain lead time this is
    P{X ≥ 0} = that level exactly, once first stocks and falling forecasts are worked off. Orders cost nothing here.
    Source: Silver, Pyke and Thomas 2017, ch. 6, (R,S).
    """

    others: float = OTHERS
    name: str = "base stock"

    @property
    def words(self) -> str:
        return f"every period each item is ordered up to its level ({safety_words(self.others)})"

    def on(self, store: Store) -> UpTo:
        """Levels of a store's items."""
        ahead = demand_ahead(store)
        factor = safety_factor(levels_of_service(store, self.others))
        level = up(store, ahead.mean + factor[:, None] * ahead.sd)
        return UpTo(level, level, store.orders.whole)


@dataclass(frozen=True, slots=True, eq=False)
class UpTo:
    """At `reorder` (n, N) or below, up to `level` (n, N); units. `whole`: the gap is rounded up."""

    reorder: FloatArray
    level: FloatArray
    whole: bool
    together: bool = field(default=False, init=False)

    def rows(self, index: IntArray) -> UpTo:
        return UpTo(self.reorder[index], self.level[index], self.whole)

    def order(self, period: int, position: FloatArray) -> FloatArray:
        gap = np.maximum(self.level[:, period, None] - position, 0.0)
        if self.whole:
            gap = np.ceil(gap - HAIR * np.maximum(gap, 1.0))
        found: FloatArray = np.where(position <= self.reorder[:, period, None], gap, 0.0)
        return found
