"""What practitioners write for stock over time goes wrong on an instance shown; ten lines of the package do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

import ccinv as cc

MONTHS, DEMAND, OPENING = 3, (40.0, 30.0, 50.0), 60.0
COST = (1.0, 1.0, 1.0)


def with_the_index_before_the_first(opening: float | None) -> dict[str, np.ndarray]:
    """INV[t] == INV[t − 1] + QS[t] − QG[t] for all t in range(months), as one writes it, over Python lists.

    In the first month t − 1 is −1, which in a list is the last one. `opening`: stock that is to be INV[−1], as some
    answers propose, by a bound on that variable; None: nothing of the kind.
    """
    supply, stock = list(range(MONTHS)), list(range(MONTHS, 2 * MONTHS))
    equal = np.zeros((MONTHS, 2 * MONTHS))
    for t in range(MONTHS):
        equal[t, stock[t]] += 1.0
        equal[t, stock[t - 1]] -= 1.0
        equal[t, supply[t]] -= 1.0
    bounds: list[Any] = [(0.0, None)] * (2 * MONTHS)
    if opening is not None:
        bounds[stock[-1]] = (opening, opening)
    found = linprog([*COST, 0.1, 0.1, 0.1], A_eq=equal, b_eq=-np.array(DEMAND), bounds=bounds)
    assert found.status == 0
    return {"supply": found.x[:MONTHS], "stock": found.x[MONTHS:]}


def added_up_in_a_list(closing: np.ndarray) -> np.ndarray:
    """INV0[t] = INV0[t − 1] + INV[t]: stock that is added up once more, which is no stock at all."""
    total = [0.0] * MONTHS
    for t in range(MONTHS):
        total[t] = total[t - 1] + closing[t]
    return np.array(total)


def in_ccinv() -> cc.BalancePlan:
    """The same question: a store with an opening stock; the first month is a month like all others."""
    network = cc.Network(
        node=["supplier", "store", "centre"],
        kind=["supplier", "store", "customer"],
        arc=[("supplier", "store"), ("store", "centre")],
        demand=[DEMAND],
        demand_at=["centre"],
        unit_cost=[[*COST], [0.0, 0.0, 0.0]],
        holding_cost=0.1,
        on_hand=[0, OPENING, 0],
    )
    return cc.balance(network)


def test_the_index_before_the_first_is_the_last_so_that_opening_stock_is_never_used() -> None:
    """The year bites its own tail: what is bought is all demand, whatever was in the store at the start."""
    found = with_the_index_before_the_first(None)
    assert found["supply"].sum() == pytest.approx(sum(DEMAND))
    plan = in_ccinv()
    assert plan.flow_on("supplier", "store").sum() == pytest.approx(sum(DEMAND) - OPENING)
    assert plan.flow_on("supplier", "store") == pytest.approx([0, 10, 50])
    assert plan.stock_of("store") == pytest.approx([20, 0, 0])


def test_last_months_stock_is_lent_to_the_first_month() -> None:
    """Where the first month is dear the model buys nothing in it: it takes from a stock that is bought months later."""
    dear = (9.0, 1.0, 1.0)
    supply, stock = np.arange(MONTHS), np.arange(MONTHS, 2 * MONTHS)
    equal = np.zeros((MONTHS, 2 * MONTHS))
    for t in range(MONTHS):
        equal[t, stock[t]], equal[t, supply[t]] = 1.0, -1.0
        equal[t, stock[t - 1]] -= 1.0
    found = linprog([*dear, 0.1, 0.1, 0.1], A_eq=equal, b_eq=-np.array(DEMAND))
    assert found.x[0] == pytest.approx(0)
    assert found.x[stock[-1]] == pytest.approx(DEMAND[0]), "what month 1 sold on credit"
    by_hand = np.cumsum(found.x[:MONTHS] - DEMAND)
    assert by_hand[0] == pytest.approx(-DEMAND[0]), "a true ledger is short by all of it"


def test_a_bound_on_the_variable_before_the_first_binds_the_last_month_too() -> None:
    """INV[−1] = 60 is the opening stock and, being the same variable, also demanded at the end: it is bought anew."""
    found = with_the_index_before_the_first(OPENING)
    assert found["stock"][-1] == pytest.approx(OPENING)
    assert found["supply"].sum() == pytest.approx(sum(DEMAND)), "60 more than is needed"


def test_adding_stock_up_once_more_is_not_a_balance() -> None:
    plan = in_ccinv()
    closing = plan.stock_of("store")
    assert added_up_in_a_list(closing) == pytest.approx([20, 20, 20])
    assert closing == pytest.approx([20, 0, 0])
