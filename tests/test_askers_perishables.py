"""What practitioners write for items that perish goes wrong on instances shown; the same is said of the package."""

from __future__ import annotations

import numpy as np
from askers_perishables import (
    Variable,
    branch_taken,
    by_age_without_order_of_issue,
    limits_on_all_days,
    linked_the_wrong_way,
    taken_back,
    zeroed_whole,
)

import ccinv as cc
from ccinv.perishable import EndStock, Lost
from ccinv.shelf import replay


def one(receipts: list[float], demand: list[float], life: int) -> cc.PerishableStore:
    """One item whose receipts are given: ordered on the day, in one amount."""
    return cc.PerishableStore(
        demand=[demand], shelf_life=life, order_days=[amount > 0 for amount in receipts], least=receipts, most=receipts
    )


def test_a_python_if_reads_a_variable_once_and_always_takes_the_first_branch() -> None:
    """Whatever the demand: the comparison makes an object, and objects are true."""
    assert branch_taken(1e9, Variable()) == branch_taken(0.0, Variable()) == "all that is left is the order"
    store = one([5, 0], [0, 3], 9)  # demand of 3 below a stock of 5: what is left is 2, no order of that day
    assert cc.perishables(store).planned.stock[0].tolist() == [5, 2]


def test_limits_for_all_days_contradict_closed_days() -> None:
    week = [False, True, True, False, True, False, False]
    assert limits_on_all_days(week, 80, 150, closed_too=True) is None
    found = limits_on_all_days(week, 80, 150, closed_too=False)
    assert found is not None
    assert [found["y", d] for d in range(7)] == [0, 80, 80, 0, 80, 0, 0]
    store = cc.PerishableStore(demand=np.full((1, 7), 40), shelf_life=9, order_days=week, least=80, most=150)
    plan = cc.perishables(store)
    assert np.all(plan.orders[0][week] >= 80)
    assert plan.orders[0][~np.array(week)].sum() == 0


def test_x_at_most_y_lets_an_order_be_placed_with_x_at_nothing() -> None:
    found = linked_the_wrong_way(30.0)
    assert found is not None
    assert (found["x",], found["y",]) == (0.0, 30.0)
    store = cc.PerishableStore(
        demand=[[30]], shelf_life=1, order_days=[True], order_cost=7.0, unit_cost=1.0, lost_cost=50.0
    )
    plan = cc.perishables(store, cc.perishable.Cost())
    assert plan.levels[0].value == 37.0, "the order is paid for"


def test_stock_zeroed_whole_takes_the_fresh_units_with_the_old() -> None:
    """Orders on days 0 and 3, a life of three days: on day 3 nothing may be there, not even what came that day."""
    orders, demand = {0: 10.0, 3: 10.0}, [10.0, 0.0, 0.0, 0.0, 10.0, 0.0]
    assert zeroed_whole(orders, demand, 3) is None
    assert zeroed_whole(orders, demand, 5) is not None, "where no fresh unit is there on the day, the row does no harm"
    store = one([10, 0, 0, 10, 0, 0], demand, 3)
    plan = cc.perishables(store, (Lost(), EndStock()))
    assert plan.planned.short.sum() == plan.planned.waste.sum() == 0
    assert plan.planned.stock[0].tolist() == [0, 0, 0, 10, 0, 0]


def test_units_taken_back_again_and_again_make_stock_negative() -> None:
    """30 delivered, no demand, a life of three days: 30, 0, −30, −60."""
    assert taken_back([30, 0, 0, 0], [0, 0, 0, 0], 3) == [30, 0, -30, -60]
    ledger = replay(one([30, 0, 0, 0], [0, 0, 0, 0], 3), [[30, 0, 0, 0]])
    assert ledger.held[0].sum(axis=1).tolist() == [30, 30, 30, 0]
    assert ledger.wasted[0].sum(axis=1).tolist() == [0, 0, 0, 30]


def test_units_already_sold_are_wasted_once_more() -> None:
    """Ten units sold on the day after they came are taken out of stock when they would have perished."""
    orders, demand = [0, 10, 0, 0, 10, 0], [0, 0, 10, 0, 0, 0]
    assert taken_back(orders, demand, 3)[4] == 0, "ten came in on that day, and the ten sold long ago are taken from it"
    ledger = replay(one(orders, demand, 3), [orders])
    assert ledger.held[0].sum(axis=1)[4] == 10
    assert ledger.wasted.sum() == 0


def test_a_program_by_age_sells_the_fresh_units_and_lets_the_old_perish() -> None:
    receipts, demand = [10, 10, 0, 0], [0, 0, 10, 0]
    found = by_age_without_order_of_issue([float(r) for r in receipts], [float(w) for w in demand], 3)
    assert found is not None
    assert found["sold", 2, 1] == 10, "sold from the younger receipt, so that nothing is left at the end"
    plan = cc.perishables(one([10, 10, 0, 0], [0, 0, 10, 0], 3))
    ledger = replay(plan.store, plan.orders)
    assert ledger.sold[0, 2, 2] == 10, "first in, first out"
    assert plan.planned.stock[0, 2] == 10
