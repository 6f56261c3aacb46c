"""When and how much to order, and what that costs and keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, freeze
from ccinv.lots.known import Lots


@dataclass(frozen=True, slots=True, eq=False)
class LotPlan:
    """Orders of n items over N periods, verified against what was asked.

        cost = Σ setup_cost · setup + unit_cost · order + holding_cost · on_hand

    `strategy`: "static" or "static-dynamic"; `inversion`, `method`: what turned probabilities into stock, and what
    found the plan. `setup` (n, N): whether there is an order. `order` (n, N): its expected size (its size, under
    "static"). `level` (n, N): the order-up-to level, NaN where nothing is ordered or under "static". `stock` and
    `sd_stock` (n, N): mean and deviation of net stock at the end of a period; `target`: what the mean must not be
    below; `promised`: P{no backlog} that the inversion guarantees, NaN where nothing is asked of it. `on_hand` (n, N):
    expected stock on hand, E s⁺ of normal demand. `used` (N,): capacity taken, expected under "static-dynamic".
    `bound`: no plan of this strategy costs less; `seconds`: inside the solver.
    """

    known: Lots
    strategy: str
    inversion: str
    method: str
    setup: BoolArray
    order: FloatArray
    level: FloatArray
    stock: FloatArray
    sd_stock: FloatArray
    target: FloatArray
    promised: FloatArray
    on_hand: FloatArray
    used: FloatArray
    cost: float
    bound: float
    setup_costs: float
    unit_costs: float
    holding_costs: float
    seconds: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def gap(self) -> float:
        """How far the cost can be from the least at most, relative."""
        return (self.cost - self.bound) / self.cost if self.cost > max(self.bound, 0.0) else 0.0

    @property
    def levels(self) -> list[dict[int, float]]:
        """For each item its order-up-to levels by period, counted from 1."""
        return [
            {int(t) + 1: float(self.level[i, t]) for t in np.flatnonzero(np.isfinite(self.level[i]))}
            for i in range(self.known.items)
        ]

    def columns(self) -> dict[str, np.ndarray[Any, Any]]:
        """One line per item and period."""
        known, periods = self.known, self.known.periods
        return {
            "item_id": np.repeat(np.array(known.item_id, dtype=object), periods),
            "period": np.tile(np.arange(1, periods + 1), known.items),
            "demand": known.demand.mean.ravel(),
            "setup": self.setup.astype(np.int64).ravel(),
            "order": self.order.ravel(),
            "level": self.level.ravel(),
            "stock": self.stock.ravel(),
            "sd_stock": self.sd_stock.ravel(),
            "target": self.target.ravel(),
            "promised": self.promised.ravel(),
            "on_hand": self.on_hand.ravel(),
        }
