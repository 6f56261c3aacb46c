"""The same question in another currency, or with its items in another order, has the same plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_max_min import limited

import ccinv as cc
from ccinv.store.canonical import by_name, reordered

NORMAL = cc.inversion.Normal()
OBJECTIVES = (
    cc.MaxMinService(),
    cc.MinimumBudget(),
    cc.ExpectedBackorders(),
    cc.ExpectedStock(),
    cc.SumOfService(surrogates=(cc.ExpectedBackorders(),)),
)
SAME = 1e-9  # relative, of an objective
ORDERS = 1e-6  # of an item's natural amount


def in_currency(store: cc.Store, rate: float) -> cc.Store:
    assert store.budget is not None
    return replace(
        store, unit_cost=store.unit_cost * rate, budget=cc.Budget(store.budget.limit * rate, store.budget.confidence)
    )


def same(plan: cc.Plan, other: cc.Plan, index: np.ndarray, rate: float = 1.0) -> None:
    """Item k of the other plan is item index[k] of the first."""
    money = rate if plan.objective == "MinimumBudget" else 1.0
    assert other.objective_value == pytest.approx(money * plan.objective_value, rel=SAME)
    unit = plan.store.demand.mean.mean(axis=1)[index, None]
    for name in ("order_mean", "mean", "sd"):
        apart = np.abs(getattr(other, name) - getattr(plan, name)[index]) / unit
        assert apart.max() <= ORDERS * max(1.0, np.abs(plan.order_mean[index] / unit).max())
    assert other.store.item_id == tuple(plan.store.item_id[k] for k in index)
    assert np.abs(other.rule.weights - plan.rule.weights[index]).max() <= ORDERS
    assert other.budget_mean == pytest.approx(rate * plan.budget_mean, rel=1e-9)


@pytest.mark.parametrize("aim", OBJECTIVES, ids=lambda aim: type(aim).__name__)
@pytest.mark.parametrize("seed", range(8))
def test_neither_currency_nor_the_order_of_items_moves_a_plan(aim, seed):
    store, rng = limited(seed), np.random.default_rng([seed, 9])
    plan = cc.plan(store, objective=aim, inversion=NORMAL)
    rate, index = 10.0 ** rng.uniform(-6, 6), rng.permutation(store.items)
    every = np.arange(store.items)
    same(plan, cc.plan(in_currency(store, rate), objective=aim, inversion=NORMAL), every, rate)
    same(plan, cc.plan(reordered(store, index), objective=aim, inversion=NORMAL), index)


@pytest.mark.parametrize("aim", OBJECTIVES[:4], ids=lambda aim: type(aim).__name__)
def test_calibrated_plans_move_no_more(aim):
    store = limited(2)
    assert store.budget is not None
    rich = replace(store, budget=cc.Budget(1.35 * store.budget.limit, 0.95))
    store = replace(rich, service=cc.Service(store.service.alpha, "best"))
    how = cc.inversion.Calibrated(paths=2000, margin=0.02)
    plan = cc.plan(store, objective=aim, inversion=how)
    index = np.array([2, 0, 1])
    same(plan, cc.plan(in_currency(store, 1 / 7.3), objective=aim, inversion=how), np.arange(3), 1 / 7.3)
    turned = cc.plan(reordered(store, index), objective=aim, inversion=how)
    same(plan, turned, index)
    assert turned.calibration is not None
    assert plan.calibration is not None
    assert np.array_equal(turned.calibration.service, plan.calibration.service[index])


def test_open_orders_promises_and_explanations_go_with_their_items():
    store = replace(
        limited(2),
        open_orders=cc.OpenOrders([0, 2, 2], [0, 0, -1], [5.0, 3.0, 4.0]),
        service=cc.Service(0.99999, "best"),
        important=np.ones(3, dtype=bool),
    )
    index = np.array([1, 2, 0])
    plan, turned = (cc.plan(one, inversion=NORMAL) for one in (store, reordered(store, index)))
    same(plan, turned, index)
    assert plan.out_of_reach
    named = [
        {(one.store.item_id[cell.item], cell.period, cell.asked) for cell in one.out_of_reach} for one in (plan, turned)
    ]
    assert named[0] == named[1]
    levels = np.where(np.arange(3)[:, None] == 1, 0.6, 0.9) * np.ones((3, store.periods))
    plan, turned = (
        cc.plan(one, objective=cc.MinimumBudget(), inversion=NORMAL, levels=asked)
        for one, asked in ((store, levels), (reordered(store, index), levels[index]))
    )
    same(plan, turned, index)


def test_items_are_ordered_by_name_with_numbers_by_value():
    names = ("b", "item-10", "item-2", "a", "item-02", "item-9x", "9", "10", "é")
    store = limited(2).rows(np.zeros(len(names), dtype=np.int64))
    ordered = [names[k] for k in by_name(replace(store, item_id=names))]
    assert ordered == ["9", "10", "a", "b", "item-02", "item-2", "item-9x", "item-10", "é"]
    twelve = limited(2).rows(np.zeros(12, dtype=np.int64))
    plain = replace(twelve, item_id=())
    assert by_name(plain).tolist() == list(range(12))
