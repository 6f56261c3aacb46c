"""Of what kind the parts of a store have to be."""

from __future__ import annotations

from ccinv.arrays import given_number
from ccinv.errors import Fault
from ccinv.lead_time import LeadTime
from ccinv.store.open_orders import OpenOrders
from ccinv.store.promises import Budget, Orders


def kind_faults(lead_time: object, budget: object, orders: object, open_orders: object) -> list[Fault]:
    """What is not of the kind it has to be; said here, as it would come out somewhere far away otherwise."""
    amount = given_number(budget)
    kinds: tuple[tuple[str, object, type | tuple[type, ...], str, str], ...] = (
        ("lead_time", lead_time, LeadTime, "a LeadTime", "Give cc.LeadTime(...) with these probabilities."),
        (
            "budget", budget, (Budget, type(None)), "a Budget, or None for no limit",
            f"Give cc.Budget(limit={'...' if amount is None else f'{amount:g}'}, confidence=0.95).",
        ),
        ("orders", orders, Orders, "an Orders", f"Give cc.Orders(nonnegative={_own(orders)})."),
        (
            "open_orders", open_orders, (OpenOrders, type(None)), "an OpenOrders, or None",
            "Give cc.OpenOrders(item, placed, quantity).",
        ),
    )  # fmt: skip
    return [
        Fault(name, kind_of(value), expected, remedy)
        for name, value, kind, expected, remedy in kinds
        if not isinstance(value, kind)
    ]


def kind_of(value: object) -> str:
    """A value of a wrong kind as a message shows it."""
    shown = repr(value)
    return f"{shown if len(shown) <= 60 else shown[:57] + '...'} ({type(value).__name__})"


def _own(value: object) -> str:
    """The mode that was meant where somebody gave its name, else the usual one."""
    return f'"{value}"' if value in ("none", "mean", "chance", "monotone") else '"mean"'
