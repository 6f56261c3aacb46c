"""Balance networks: what is to go from where to where in each period, so that every store has what it needs."""

from ccinv.models.balance.planning import balance

__all__ = ["balance"]
