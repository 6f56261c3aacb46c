"""What a store does today: each item by its own reorder point, order quantity or level, set from its laws alone."""

from ccinv.policies.base_stock import BaseStock
from ccinv.policies.blocked import Blocked
from ccinv.policies.customary import CUSTOMARY, customary
from ccinv.policies.demand_ahead import DemandAhead, demand_ahead
from ccinv.policies.min_max import MinMax
from ccinv.policies.ordering import Ordering, Policy, placing
from ccinv.policies.reorder_point import ReorderPoint

__all__ = [
    "CUSTOMARY",
    "BaseStock",
    "Blocked",
    "DemandAhead",
    "MinMax",
    "Ordering",
    "Policy",
    "ReorderPoint",
    "customary",
    "demand_ahead",
    "placing",
]
