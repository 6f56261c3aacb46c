"""The policies that a plan is compared with, by the names that the command line knows them by."""

from __future__ import annotations

from collections.abc import Callable

from numpy.typing import ArrayLike

from ccinv.policies.base_stock import BaseStock
from ccinv.policies.blocked import Blocked
from ccinv.policies.min_max import MinMax
from ccinv.policies.ordering import Policy
from ccinv.policies.reorder_point import ReorderPoint

CUSTOMARY: dict[str, Callable[[ArrayLike, ArrayLike], Policy]] = {
    "rq": ReorderPoint,
    "rq-blocked": lambda order_cost, holding_rate: Blocked(ReorderPoint(order_cost, holding_rate)),
    "base-stock": lambda _order_cost, _holding_rate: BaseStock(),
    "ss": MinMax,
}


def customary(order_cost: ArrayLike, holding_rate: ArrayLike, budget: bool = True) -> tuple[Policy, ...]:
    """(r,Q) funded and, where there is a `budget`, blocked; base stock; (s,S). Costs: one number, or one per item."""
    return tuple(make(order_cost, holding_rate) for name, make in CUSTOMARY.items() if budget or name != "rq-blocked")
