"""The ledger against hand-worked cases, a ledger that moves one unit list at a time, and exact arrival laws."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from strategies import numbers, stores

import ccinv as cc
from ccinv.lead_time import NEVER
from ccinv.ledger import Movements, State, move, replay, replay_known, sample_open_ages
from ccinv.result import CausalRule, PooledRule, Rule

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NO_OPEN = np.zeros((0, 1), dtype=np.int64)


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def certain_store(sales: Any, lead: Any, never: float = 0.0, **more: Any) -> cc.Store:
    """A store whose sales are certain."""
    mean = np.atleast_2d(np.asarray(sales, dtype=np.float64))
    given = {"unit_cost": [2.0] * len(mean), "on_hand": [5.0] * len(mean), "important": [True] * len(mean), **more}
    return cc.Store(demand=cc.demand.Normal(mean, np.zeros_like(mean)), lead_time=cc.LeadTime(lead, never), **given)


def fixed(cumulative: Any) -> PooledRule:
    """The rule that orders the same whatever is sold."""
    amounts = np.atleast_2d(np.asarray(cumulative, dtype=np.float64))
    return PooledRule(np.zeros_like(amounts), amounts)


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_that_takes_one_period_serves_from_the_second_period_after_its_own() -> None:
    moved = replay(certain_store([3, 4, 5, 2], [0, 1]), fixed([4, 8, 10, 10]), rng(), 2)
    for path in range(2):
        assert moved.net[0, :, path].tolist() == [2, -2, -3, -1]
        assert moved.orders[0, :, path].tolist() == [4, 4, 2, 0]
        assert moved.received[0, :, path].tolist() == [0, 4, 4, 2]
        assert moved.dollars[:, path].tolist() == [12, 12, 6, 2]  # 2 $ × (2 + 4, −2 + 8, −3 + 6, −1 + 2)


def test_an_order_that_takes_no_time_serves_from_the_next_period() -> None:
    moved = replay(certain_store([3, 4, 5, 2], [1]), fixed([4, 8, 10, 10]), rng(), 1)
    assert moved.net[0, :, 0].tolist() == [2, 2, 1, 1]
    assert moved.received[0, :, 0].tolist() == [4, 4, 2, 0]


def test_executed_orders_catch_up_with_the_rule_and_are_never_negative() -> None:
    moved = replay(certain_store([1, 1, 1, 1], [1]), fixed([5, 2, 4, 9]), rng(), 1)
    assert moved.wanted[0, :, 0].tolist() == [5, -3, 2, 5]
    assert moved.orders[0, :, 0].tolist() == [5, 0, 0, 4]


def test_whole_orders_are_whole_and_at_most_one_unit_ahead_of_the_rule() -> None:
    store = certain_store([[1] * 5], [1], orders=cc.Orders(whole=True))
    moved = replay(store, fixed([0.2, 1.9, 2.0, 4.000000000001, 4.1]), rng(), 1)
    assert moved.orders[0, :, 0].tolist() == [1, 1, 0, 2, 1]


def test_an_order_that_never_arrives_serves_nothing_and_is_obligated_all_the_same() -> None:
    moved = replay(certain_store([1, 1, 1], [0.0], never=1.0), fixed([4, 4, 4]), rng(), 3)
    assert not moved.received.any()
    assert (moved.net[0] == [[4], [3], [2]]).all()
    assert (moved.dollars == [[16], [14], [12]]).all()


def test_a_return_goes_back_on_the_shelf_or_to_those_who_wait() -> None:
    store = certain_store([0, 0, 0], [1], on_hand=[-2.0])
    sales = np.array([-1.0, -3.0, 1.0]).reshape(1, 3, 1)
    seen: list[tuple[float, float]] = []

    def nothing(state: State) -> FloatArray:
        seen.append((float(state.on_hand[0, 0]), float(state.backlog[0, 0])))
        return np.zeros((1, 1))

    moved = move(store, sales, nothing, np.zeros((1, 3, 1), dtype=np.int64), NO_OPEN)
    assert moved.net[0, :, 0].tolist() == [-1, 2, 1]
    assert seen == [(0, 1), (2, 0), (1, 0)]


def test_open_orders_of_one_item_that_arrive_together_are_both_received() -> None:
    orders = cc.OpenOrders([0, 1, 0, 0], [0, -1, -1, 0], [10, 20, 40, 80])
    store = certain_store([[1] * 3] * 2, [0.0, 0.2, 0.4, 0.4], open_orders=orders)
    ages = np.array([[1], [3], [2], [3]])
    moved = replay_known(store, fixed([[0] * 3] * 2), np.ones((2, 3, 1)), np.zeros((2, 3, 1), dtype=np.int64), ages)
    assert moved.received[:, :, 0].tolist() == [[50, 0, 80], [0, 20, 0]]
    assert moved.net[:, :, 0].tolist() == [[4, 53, 52], [4, 3, 22]]
    assert moved.dollars[:, 0].tolist() == [2 * (5 + 130 + 5 + 20 - 2 * t) for t in (1, 2, 3)]


def test_an_open_order_cannot_arrive_before_the_start() -> None:
    store = certain_store([1, 1], [0, 0.5, 0.5], open_orders=cc.OpenOrders([0], [-1], [10]))
    with pytest.raises(cc.DataError, match="open order 1 of item item-1: found an age at arrival of 1"):
        replay_known(store, fixed([0, 0]), np.ones((1, 2, 1)), np.zeros((1, 2, 1), dtype=np.int64), np.array([[1]]))


def test_a_base_stock_policy_placed_from_what_the_ledger_shows_holds_its_position() -> None:
    store = certain_store([[3] * 6], [0.3, 0.3, 0.2], never=0.2)

    def up_to_twenty(state: State) -> FloatArray:
        return np.maximum(20 - (state.on_hand - state.backlog + state.under_way), 0.0)

    sales = rng().poisson(3.0, (1, 6, 50)).astype(float)
    moved = move(store, sales, up_to_twenty, store.lead_time.sample(rng(), (6, 50)), NO_OPEN)
    assert (moved.dollars == 40).all()
    assert (moved.orders[:, 1:] == sales[:, 1:]).all()


# ── against a ledger written with lists ─────────────────────────────────────────────────────────────────────────────


def scalar_ledger(
    store: cc.Store, rule: Rule, sales: FloatArray, ages: IntArray, open_ages: IntArray, i: int
) -> tuple[list[float], list[float], list[float], list[float]]:
    """Net stock, orders, receipts and dollars of one item on one path; sales, ages (T,), open_ages (K,)."""
    coming: list[tuple[int, float]] = []  # (period of arrival, units)
    if store.open_orders is not None:
        for k, item in enumerate(store.open_item):
            if item == i:
                arrival = int(store.open_orders.placed[k]) + int(open_ages[k])
                coming.append((arrival, float(store.open_orders.quantity[k])))
    shelf, ordered = float(store.on_hand[i]), 0.0
    net, orders, receipts, dollars = [], [], [], []
    for t in range(1, len(sales) + 1):
        shelf -= float(sales[t - 1])
        net.append(shelf)
        asked = float(rule.intercept[i, t - 1])
        for k in range(t):
            asked += float(rule.weights[i, t - 1, k]) * float(sales[k])
        if store.orders.whole:
            asked = float(np.ceil(asked - 1e-9 * max(asked, 1.0)))
        order = max(0.0, asked - ordered)
        ordered += order
        orders.append(order)
        coming.append((t + int(ages[t - 1]), order))
        dollars.append(float(store.unit_cost[i]) * (shelf + sum(units for _, units in coming)))
        arrived = sum(units for arrival, units in coming if arrival == t)
        coming = [(arrival, units) for arrival, units in coming if arrival != t]
        receipts.append(arrived)
        shelf += arrived
    return net, orders, receipts, dollars


@st.composite
def known_cases(draw: st.DrawFn) -> tuple[cc.Store, Rule, FloatArray, IntArray, IntArray]:
    """A store, a rule of either kind, sales of some first periods on three paths, and all ages at arrival."""
    store = draw(stores(items=(1, 3), periods=(1, 5), scales=(0, 0)))
    if draw(st.booleans()):
        store = certain_whole(store)
    n, periods, paths = store.items, store.periods, 3
    units = st.integers(-8, 40).map(lambda k: k / 4)  # quarters: sums are exact, so that no tolerance is needed
    weights = draw(hnp.arrays(np.float64, (n, periods, periods), elements=st.integers(-4, 8).map(lambda k: k / 4)))
    intercept = draw(hnp.arrays(np.float64, (n, periods), elements=units))
    rule: Rule = CausalRule(np.tril(weights), intercept)
    if draw(st.booleans()):
        rule = PooledRule(weights[:, :, 0], intercept, store.orders.lag)
    seen = draw(st.integers(1, periods))
    sales = draw(hnp.arrays(np.float64, (n, seen, paths), elements=units))
    times = st.integers(0, periods + 1) | st.just(NEVER)
    ages = draw(hnp.arrays(np.int64, (n, seen, paths), elements=times, fill=st.nothing()))
    waited = np.zeros(0, dtype=np.int64) if store.open_orders is None else -store.open_orders.placed
    more = draw(hnp.arrays(np.int64, (len(waited), paths), elements=st.integers(1, periods + 2), fill=st.nothing()))
    return store, rule, sales, ages, waited[:, None] + more


def certain_whole(store: cc.Store) -> cc.Store:
    return cc.Store(
        store.unit_cost,
        store.on_hand,
        store.important,
        store.demand,
        store.lead_time,
        orders=cc.Orders(whole=True, lag=store.orders.lag),
        open_orders=store.open_orders,
    )


@given(known_cases())
def test_the_ledger_moves_what_a_ledger_of_lists_moves(
    case: tuple[cc.Store, Rule, FloatArray, IntArray, IntArray],
) -> None:
    store, rule, sales, ages, open_ages = case
    moved = replay_known(store, rule, sales, ages, open_ages)
    # on hand, open quantities and unit costs have 24 bits, and eleven numbers below 2^10 are added: 1e-9 is generous
    near = partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-9)
    for path in range(sales.shape[2]):
        spent = np.zeros(sales.shape[1])
        for i in range(store.items):
            net, orders, receipts, dollars = scalar_ledger(
                store, rule, sales[i, :, path], ages[i, :, path], open_ages[:, path], i
            )
            near(moved.net[i, :, path], net)
            near(moved.orders[i, :, path], orders)
            near(moved.received[i, :, path], receipts)
            spent += dollars
        np.testing.assert_allclose(moved.dollars[:, path], spent, rtol=1e-9, atol=1e-6)


@given(known_cases())
def test_items_cut_out_of_a_store_move_as_they_did_in_it(
    case: tuple[cc.Store, Rule, FloatArray, IntArray, IntArray],
) -> None:
    store, rule, sales, ages, open_ages = case
    whole = replay_known(store, rule, sales, ages, open_ages)
    index = np.arange(store.items)[::-1][:2].copy()
    kept = np.flatnonzero(np.isin(store.open_item, index))
    alone = replay_known(store.rows(index), rule.rows(index), sales[index], ages[index], open_ages[kept])
    for name in ("sales", "wanted", "orders", "received", "net"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(whole, name)[index])
    assert store.rows(index).item_id == tuple(store.item_id[k] for k in index)
    np.testing.assert_array_equal(store.rows(index).on_order, store.on_order[index])


# ── what is conserved ───────────────────────────────────────────────────────────────────────────────────────────────


@given(stores(items=(1, 3), periods=(1, 5)), st.integers(0, 2**32), st.lists(numbers(0, 3), min_size=3, max_size=3))
def test_every_unit_is_on_the_shelf_or_sold_or_under_way(store: cc.Store, seed: int, factor: list[float]) -> None:
    ratio = np.array(factor)[: store.items, None] * np.ones(store.periods)
    rule = PooledRule(ratio, store.demand.mean * ratio, store.orders.lag)
    states: list[tuple[FloatArray, ...]] = []
    moved = replay(store, rule, rng(seed), 4)

    def again(state: State) -> FloatArray:
        states.append((state.on_hand.copy(), state.backlog.copy(), state.under_way.copy()))
        return moved.orders[:, state.period]

    # the same orders, decided one by one: all of them arrive at once, so that the book can be watched from inside
    ages = np.zeros(moved.sales.shape, dtype=np.int64)
    late = np.full((len(store.open_item), 4), NEVER)
    watched = move(store, moved.sales, again, ages, late)
    size = np.abs(store.on_hand)[:, None] + store.on_order[:, None] + 1e-300
    size = size + np.abs(moved.orders).sum(axis=1) + np.abs(moved.sales).sum(axis=1)
    sold, ordered = np.zeros((store.items, 4)), np.zeros((store.items, 4))
    for t, (on_hand, backlog, under_way) in enumerate(states):
        sold += moved.sales[:, t]
        assert (on_hand >= 0).all()
        assert (backlog >= 0).all()
        assert (np.minimum(on_hand, backlog) == 0).all()
        left = on_hand - backlog + under_way + sold - ordered - store.on_hand[:, None] - store.on_order[:, None]
        assert (np.abs(left) <= 1e-12 * size).all()
        ordered += moved.orders[:, t]
    for run in (moved, watched):
        assert_balanced(run, store.on_hand, size)
    assert (moved.orders >= 0).all()
    assert (moved.received >= 0).all()


def assert_balanced(moved: Movements, on_hand: FloatArray, size: FloatArray) -> None:
    """X(t) = I1 + R(t − 1) − D(t)."""
    usable = np.cumsum(moved.received, axis=1) - moved.received
    found = on_hand[:, None, None] + usable - np.cumsum(moved.sales, axis=1)
    assert (np.abs(moved.net - found) <= 1e-12 * size[:, None]).all()


# ── against exact laws of arrival ───────────────────────────────────────────────────────────────────────────────────


def test_receipts_have_the_mean_and_variance_of_orders_that_arrive_independently() -> None:
    pmf, never, paths = np.array([0.2, 0.0, 0.5, 0.2]), 0.1, 200_000
    quantity = np.array([3.0, 1.0, 4.0, 1.0, 5.0])
    store = certain_store([[0.0] * 5], pmf, never)
    through = np.cumsum(replay(store, fixed(np.cumsum(quantity)), rng(), paths).received[0], axis=0)
    mean, variance = oracles.receipts(quantity, pmf, never)
    assert (np.abs(through.mean(axis=1) - mean) <= 5 * np.sqrt(variance / paths)).all()
    # the standard error of a variance, from the fourth moment that was found
    deviation = through - mean[:, None]
    error = np.sqrt((np.mean(deviation**4, axis=1) - variance**2) / paths)
    assert (np.abs(np.mean(deviation**2, axis=1) - variance) <= 5 * error).all()


def test_an_open_order_arrives_by_the_law_given_that_it_has_not_arrived_yet() -> None:
    pmf, never, paths, periods = [0.1, 0.2, 0.3, 0.2], 0.2, 100_000, 4
    placed = [0, -1, -2, -2, -5]
    orders = cc.OpenOrders([0] * 5, placed, [1, 2, 4, 8, 16])  # powers of two: the sum says which have arrived
    store = certain_store([[0.0] * periods], pmf, never, open_orders=orders)
    received = replay(store, fixed([[0.0] * periods]), rng(), paths).received[0].astype(np.int64)
    for k, period in enumerate(placed):
        law = dict(oracles.arrivals_of_one(np.array(pmf), never, period, 1))
        for t in range(1, periods + 1):
            share = float(np.mean((received[t - 1] >> k) & 1))
            expected = law.get(t, 0.0)
            assert abs(share - expected) <= 5 * np.sqrt(expected * (1 - expected) / paths), (period, t)
    both = np.mean((((received >> 2) & 1) & ((received >> 3) & 1)).any(axis=0))
    alone = dict(oracles.arrivals_of_one(np.array(pmf), never, -2, 1))[1]
    assert abs(both - alone**2) <= 5 * np.sqrt(alone**2 / paths)  # each has its own draw


def test_an_open_order_of_a_proper_law_arrives_for_certain() -> None:
    store = certain_store([[0.0] * 4], [0.1] * 10, open_orders=cc.OpenOrders([0, 0], [-6, -8], [1, 1]))
    ages = sample_open_ages(store, rng(), 10_000)
    assert set(np.unique(ages[0])) == {7, 8, 9}
    assert (ages[1] == 9).all()


def test_sales_are_drawn_from_the_law_of_the_store() -> None:
    mean, sd, paths = np.array([[5.0, 9.0]]), np.array([[2.0, 3.0]]), 100_000
    store = cc.Store([1.0], [0.0], [True], cc.demand.Normal(mean, sd, [[1, 0.6], [0.6, 1]]), cc.LeadTime([1.0]))
    sales = replay(store, fixed([[0.0, 0.0]]), rng(), paths).sales[0]
    assert (np.abs(sales.mean(axis=1) - mean[0]) <= 5 * sd[0] / np.sqrt(paths)).all()
    assert abs(np.corrcoef(sales)[0, 1] - 0.6) <= 5 * (1 - 0.6**2) / np.sqrt(paths)


def test_the_same_generator_gives_the_same_movements() -> None:
    store = certain_store([[1.0] * 4], [0.5, 0.5])
    one, two = (replay(store, fixed([[1, 2, 3, 4]]), rng(3), 5) for _ in range(2))
    assert one.net.tobytes() == two.net.tobytes()
