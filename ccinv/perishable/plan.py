"""What was decided for perishables, and how stock moves if demand comes as planned: numbers only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import BoolArray, FloatArray
from ccinv.perishable.measures import FillRate, Measure, Weights
from ccinv.perishable.store import PerishableStore


@dataclass(frozen=True, slots=True, eq=False)
class Movements:
    """How stock moves under given orders, units, (n, N) each; `to_come`: received after the last day, (n,).

        stock(d) = stock(d−1) + received(d) − sold(d) − waste(d)

    `short`: lost on the day, or waiting at its end.
    """

    ordered: FloatArray
    received: FloatArray
    sold: FloatArray
    short: FloatArray
    waste: FloatArray
    stock: FloatArray
    to_come: FloatArray

    @property
    def end(self) -> FloatArray:
        """What is left after the last day or still to come, (n,)."""
        return self.stock[:, -1] + self.to_come

    def total(self, weights: Weights) -> FloatArray:
        """What a measure counts, item by item, (n,)."""
        found: FloatArray = weights.end * self.end + sum(
            (weight * amount).sum(axis=1)
            for weight, amount in (
                (weights.ordered, self.ordered), (weights.order, self.ordered > 0), (weights.short, self.short),
                (weights.waste, self.waste), (weights.stock, self.stock), (weights.sold, self.sold),
            )
        )  # fmt: skip
        return found

    def value(self, measure: Measure, store: PerishableStore) -> float:
        """The measure."""
        each = self.total(measure.weights(store))
        return float(1 + each.min()) if isinstance(measure, FillRate) else float(each.sum())


@dataclass(frozen=True, slots=True)
class Level:
    """One measure: its value, and the bound that no orders can better as long as the levels before it are kept.

    `proven`: value and bound meet within what was asked.
    """

    name: str
    title: str
    value: float
    bound: float
    proven: bool

    @property
    def gap(self) -> float:
        """How far the value can be from the best, relative to the larger of the two in size."""
        apart = abs(self.value - self.bound)
        size = max(abs(self.value), abs(self.bound))
        return apart / size if size > 0 and apart > 1e-9 * size else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Promise:
    """FillRate of every item and day under the law of demand, (n, N) each.

    `asked`: NaN where nothing is promised; `attainable`: the most that any orders of the item could have there, limits
    on totals aside; `service`, `low`, `high`: P{demand of the day is met} on independent paths, with limits that hold
    together with 99 %; `verdict`: KEPT, TIGHT, BROKEN or nothing; `target`: units that calibration held in reserve;
    `expected`: mean lost, waste and stock per day, (n, N) each; `accepted`: no promise is below what was asked by more
    than `within`, with `confidence` for all together; `words`: the same, and what is out of reach and why.
    """

    asked: FloatArray
    attainable: FloatArray
    service: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]
    target: FloatArray
    expected_short: FloatArray
    expected_waste: FloatArray
    expected_stock: FloatArray
    accepted: bool
    within: float
    confidence: float
    paths: int
    seed: int
    rounds: int
    words: tuple[str, ...]

    @property
    def promised(self) -> BoolArray:
        """Where something is."""
        return np.isfinite(self.asked)

    @property
    def kept(self) -> bool:
        """Whether nothing is broken."""
        return not bool((self.verdict == "BROKEN").any())


@dataclass(frozen=True, slots=True, eq=False)
class PerishablePlan:
    """Orders for items that perish.

    `orders`: units by day of placing, (n, N); `planned`: how stock moves if demand comes as planned; `levels`: one per
    measure, in their order; `promise`: with a law of demand and a service asked of it; `solves`, `solver_seconds`:
    programs solved and processor seconds they took.
    """

    store: PerishableStore
    orders: FloatArray
    planned: Movements
    levels: tuple[Level, ...]
    promise: Promise | None
    solves: int
    solver_seconds: float
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """The largest gap of all levels."""
        return max((level.gap for level in self.levels), default=0.0)

    @property
    def proven(self) -> bool:
        """Whether every level was solved within what was asked."""
        return all(level.proven for level in self.levels)
