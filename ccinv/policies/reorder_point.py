"""(r,Q): at the reorder point or below, an economic quantity is ordered, item by item."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.policies.demand_ahead import demand_ahead
from ccinv.policies.setting import (
    OTHERS,
    costs_of,
    costs_words,
    economic_quantity,
    levels_of_service,
    safety_factor,
    safety_words,
    up,
)
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class ReorderPoint:
    """(r,Q) as a base's supply system has it: set item by item, blind to the budget.

        r(t) = E D + z sd D,   Q = √(2 K d / (h c)),   y(t) = Q · (⌊(r(t) − position)/Q⌋ + 1) where position ≤ r(t)

    D: demand over lead time and review after t (`demand_ahead`); z: standard normal quantile, of the store's service
    level for important items and of `others` for the rest; K: `order_cost`, $ per order; h: `holding_rate`, per
    period, of unit cost c; d: mean demand per period. Review is continuous, on period data: what passed the point more
    than once in a period is ordered as often, so that the position ends in (r, r + Q]. Reorder points follow the
    forecast, as they are computed anew with it; quantities do not. No quantity is larger than the demand of the
    horizon, and where K = 0 the gap alone is ordered. Source: Newton 1990, §1.2, who orders below r instead of at r.
    """

    order_cost: ArrayLike
    holding_rate: ArrayLike
    others: float = OTHERS
    name: str = "(r,Q)"

    @property
    def words(self) -> str:
        return (
            f"at or below its reorder point an economic quantity of the item is ordered, whatever is in the fund "
            f"({safety_words(self.others)}; {costs_words(self.order_cost, self.holding_rate)})"
        )

    def on(self, store: Store) -> Lots:
        """Reorder points and quantities of a store's items."""
        order_cost, holding_rate = costs_of(store, self.order_cost, self.holding_rate)
        ahead = demand_ahead(store)
        factor = safety_factor(levels_of_service(store, self.others))
        reorder = ahead.mean + factor[:, None] * ahead.sd
        return Lots(up(store, reorder), economic_quantity(store, order_cost, holding_rate))


@dataclass(frozen=True, slots=True, eq=False)
class Lots:
    """Reorder points (n, N) and the quantities (n,) that orders are multiples of; units."""

    reorder: FloatArray
    quantity: FloatArray
    together: bool = field(default=False, init=False)

    def rows(self, index: IntArray) -> Lots:
        return Lots(self.reorder[index], self.quantity[index])

    def order(self, period: int, position: FloatArray) -> FloatArray:
        gap = self.reorder[:, period, None] - position
        lot = self.quantity[:, None]
        lots = np.floor(np.divide(gap, lot, out=np.zeros_like(gap), where=lot > 0)) + 1.0
        found: FloatArray = np.where(gap >= 0, np.where(lot > 0, lots * lot, gap), 0.0)
        return found
