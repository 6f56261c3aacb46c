"""Items that perish: plans against all plans and the ledger of single units, and what is said of the impossible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from perishable_instances import DAYS, OBJECTIVES, best_of, every_plan, small

import ccinv as cc
from ccinv.errors import DataError
from ccinv.models.perishable import limit_faults, movements
from ccinv.models.perishable.prices import priced
from ccinv.models.perishable.program import program_of
from ccinv.perishable import Cost, Day, EndStock, FillRate, Lost, Profit, Waste
from ccinv.shelf import replay, simulate
from ccinv.shelf.paths import shelf
from ccinv.solve.milp import Mixed
from ccinv.solve.started import solve_from

seeds = st.integers(0, 2**32 - 1)


def agree(store: cc.PerishableStore, seed: int) -> tuple[bool, bool]:
    """Holds a plan against all plans and the ledger; whether its limits bind, and whether the binaries were needed."""
    measures = OBJECTIVES[seed % len(OBJECTIVES)]
    plans = every_plan(store)
    if not plans:
        with pytest.raises(cc.InfeasibleError, match="packs of"):
            cc.perishables(store, measures)
        return True, False
    plan = cc.perishables(store, measures, gap=0.0)
    best = best_of(store, measures, plans)
    assert [level.value for level in plan.levels] == pytest.approx(best, abs=2e-6), (seed, measures)  # rows: 1e-6
    assert plan.proven
    ledger = replay(store, plan.orders)
    assert ledger.imbalance() <= 1e-9
    moved = plan.planned
    for mine, its in (
        (moved.sold, ledger.sold.sum(axis=2)), (moved.waste, ledger.wasted.sum(axis=2)), (moved.short, ledger.short),
        (moved.stock, ledger.held.sum(axis=2)), (moved.received, ledger.received),
    ):  # fmt: skip
        assert np.abs(mine - its).max() <= 1e-9
    least, most = store.limits
    total, some = plan.orders.sum(axis=0), store.order_days.any(axis=0)
    assert np.all((total >= least - 1e-9) & (total <= most + 1e-9))
    binds = bool(((total == least) & some & (least > 0)).any() or ((total == most) & some).any())
    return binds, plan.solves > len(measures)


def test_plans_equal_the_best_of_all_plans_and_the_ledger_agrees_on_each() -> None:
    told = [agree(small(seed), seed) for seed in range(42)]
    assert sum(binds for binds, _ in told) >= 21, "the limits must bind in half of them"
    assert sum(needed for _, needed in told) >= 5, "the relaxation must not do in all of them"


@pytest.mark.slow
def test_plans_equal_the_best_of_all_plans_on_200_instances() -> None:
    told = [agree(small(seed), seed) for seed in range(1000, 1200)]
    assert sum(binds for binds, _ in told) >= 100


@given(seeds)
def test_every_point_of_the_exact_program_issues_first_in_first_out(seed: int) -> None:
    """Whatever is asked of it: here random coefficients, that pay for waste, and for holding back what is wanted."""
    store, rng = small(seed), np.random.default_rng(seed)
    store = replace(store, least=np.nan, most=8)
    program = program_of(store, np.zeros(store.demand.shape), exact=True)
    cost = np.where(program.whole, 0.0, rng.normal(size=program.at.size))
    cost[program.at.fill] = 0.0
    mixed = Mixed(cost, program.rows, program.low, program.high, program.least, program.most, program.whole)
    answer, _ = solve_from(mixed, None, 0.0, 20.0)
    assert answer.x is not None
    moved = movements(store, program.orders(answer.x))
    for column, amount in (
        (program.at.sold, moved.sold), (program.at.stock, moved.stock), (program.at.short, moved.short)
    ):  # fmt: skip
        assert np.abs(answer.x[column] - amount).max() < 1e-5  # rows are met to 1e-6
    loose = program_of(store, np.zeros(store.demand.shape), exact=False)
    assert loose.rows.shape[0] < program.rows.shape[0]


@given(seeds)
def test_nothing_appears_or_vanishes_per_item_age_and_day(seed: int) -> None:
    """Opening + in = sold + wasted + held, also for amounts that are no whole units."""
    rng = np.random.default_rng(seed)
    store = small(seed)
    orders = rng.gamma(1.0, 2.0, store.demand.shape) * store.order_days
    demand = rng.gamma(1.0, 1.5, store.demand.shape)
    ledger = replay(store, orders, demand)
    assert ledger.imbalance() <= 1e-9
    into = store.opening.sum(axis=1) + ledger.received.sum(axis=1)
    out = ledger.sold.sum(axis=(1, 2)) + ledger.wasted.sum(axis=(1, 2)) + ledger.held[:, -1].sum(axis=1)
    np.testing.assert_allclose(into, out, rtol=1e-9)
    moved = movements(replace(store, demand=demand), orders)
    np.testing.assert_allclose(moved.sold, ledger.sold.sum(axis=2), atol=1e-9)
    np.testing.assert_allclose(moved.waste, ledger.wasted.sum(axis=2), atol=1e-9)
    # the oldest leave first: nothing is sold of an age while something older is held at the end of that day,
    # nor is anything short while something that could be sold is held
    for i, d in np.ndindex(store.demand.shape):
        ages = np.arange(ledger.sold.shape[2])
        youngest_sold = ages[ledger.sold[i, d] > 1e-9].min(initial=ages.max())
        assert ledger.held[i, d][ages > youngest_sold].sum() <= 1e-9
        fresh = 0 if store.day.receives_first else 1
        if ledger.short[i, d] > 1e-9:
            assert ledger.held[i, d, fresh:].sum() <= 1e-9


@given(seeds)
def test_many_paths_and_single_units_see_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    store = small(seed)
    orders = rng.integers(0, 4, store.demand.shape) * store.order_days
    demand = rng.gamma(1.0, 1.5, (*store.demand.shape, 3))
    for i in range(store.items):
        seen = shelf(store, i, orders[i], demand[i])
        for path in range(3):
            ledger = replay(store, orders, demand[:, :, path])
            np.testing.assert_allclose(seen.short[:, path], ledger.short[i], atol=1e-9)
            np.testing.assert_allclose(seen.waste[:, path], ledger.wasted[i].sum(axis=1), atol=1e-9)
            np.testing.assert_allclose(seen.stock[:, path], ledger.held[i].sum(axis=1), atol=1e-9)


@pytest.mark.parametrize(("events", "sold"), list(zip(DAYS, (1, 0, 1, 1, 1, 1), strict=True)))
def test_the_order_of_events_says_on_which_days_a_unit_can_be_sold(events: tuple[str, ...], sold: int) -> None:
    """One unit that lives a day, wanted on the day it comes in and on the next: one day, the other, both or neither."""
    day = Day(events)  # type: ignore[arg-type]
    assert (day.first, int(day.last(np.array([2]))[0])) == (
        0 if events.index("receive") < events.index("sell") else 1,
        1 if events.index("perish") < events.index("sell") else 2,
    )
    if day.first > day.last(np.array([1]))[0]:
        with pytest.raises(cc.DataError, match="perishes before it can be sold"):
            cc.PerishableStore(demand=[[0, 1, 0]], shelf_life=1, order_days=[True, False, False], day=day)
        assert sold == 0
        return
    store = cc.PerishableStore(demand=[[0, 0, 0]], shelf_life=1, order_days=[True, False, False], day=day)
    days = [
        d for d in range(3)
        if replay(store, [[1, 0, 0]], np.eye(3)[d][None, :]).sold.sum() == 1
    ]  # fmt: skip
    assert days == list(range(day.first, int(day.last(np.array([1]))[0]) + 1))
    assert sold == 1


def test_demand_is_lost_only_when_nothing_is_left_even_where_keeping_would_pay() -> None:
    """A unit kept for the end would be worth more; the plan may not keep it."""
    store = cc.PerishableStore(
        demand=[[1, 0, 0, 0]], shelf_life=9, order_days=[True, False, False, False], most=1, least=1, price=0.0,
        lost_cost=0.0, holding_cost=0.0,
    )  # fmt: skip
    plan = cc.perishables(store, (EndStock(),))
    assert plan.planned.sold[0].tolist() == [1, 0, 0, 0]
    assert plan.levels[0].value == 0


def test_old_stock_is_not_left_to_perish_while_fresh_is_sold() -> None:
    """Ten old and ten fresh units, ten wanted on the last day of the old: selling fresh would empty the shelf."""
    store = cc.PerishableStore(
        demand=[[0, 10, 0, 0]], shelf_life=4, order_days=[True, False, False, False], least=10, most=10,
        opening=[[0, 10, 0]],
    )  # fmt: skip
    plan = cc.perishables(store, (EndStock(),))
    ledger = replay(store, plan.orders)
    assert ledger.sold[0, 1].tolist()[3] == 10
    assert ledger.wasted.sum() == 0
    assert plan.levels[0].value == 10
    assert plan.solves == 2, "the relaxation sells the fresh ones, and has nothing left at the end"


def test_least_waste_alone_orders_no_more_than_it_must_and_fewest_lost_comes_first_where_it_is_named_first() -> None:
    store = cc.PerishableStore(
        demand=np.full((1, 6), 3), shelf_life=2, order_days=np.arange(6) % 3 == 0, pack=5, unit_cost=1.0
    )
    least = cc.perishables(store, (Waste(), Cost()))
    assert (least.levels[0].value, least.orders.sum()) == (0.0, 0.0)
    most = cc.perishables(store, (Lost(), Waste()))
    assert most.levels[0].value == 6.0  # two days of three can be served
    assert most.levels[1].value == 8.0  # two packs for the six of two days, twice: 20 − 12


def test_the_fill_rate_of_the_item_served_worst_is_raised_before_the_total() -> None:
    """Two items share ten units: one is wanted ten times, the other a hundred times."""
    store = cc.PerishableStore(demand=[[10.0], [100.0]], shelf_life=1, order_days=[True], most=11, whole=False)
    fair = cc.perishables(store, FillRate(), gap=1e-6)
    assert fair.levels[0].value == pytest.approx(0.1, abs=1e-6)
    assert fair.orders[:, 0] == pytest.approx([1.0, 10.0], abs=1e-4)


def test_profit_pays_for_orders_units_nights_waste_and_what_is_lost() -> None:
    """By hand: two packs of 4 at 2 each, 10 per order, 6 sold at 9, 1 lost at 3, nights at 0.5, 2 wasted at 1."""
    store = cc.PerishableStore(
        demand=[[1, 0, 5, 1]], shelf_life=3, order_days=[True, False, False, False], pack=4, unit_cost=2, price=9,
        holding_cost=0.5, waste_cost=1, lost_cost=3, order_cost=10,
    )  # fmt: skip
    plan = cc.perishables(store, Profit(), gap=0.0)
    assert plan.orders[0].tolist() == [8, 0, 0, 0]
    nights = 7 + 7 + 2 + 0  # what is left overnight; two perish on the last day
    assert plan.levels[0].value == pytest.approx(6 * 9 - 8 * 2 - 10 - 0.5 * nights - 2 * 1 - 3)


def test_limits_between_two_totals_of_packs_are_explained_with_amounts() -> None:
    store = cc.PerishableStore(
        demand=np.ones((2, 3)), shelf_life=5, order_days=[True, False, True], pack=[6, 9], least=80, most=80
    )
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.perishables(store)
    assert "On 1 the total must be from 80 to 80, but packs of 6, 9 come to 78 or 81" in str(caught.value)
    assert "allow 2 less or 1 more" in str(caught.value)
    assert limit_faults(replace(store, most=81)) == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"order_days": np.zeros(3, dtype=bool)}, "no day on which anything can be ordered"),
        ({"least": 5, "most": 4}, "at least 5 and at most 4"),
        ({"least": [2, np.nan, np.nan]}, "at least 2 on a day on which nothing can be ordered"),
        ({"opening": [[0, 0, 0, 7]]}, "7 units aged 4 days"),
        ({"shelf_life": 0}, "shelf_life of item item-1"),
        ({"pack": 0}, "pack of item item-1"),
        ({"lag": -1}, "lag of item item-1"),
        ({"price": -1}, "price of item item-1"),
        ({"demand": [[1, -2, 3]]}, "demand of item item-1 on day 2"),
        ({"day": ("sell", "sell", "perish")}, "sell, sell, perish"),
    ],
)
def test_each_fault_of_a_store_is_named(given: dict[str, Any], said: str) -> None:
    if "day" in given:
        with pytest.raises(cc.DataError, match=said):
            Day(given["day"])
        return
    usual: dict[str, Any] = {"demand": [[1, 2, 3]], "shelf_life": 4, "order_days": [False, True, True]}
    with pytest.raises(cc.DataError) as caught:
        cc.PerishableStore(**{**usual, **given})
    assert said in str(caught.value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(cc.DataError) as caught:
        cc.PerishableStore(
            demand=[[1, 2, 3], [1, 1, 1]], shelf_life=[2, 3], order_days=[False, False, True], least=6, most=3,
            opening=[[0, 4], [0, 0]],
        )  # fmt: skip
    assert len(caught.value.faults) == 2
    with pytest.raises(cc.DataError, match="4 faults"):
        cc.PerishableStore(demand=[[-1.0]], shelf_life=0.5, order_days=[True], pack=-1, unit_cost=-3)


def test_questions_that_make_no_sense_are_refused() -> None:
    store = cc.PerishableStore(demand=[[1.0]], shelf_life=1, order_days=[True])
    with pytest.raises(cc.DataError, match="3 faults"):
        cc.perishables(store, (), gap=2.0, seconds=0.0)
    with pytest.raises(cc.DataError, match="a law"):
        replace(store, service=cc.Service(0.9))


def random_store(**given: Any) -> cc.PerishableStore:
    rng = np.random.default_rng(4)
    mean = rng.uniform(3, 9, (3, 1)) * np.ones((1, 14))
    usual: dict[str, Any] = {
        "demand": cc.demand.NegativeBinomial(mean, np.sqrt(1.5 * mean)), "shelf_life": [4, 6, 9], "lag": 1,
        "order_days": np.isin(np.arange(14) % 7, (1, 3, 5)), "opening": np.ceil(4 * mean[:, :1]),
        "service": cc.Service(0.95),
    }  # fmt: skip
    return cc.PerishableStore(**{**usual, **given})


def test_calibrated_reserves_give_the_service_that_was_asked_on_paths_of_their_own() -> None:
    """Planned by the mean alone, the same shelf serves far fewer days."""
    store = random_store(opening=np.array([[21.0], [30.0], [40.0]]), service=cc.Service(0.95, "best"))
    plan = cc.perishables(store, (Waste(), EndStock()), gap=0.01, seconds=30)
    promise = plan.promise
    assert promise is not None
    assert promise.accepted
    assert promise.kept
    assert promise.promised.sum() > 25
    # by a replay of our own, with single units
    rng, promised = np.random.default_rng(77), promise.promised
    assert store.law is not None
    drawn = store.law.sample(rng, 400)
    served = np.mean([replay(store, plan.orders, drawn[:, :, p]).short <= 1e-9 for p in range(400)], axis=0)
    assert np.all(served[promised] > 0.95 - 4.5 * np.sqrt(0.95 * 0.05 / 400))  # one of 40 in 10⁵ falls below that
    bare = cc.perishables(replace(store, demand=store.demand, service=None), (Lost(), EndStock()))
    poor = simulate(store, bare.orders, np.full(store.demand.shape, 0.05), 4000, 5, 0).met / 4000
    assert poor[promised].min() < 0.6


def test_days_that_no_order_can_serve_are_named_and_promise_nothing() -> None:
    """A shelf life of three days and one order day in a week: no order covers the days between."""
    store = random_store(shelf_life=[3, 14, 14], order_days=np.arange(14) % 7 == 1, service=cc.Service(0.9, "best"))
    plan = cc.perishables(store, (Waste(),), gap=0.01, seconds=20)
    promise = plan.promise
    assert promise is not None
    assert not promise.promised[0, 6]
    assert promise.attainable[0, 6] < 0.05, "a day without demand is met by nothing"
    assert any("No order can be on the shelf on these days" in line and "item-1 on" in line for line in promise.words)


def test_service_that_limits_forbid_is_refused_with_amounts() -> None:
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.perishables(random_store(most=9), (Waste(),), gap=0.05, seconds=10)
    said = str(caught.value)
    assert "asked 0.95" in said
    assert "the limits of the days' totals leave" in said
    assert "units too few in reserve" in said


def test_the_same_question_has_the_same_answer() -> None:
    store = small(3)
    one, two = (cc.perishables(store, (Lost(), EndStock())) for _ in range(2))
    np.testing.assert_array_equal(one.orders, two.orders)


def test_prices_bound_what_all_plans_can_have_and_lead_to_plans_that_keep_everything() -> None:
    """Against all plans of small instances; kept is the level of demand lost, priced the stock at the end."""
    tight = 0
    for seed in range(24):
        store = small(seed)
        plans = every_plan(store)
        if not plans:
            continue
        program = program_of(store, np.zeros(store.demand.shape), exact=True)
        lost, end = best_of(store, (Lost(), EndStock()), plans)
        start = cc.perishables(store, (Lost(),), gap=0.0)
        kept = [(program.cost(Lost().weights(store)), lost + 1e-6)]
        found = priced(program, program.cost(EndStock().weights(store)), kept, start.orders, 0.0, 20.0)
        assert found.bound <= end + 1e-5
        assert found.orders is not None
        moved = movements(store, found.orders)
        assert moved.short.sum() <= lost + 1e-5
        assert moved.end.sum() >= end - 1e-9
        least, most = store.limits
        total = found.orders.sum(axis=0)
        assert np.all((total >= least - 1e-9) & (total <= most + 1e-9))
        tight += np.ceil(found.bound - 1e-5) == end == moved.end.sum()
    assert tight >= 12, "mostly, prices settle the question"


def test_what_is_no_store_no_measure_no_number_is_refused_with_a_remedy() -> None:
    known: dict[str, Any] = {"demand": [[1.0]], "shelf_life": 1, "order_days": True}
    store = cc.PerishableStore(**known)
    wrong: Any = 5
    with pytest.raises(DataError) as caught:
        cc.perishables(wrong, "lost", gap="x", seconds="y")  # type: ignore[arg-type]
    told = str(caught.value)
    for words in (
        "store: found int, expected PerishableStore", "objective: found 'lost', expected a measure",
        "cc.perishable.Lost()", "gap: found 'x'", "seconds: found 'y'",
    ):  # fmt: skip
        assert words in told
    with pytest.raises(DataError, match="objective: found 'lost' 2 times, expected each measure once"):
        cc.perishables(store, (Lost(), Lost()))
    for fault, words in (
        ({"day": "perish"}, "day: found 'perish', expected a Day"),
        ({"order_days": [[0.5]]}, "order_days: found 0.5, expected True or False"),
        ({"least": np.inf}, "least of day 1: found inf, expected a finite total"),
    ):
        with pytest.raises(DataError, match=words):
            cc.PerishableStore(**known | fault)
