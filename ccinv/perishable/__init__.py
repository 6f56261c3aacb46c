"""Items that perish: what is known of them, what can be asked of a plan, and what was decided."""

from ccinv.perishable.day import Day, Event
from ccinv.perishable.measures import MEASURES, Cost, EndStock, FillRate, Lost, Measure, Profit, Waste, Weights
from ccinv.perishable.plan import Level, Movements, PerishablePlan, Promise
from ccinv.perishable.store import PerishableStore

__all__ = [
    "MEASURES",
    "Cost",
    "Day",
    "EndStock",
    "Event",
    "FillRate",
    "Level",
    "Lost",
    "Measure",
    "Movements",
    "PerishablePlan",
    "PerishableStore",
    "Profit",
    "Promise",
    "Waste",
    "Weights",
]
