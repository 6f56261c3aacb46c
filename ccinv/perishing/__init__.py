"""Orders for items that perish, from demand that is certain or from a law of demand."""

from ccinv.perishing.planning import perishables

__all__ = ["perishables"]
