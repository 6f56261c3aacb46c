"""Lot sizing as records: what is known, in which way a plan is to react to demand, and what was decided."""

from ccinv.lots.known import Lots
from ccinv.lots.plan import LotPlan
from ccinv.lots.strategy import Static, StaticDynamic, Strategy

__all__ = ["LotPlan", "Lots", "Static", "StaticDynamic", "Strategy"]
