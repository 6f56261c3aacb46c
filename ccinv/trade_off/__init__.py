"""Service against budget: what a promise costs, what a dollar buys."""

from ccinv.trade_off.curves import frontier

__all__ = ["frontier"]
