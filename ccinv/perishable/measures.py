"""What can be asked of a plan for perishables, as small objects; several, one after the other, in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.perishable.store import PerishableStore


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What a measure counts of each movement, (n, N) each: per unit ordered, per order, per unit short (lost, or
    waiting overnight), wasted, in stock overnight, sold; `end`: per unit left after the last day or still to come."""

    ordered: FloatArray
    order: FloatArray
    short: FloatArray
    waste: FloatArray
    stock: FloatArray
    sold: FloatArray
    end: FloatArray

    @classmethod
    def of(cls, store: PerishableStore, **given: FloatArray | float) -> Weights:
        """Those given, (n,) or a number, spread over the days; 0 for all others."""
        shape = store.demand.shape
        spread = {
            name: np.broadcast_to(np.asarray(given.get(name, 0.0), dtype=np.float64).reshape(-1, 1), shape)
            for name in ("ordered", "order", "short", "waste", "stock", "sold")
        }
        end = np.broadcast_to(np.asarray(given.get("end", 0.0), dtype=np.float64), shape[:1])
        return cls(**spread, end=end)


class Measure(Protocol):
    """One thing to make as small (or, if `largest`, as large) as can be; `title`: what it is called in a report."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def largest(self) -> bool: ...

    def weights(self, store: PerishableStore) -> Weights: ...


@dataclass(frozen=True, slots=True)
class Lost:
    """Least demand lost, Σ lost(i, d), units; where demand waits, Σ waiting(i, d), units and nights."""

    name: ClassVar[str] = "lost"
    title: ClassVar[str] = "demand lost"
    largest: ClassVar[bool] = False

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(store, short=1.0)


@dataclass(frozen=True, slots=True)
class EndStock:
    """Least stock after the last day, what is still to come included, units."""

    name: ClassVar[str] = "end-stock"
    title: ClassVar[str] = "stock at the end"
    largest: ClassVar[bool] = False

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(store, end=1.0)


@dataclass(frozen=True, slots=True)
class Waste:
    """Least waste, Σ waste(i, d), units."""

    name: ClassVar[str] = "waste"
    title: ClassVar[str] = "waste"
    largest: ClassVar[bool] = False

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(store, waste=1.0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Least cost: units, orders, nights in stock, waste and what is lost, each at its cost."""

    name: ClassVar[str] = "cost"
    title: ClassVar[str] = "cost"
    largest: ClassVar[bool] = False

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(
            store, ordered=store.unit_cost, order=store.order_cost, short=store.lost_cost, waste=store.waste_cost,
            stock=store.holding_cost,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profit:
    """Most profit: what is sold at its price, less the cost."""

    name: ClassVar[str] = "profit"
    title: ClassVar[str] = "profit"
    largest: ClassVar[bool] = True

    def weights(self, store: PerishableStore) -> Weights:
        return Weights.of(
            store, sold=store.price, ordered=-store.unit_cost, order=-store.order_cost, short=-store.lost_cost,
            waste=-store.waste_cost, stock=-store.holding_cost,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FillRate:
    """The best fill rate of the item that is served worst: max min_i 1 − Σ_d short(i, d) / Σ_d demand(i, d)."""

    name: ClassVar[str] = "service"
    title: ClassVar[str] = "fill rate of the item served worst"
    largest: ClassVar[bool] = True

    def weights(self, store: PerishableStore) -> Weights:
        """Those of its own fill rate for each item; what counts is the least of them, less 1."""
        total = store.demand.sum(axis=1)
        return Weights.of(store, short=np.where(total > 0, -1 / np.where(total > 0, total, 1.0), 0.0))


MEASURES: dict[str, Measure] = {
    measure.name: measure for measure in (Lost(), EndStock(), Waste(), Cost(), Profit(), FillRate())
}
