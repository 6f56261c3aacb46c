"""What is of the wrong kind is refused where it is given, with what to give instead: nothing is guessed or cut off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from made_up import made_up_plan, made_up_store

import ccinv as cc

PLAN = made_up_plan(made_up_store(3, 4))


def store(**changes: Any) -> cc.Store:
    given: dict[str, Any] = {
        "unit_cost": [1.0, 2.0],
        "on_hand": [5.0, 5.0],
        "important": [True, False],
        "demand": cc.demand.Normal(np.full((2, 3), 4.0), np.full((2, 3), 1.0)),
        "lead_time": cc.LeadTime([0.5, 0.5]),
    }
    return cc.Store(**(given | changes))


def anything(value: Any) -> Any:
    return value


WRONG: list[tuple[Callable[[], object], str, str]] = [
    (lambda: cc.OpenOrders([0], [-0.5], [1]), "placed in period -0.5", "Count whole periods"),
    (lambda: cc.OpenOrders([0], [np.nan], [1]), "placed in period nan", "Count whole periods"),
    (lambda: cc.OpenOrders([0.5], [0], [1]), "item 0.5", "Correct it."),
    (lambda: cc.OpenOrders([0], ["x"], [1]), "['x']", "Convert text"),
    (lambda: cc.Orders(whole=anything("false")), "'false'", "without quotation marks"),
    (lambda: cc.Orders(lag=anything(1.5)), "1.5", "0 sees the sales"),
    (lambda: cc.Orders(lag=anything("1")), "'1'", "0 sees the sales"),
    (lambda: cc.Orders(confidence=anything(None)), "None", "Give a number, as 0.95."),
    (lambda: cc.Service(anything("0.9")), "'0.9'", "Give a number, as 0.95."),
    (lambda: cc.Service(anything(True)), "True", "Give a number, as 0.95."),
    (lambda: cc.Budget("much", 0.95), "'much'", "Convert text"),
    (lambda: cc.Budget([1.0, 2.0], anything("0.9")), "'0.9'", "Give a number, as 0.95."),
    (lambda: store(orders="chance"), "'chance' (str)", 'cc.Orders(nonnegative="chance")'),
    (lambda: store(service=None), "None", "Give a number, as 0.95."),
    (lambda: store(budget=7000.0), "7000.0 (float)", "cc.Budget(limit=7000, confidence=0.95)"),
    (lambda: store(lead_time=[0.5, 0.5]), "[0.5, 0.5] (list)", "cc.LeadTime(...)"),
    (lambda: store(open_orders=[1]), "[1] (list)", "cc.OpenOrders(item, placed, quantity)"),
    (lambda: store(demand=np.ones((2, 3))), "(ndarray)", "cc.demand.Normal(mean, sd)"),
    (lambda: store(unit_cost=["a", "b"]), "['a', 'b']", "Convert text"),
    (lambda: store(unit_cost=["1", "2"]), "['1', '2']", "Convert text"),
    (lambda: store(on_hand=[[1.0], [1.0, 2.0]]), "[[1.0], [1.0, 2.0]]", "all rows as long"),
    (lambda: store(important=[[True], [True, False]]), "object of shape ()", "True or False per item"),
    (lambda: cc.LeadTime([[0.5, 0.5], [1.0]]), "[[0.5, 0.5], [1.0]]", "all rows as long"),
    (lambda: cc.LeadTime([["a"]]), "[['a']]", "Convert text"),
    (lambda: cc.LeadTime([[1.0], [1.0]], never=[0.0, 0.0, 0.0]), "shape (3,)", "one per row"),
    (lambda: PLAN.orders(np.array([[1.0], [np.nan], [np.inf]])), "nan", "Write 0 where nothing was sold"),
    (lambda: PLAN.orders(np.ones((3, 5))), "shape (3, 5)", "one column per period that is over"),
    (lambda: PLAN.orders(np.ones((2, 4))), "shape (2, 4)", "one row per item"),
    (lambda: PLAN.orders(np.ones(3)), "shape (3,)", "one row per item"),
    (lambda: PLAN.orders(anything([["x"]] * 3)), "'x'", "Convert text"),
]


@pytest.mark.parametrize(("wrong", "found", "remedy"), WRONG, ids=[str(k) for k in range(len(WRONG))])
def test_a_wrong_kind_is_a_data_error_with_what_was_found_and_what_to_give(
    wrong: Callable[[], object], found: str, remedy: str
) -> None:
    with pytest.raises(cc.DataError) as caught:
        wrong()
    fault = caught.value.faults[0]
    assert found in fault.found
    assert remedy in fault.remedy
    assert fault.expected


def test_all_wrong_kinds_of_a_store_are_reported_at_once() -> None:
    with pytest.raises(cc.DataError) as caught:
        store(orders="mean", budget=1.0, lead_time=[1.0], unit_cost=["a", "b"], service="0.9", on_hand=[1.0])
    places = {fault.where for fault in caught.value.faults}
    assert places == {"orders", "budget", "lead_time", "unit_cost", "service alpha", "on_hand"}


def test_every_missing_sale_is_named_by_item_and_period() -> None:
    sales = np.ones((3, 4))
    sales[1, 2] = sales[2, 3] = np.nan
    with pytest.raises(cc.DataError) as caught:
        PLAN.orders(sales)
    ids = PLAN.store.item_id
    assert [fault.where for fault in caught.value.faults] == [
        f"sales of {ids[1]}, period 3",
        f"sales of {ids[2]}, period 4",
    ]


def test_numbers_of_other_kinds_are_as_good() -> None:
    orders = cc.Orders(lag=anything(np.int64(1)), whole=anything(np.True_), confidence=np.float32(0.75))
    assert (orders.lag, orders.whole, orders.confidence) == (1, True, 0.75)
    assert type(orders.lag) is int
    made = cc.OpenOrders(np.array([0]), np.array([-1.0]), [3])
    assert made.placed.dtype == np.int64
    assert made.item == (0,)
    given = replace(store(), service=anything(0.75), open_orders=cc.OpenOrders(["item-1"], [0], [1]))
    assert given.service == cc.Service(0.75)
    assert np.array_equal(store(unit_cost=anything((1, 2))).unit_cost, [1.0, 2.0])
