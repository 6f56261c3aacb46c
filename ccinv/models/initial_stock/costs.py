"""What initial stock costs: a price per unit, or one that rises with the stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from ccinv.arrays import FloatArray


@runtime_checkable
class StockCost(Protocol):
    """A cost of stock that is convex and never falls, material by material."""

    def at(self, stock: FloatArray) -> FloatArray:
        """Cost of each material's stock, (m,), $."""

    def slope(self, stock: FloatArray) -> FloatArray:
        """Its derivative, (m,), $ per unit of stock."""


@dataclass(frozen=True, slots=True, eq=False)
class Proportional:
    """d·M: `price` (m,), $ per unit. Source: Prékopa & Kelle 1978, (3.5)."""

    price: FloatArray

    def at(self, stock: FloatArray) -> FloatArray:
        """d·M."""
        return self.price * stock

    def slope(self, stock: FloatArray) -> FloatArray:
        """d."""
        return self.price + 0.0 * stock


@dataclass(frozen=True, slots=True, eq=False)
class Rising:
    """d·M + ½ e·M²: room that runs short. `price` (m,), `growth` (m,) ≥ 0: what the price rises by per unit."""

    price: FloatArray
    growth: FloatArray

    def at(self, stock: FloatArray) -> FloatArray:
        """d·M + ½ e·M²."""
        found: FloatArray = (self.price + 0.5 * self.growth * stock) * stock
        return found

    def slope(self, stock: FloatArray) -> FloatArray:
        """d + e·M."""
        return self.price + self.growth * stock
