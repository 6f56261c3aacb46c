"""What is known before planning: the store, what is under way, and what is promised."""

from ccinv.store.open_orders import OpenOrders
from ccinv.store.promises import Budget, Orders, Service, probability_fault, refuse
from ccinv.store.store import SHORT, Store
from ccinv.tables.terms import MOST_PERIODS

__all__ = [
    "MOST_PERIODS",
    "SHORT",
    "Budget",
    "OpenOrders",
    "Orders",
    "Service",
    "Store",
    "probability_fault",
    "refuse",
]
