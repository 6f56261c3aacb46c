"""Lot sizing: when to order each item and how much, where orders cost something and share a capacity."""

from ccinv.models.lot_sizing.planning import lot_sizing

__all__ = ["lot_sizing"]
