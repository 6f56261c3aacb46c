"""Initial stock against random deliveries: the reliability-type models I, II and III."""

from ccinv.models.initial_stock.costs import Proportional, Rising, StockCost
from ccinv.models.initial_stock.model import InitialStock, initial_stock

__all__ = ["InitialStock", "Proportional", "Rising", "StockCost", "initial_stock"]
