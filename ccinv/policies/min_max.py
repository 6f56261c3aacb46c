"""(s,S): at s or below, each item is ordered up to S."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.policies.base_stock import UpTo
from ccinv.policies.demand_ahead import demand_ahead
from ccinv.policies.setting import (
    OTHERS,
    costs_of,
    costs_words,
    horizon_demand,
    levels_of_service,
    safety_factor,
    safety_words,
    up,
)
from ccinv.store import Store

FEW = 1.5  # periods of demand in an order below which the approximation is no longer good


@dataclass(frozen=True, slots=True, eq=False)
class MinMax:
    """(s,S), reviewed every period, set by the revised power approximation.

        S − s = 1.30 μ^0.494 (K/hc)^0.506 (1 + σ²/μ²)^0.116
        s = 0.973 m + σ (0.183/ζ + 1.063 − 2.192 ζ),   ζ² = (S − s) hc / (σ π)

    m, σ: mean and deviation of the demand over lead time and review (`demand_ahead`), μ: its mean per period; K:
    `order_cost`, $; h: `holding_rate`, per period, of unit cost c; π/(π + hc), with π the cost of a unit owed, is the
    probability of not running short: the store's service level for important items, `others` for the rest. Where
    S − s is less than 1.5 μ neither exceeds the base stock m + zσ. Levels follow the forecast. S − s is at most the
    demand of the horizon, and s not below 0: the regression behind the formula knows no item slow enough to be
    ordered only once units are owed. Source: Ehrhardt and Mosier 1984 (Ehrhardt 1984 for random lead times).
    """

    order_cost: ArrayLike
    holding_rate: ArrayLike
    others: float = OTHERS
    name: str = "(s,S)"

    @property
    def words(self) -> str:
        return (
            f"at or below s the item is ordered up to S ({safety_words(self.others)}; "
            f"{costs_words(self.order_cost, self.holding_rate)})"
        )

    def on(self, store: Store) -> UpTo:
        """Levels of a store's items."""
        order_cost, holding_rate = costs_of(store, self.order_cost, self.holding_rate)
        service = levels_of_service(store, self.others)
        ahead = demand_ahead(store)
        rate = ahead.mean / ahead.periods[:, None]
        holding = np.maximum(holding_rate * store.unit_cost, 1e-12)[:, None]
        amount = np.minimum(power_amount(rate, ahead.sd, order_cost[:, None] / holding), horizon_demand(store)[:, None])
        odds = (service / (1 - service))[:, None]
        reorder = np.maximum(power_reorder(ahead.mean, ahead.sd, amount, odds), 0.0)
        base = ahead.mean + safety_factor(service)[:, None] * ahead.sd
        often = amount <= FEW * rate
        reorder, level = (
            np.where(often, np.minimum(reorder, base), reorder),
            np.where(often, np.minimum(reorder + amount, base), reorder + amount),
        )
        return UpTo(up(store, reorder), up(store, level), store.orders.whole)


def power_amount(rate: FloatArray, sd: FloatArray, order_by_holding: FloatArray) -> FloatArray:
    """S − s, units; 0 where there is no demand."""
    some = rate > 0
    cv2 = np.divide(sd, rate, out=np.zeros_like(sd), where=some) ** 2
    return np.where(some, 1.30 * rate**0.494 * order_by_holding**0.506 * (1 + cv2) ** 0.116, 0.0)


def power_reorder(mean: FloatArray, sd: FloatArray, amount: FloatArray, odds: FloatArray) -> FloatArray:
    """s, units; `odds` is π/hc. Without deviation or amount the limits of the formula mean nothing: the mean."""
    some = (sd > 0) & (amount > 0)
    safe = np.where(some, sd, 1.0)
    score = np.sqrt(np.where(some, amount, 1.0) / (safe * odds))
    return np.where(some, 0.973 * mean + sd * (0.183 / score + 1.063 - 2.192 * score), mean)
