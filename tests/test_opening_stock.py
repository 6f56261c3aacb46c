"""The stock that a store opens with: simulated, replayed by the ledger, and compared with all other stocks."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from delivery_cases import FIRST, SECOND
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_auditing import plan_of

import ccinv as cc
from ccinv.deliveries import drawn_by_sorting
from ccinv.result import PooledRule

FloatArray = NDArray[np.float64]

THREE = (FIRST, SECOND, cc.Deliveries((2, 5, 8), 9, amounts=(3, 5), amount_sample=8))


def store_of(items: int = 3, periods: int = 6, **more: Any) -> cc.Store:
    """Items of different size and cost; every period sells the same on average."""
    scale = 1.0 + np.arange(items)
    mean = 100.0 * scale[:, None] * np.ones(periods)
    given = {"unit_cost": [2.0, 5.0, 1.0][:items], "on_hand": np.zeros(items), "important": np.ones(items, dtype=bool)}
    return cc.Store(demand=cc.demand.Normal(mean, 0.3 * mean), lead_time=cc.LeadTime([0, 1]), **given | more)


def lasting(store: cc.Store, deliveries: Any, cycle: int, paths: int, seed: int) -> float:
    """Share of simulated cycles in which no item is ever short: stock in units, sales at their mean rate.

    Times and amounts as the model is told, by sorting uniform numbers; stock is lowest just before a delivery, and at
    the end of the cycle.
    """
    rng = np.random.default_rng(seed)
    well = np.ones(paths, dtype=np.bool_)
    for i, one in enumerate(deliveries):
        rate = store.demand.mean[i, :cycle].sum()  # per cycle
        times = drawn_by_sorting(one.time_marks, rng, paths)
        in_all = np.hstack([np.zeros((paths, 1)), drawn_by_sorting(one.amount_marks, rng, paths), np.ones((paths, 1))])
        before = store.on_hand[i] + rate * in_all[:, :-1] - rate * times
        well &= (before >= 0).all(axis=1) & (store.on_hand[i] >= 0)
    return float(well.mean())


# ── what it does ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("reliability", "cycle"), [(0.8, 6), (0.95, 6), (0.9, 2)])
def test_the_opened_store_gets_through_the_cycle_with_just_the_joint_probability_asked(
    reliability: float, cycle: int
) -> None:
    store = cc.opening_stock(store_of(), THREE, reliability, cycle=cycle)
    paths = 400_000
    found = lasting(store, THREE, cycle, paths, 3)
    assert abs(found - reliability) <= 4 * np.sqrt(reliability * (1 - reliability) / paths)


def test_the_papers_example_is_an_opened_store_of_two_items_that_sell_one_unit() -> None:
    mean = np.full((2, 4), 0.25)
    store = cc.Store([1.0, 3.0], [0.0, 0.0], [True, True], cc.demand.Normal(mean, 0.1 * mean), cc.LeadTime([1]))
    found = cc.opening_stock(store, (FIRST, SECOND), 0.8)
    np.testing.assert_allclose(found.on_hand, [0.413896, 0.267008], rtol=1e-5)
    assert float(found.unit_cost @ found.on_hand) == pytest.approx(1.21492, rel=1e-5)


def test_the_ledger_agrees_where_the_contract_is_an_open_order_that_comes_in_parts() -> None:
    # a part serves from the next period on in the ledger, from its moment in the model: these differ by the
    # sales of a period at most
    days = 60
    mean = np.array([[3.0], [1.0]]) * np.ones(days)
    store = cc.Store(
        [1.0, 2.0], [0.0, 0.0], [True, True], cc.demand.Normal(mean, 0.0 * mean), cc.LeadTime([0, 1]),
        open_orders=cc.OpenOrders([0, 1], [0, 0], mean.sum(axis=1)),
    )  # fmt: skip
    opened = cc.opening_stock(store, (FIRST, SECOND), 0.9)
    nothing = PooledRule(np.zeros(mean.shape), np.zeros(mean.shape))
    paths = 10_000
    parts = cc.Parts((FIRST, SECOND), days)

    def seen(more: FloatArray) -> FloatArray:
        full = replace(opened, on_hand=opened.on_hand + more)
        return cc.audit(plan_of(full, nothing), paths, 5, parts=parts).joint_service

    share = opened.on_hand / mean.sum(axis=1)
    exact = np.array([one.reliability(m) for one, m in zip((FIRST, SECOND), share, strict=True)])
    assert np.prod(exact) == pytest.approx(0.9, abs=1e-6)
    error = 4 * np.sqrt(exact * (1 - exact) / paths)
    assert (seen(np.zeros(2)) <= exact + error).all()
    assert (seen(mean[:, 0]) >= exact - error).all()


def test_no_other_stock_of_two_items_is_cheaper_and_as_reliable() -> None:
    store = store_of(2)
    found = cc.opening_stock(store, (FIRST, SECOND), 0.9)
    sold = store.demand.mean.sum(axis=1)
    # every stock of the first with the least of the second that makes it reliable
    first = np.linspace(FIRST.stock(0.9001), FIRST.stock(0.9999), 4_001)
    second = SECOND.stock(0.9 / np.asarray(FIRST.reliability(first)))
    cheapest = (store.unit_cost[0] * sold[0] * first + store.unit_cost[1] * sold[1] * np.asarray(second)).min()
    assert float(store.unit_cost @ found.on_hand) == pytest.approx(cheapest, rel=1e-6)


def test_the_cycle_may_be_shorter_than_the_horizon_and_its_sales_are_those_of_its_periods() -> None:
    season = np.array([[10.0, 30.0, 50.0, 70.0], [4.0, 3.0, 2.0, 1.0]])
    store = cc.Store([1.0, 1.0], [0.0, 0.0], [True, True], cc.demand.Normal(season, 0.2 * season), cc.LeadTime([1]))
    one = cc.opening_stock(store, [FIRST, None], 0.95, cycle=2).on_hand
    assert one[0] == pytest.approx(40.0 * FIRST.stock(0.95), rel=1e-6)
    assert one[1] == 0
    whole = cc.opening_stock(store, [None, SECOND], 0.9).on_hand
    assert whole[1] == pytest.approx(10.0 * SECOND.stock(0.9), rel=1e-6)


def test_a_known_season_of_demand_can_be_given_with_the_deliveries() -> None:
    path = cc.DemandPath([0, 0.5, 1], [0, 0.8, 1.0])
    early = cc.Deliveries((3, 5, 7, 9), 10, 0.10, (5, 7, 11), 20, 0.16, demand=path)
    store = store_of(1)
    found = cc.opening_stock(store, early, 0.9).on_hand[0]
    assert found == pytest.approx(600 * early.stock(0.9), rel=1e-5)
    assert found > 1.2 * cc.opening_stock(store, FIRST, 0.9).on_hand[0]
    # β(1) = 2: deliveries bring half of what is sold in the cycle
    half = cc.Deliveries((1,), 1, demand=cc.DemandPath([0, 1], [0, 2.0]))  # all at a uniform time: M ≥ 2T
    assert cc.opening_stock(store, half, 0.9).on_hand[0] == pytest.approx(300 * 1.8, rel=1e-6)


# ── what is on hand already ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_on_hand_already_stays_and_takes_a_burden_from_the_others() -> None:
    bare = cc.opening_stock(store_of(), THREE, 0.9)
    full = cc.opening_stock(store_of(on_hand=[500.0, 0.0, 0.0]), THREE, 0.9)
    assert full.on_hand[0] == 500.0
    assert (full.on_hand[1:] < bare.on_hand[1:]).all()
    assert abs(lasting(full, THREE, 6, 400_000, 4) - 0.9) <= 4 * np.sqrt(0.09 / 400_000)


def test_units_owed_are_made_good_and_little_stock_is_filled_up() -> None:
    bare = cc.opening_stock(store_of(), THREE, 0.9)
    some = cc.opening_stock(store_of(on_hand=[-50.0, 3.0, 1.0]), THREE, 0.9)
    np.testing.assert_allclose(some.on_hand, bare.on_hand, rtol=1e-9)


def test_items_without_a_contract_or_without_sales_keep_their_stock() -> None:
    store = store_of(on_hand=[7.0, -4.0, 2.0])
    found = cc.opening_stock(store, [None, FIRST, SECOND], 0.95)
    assert found.on_hand[0] == 7.0
    others = cc.opening_stock(store.rows(np.array([1, 2])), [FIRST, SECOND], 0.95)
    assert found.on_hand[1:].tolist() == others.on_hand.tolist()
    reached = np.asarray(FIRST.reliability(found.on_hand[1] / 1_200)) * SECOND.reliability(found.on_hand[2] / 1_800)
    assert float(reached) == pytest.approx(0.95, abs=1e-6)
    idle = replace(store, demand=cc.demand.Normal(np.zeros((3, 6)), np.zeros((3, 6))))
    assert cc.opening_stock(idle, FIRST, 0.9).on_hand.tolist() == [7.0, -4.0, 2.0]


def test_nothing_but_the_stock_on_hand_is_another() -> None:
    store = store_of(open_orders=cc.OpenOrders([1], [0], [5.0]), item_id=("a", "b", "c"), budget=cc.Budget(1e6))
    found = cc.opening_stock(store, THREE, 0.9)
    for field in fields(cc.Store):
        if field.name == "on_hand":
            continue
        left, right = getattr(store, field.name), getattr(found, field.name)
        assert left is right or np.array_equal(left, right), field.name
    assert store.on_hand.tolist() == [0, 0, 0]


def test_where_orders_are_whole_the_stock_is_the_next_whole_unit() -> None:
    exact = cc.opening_stock(store_of(), THREE, 0.9)
    whole = cc.opening_stock(store_of(orders=cc.Orders(whole=True)), THREE, 0.9)
    assert whole.on_hand.tolist() == np.ceil(exact.on_hand).tolist()
    again = cc.opening_stock(whole, THREE, 0.9)
    assert again.on_hand.tolist() == whole.on_hand.tolist()


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 0.98), st.lists(st.floats(0.1, 10.0), min_size=3, max_size=3))
def test_more_reliability_costs_more_and_units_of_money_do_not_matter(p: float, cost: list[float]) -> None:
    store = store_of(unit_cost=cost)
    one, more = cc.opening_stock(store, THREE, p), cc.opening_stock(store, THREE, p + 0.01)
    assert store.unit_cost @ one.on_hand < store.unit_cost @ more.on_hand
    cents = cc.opening_stock(store_of(unit_cost=[100 * each for each in cost]), THREE, p)
    np.testing.assert_allclose(cents.unit_cost @ cents.on_hand, 100 * store.unit_cost @ one.on_hand, rtol=1e-6)


# ── money ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def obligated(store: cc.Store) -> float:
    """Dollars after the mean sales of period 1, nothing ordered."""
    return float(store.unit_cost @ (store.on_hand + store.on_order - store.demand.mean[:, 0]))


def test_a_limit_that_the_cheapest_stock_keeps_changes_nothing() -> None:
    free = cc.opening_stock(store_of(), THREE, 0.9)
    held = cc.opening_stock(store_of(budget=cc.Budget(obligated(free) + 1.0)), THREE, 0.9)
    assert held.on_hand.tolist() == free.on_hand.tolist()


def test_a_limit_holds_where_stock_is_priced_by_something_else() -> None:
    room = [1.0, 0.5, 3.0]  # what a unit takes on the shelf, against unit costs of 2, 5, 1
    under_way = cc.OpenOrders([0], [0], [10.0])
    least = obligated(cc.opening_stock(store_of(open_orders=under_way), THREE, 0.9))
    roomy = cc.opening_stock(store_of(open_orders=under_way), THREE, 0.9, price=room)
    dear = obligated(roomy)
    assert dear > least * 1.02
    limit = 0.5 * (least + dear)
    held = cc.opening_stock(store_of(open_orders=under_way, budget=cc.Budget(limit)), THREE, 0.9, price=room)
    assert obligated(held) <= limit * (1 + 1e-6)
    assert obligated(held) == pytest.approx(limit, rel=1e-4)
    assert abs(lasting(held, THREE, 6, 400_000, 4) - 0.9) <= 4 * np.sqrt(0.09 / 400_000)
    assert np.dot(room, roomy.on_hand) < np.dot(room, held.on_hand)


def test_a_limit_that_is_too_low_is_an_error_that_says_what_it_allows() -> None:
    free = cc.opening_stock(store_of(), THREE, 0.9)
    limit = obligated(free) - 500.0
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.opening_stock(store_of(budget=cc.Budget(limit)), THREE, 0.9)
    words = str(caught.value)
    assert f"{obligated(free):,.2f} dollars" in words
    assert f"the limit there is {limit:,.2f}" in words
    allowed = float(words.split("at most ")[1].split(",", maxsplit=1)[0])
    assert 0.5 < allowed < 0.9
    best = cc.opening_stock(store_of(), THREE, allowed)
    assert obligated(best) <= limit * (1 + 1e-6)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(cc.DataError) as caught:
        cc.opening_stock(store_of(), [FIRST, "x"], 95, cycle=7, price=[1.0, -1.0, np.nan])  # type: ignore[list-item]
    words = str(caught.value)
    assert len(caught.value.faults) == 6
    assert "deliveries: found 2, expected one, or 3" in words
    assert "deliveries of item-2: found str" in words
    assert "Did you mean 0.95?" in words
    assert "cycle: found 7, expected a whole number of periods from 1 to 6" in words
    assert "price of item-2: found -1" in words
    assert "price of item-3: found nan" in words
    for cycle in (0, True, 1.5):
        with pytest.raises(cc.DataError, match="cycle"):
            cc.opening_stock(store_of(), FIRST, 0.9, cycle=cycle)  # type: ignore[arg-type]
    with pytest.raises(cc.DataError, match="price: found shape"):
        cc.opening_stock(store_of(), FIRST, 0.9, price=[1.0])
