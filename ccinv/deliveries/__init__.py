"""Deliveries in parts over a cycle: their law, the reliability of a stock against them, their fit from history."""

from ccinv.deliveries.demand import DemandPath
from ccinv.deliveries.process import Deliveries

__all__ = ["Deliveries", "DemandPath"]
