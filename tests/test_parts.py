"""Orders that come in parts: the audit of a plan against a storekeeper's book kept by hand, order by order."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from made_up import made_up_plan, made_up_store
from numpy.typing import NDArray
from test_auditing import assert_same_bytes, normal_store, plan_of, static

import ccinv as cc
from ccinv.auditing import Verdict, audit, fan
from ccinv.auditing.streams import PARTS, generator
from ccinv.lead_time import NEVER
from ccinv.ledger import move, sample_open_ages
from ccinv.result import Plan, PooledRule

FloatArray = NDArray[np.float64]

FIVE = cc.Deliveries((2, 3, 5, 7, 9), 10, 0.15, (2, 5, 7, 8), 10, 0.12)
HALVES = cc.Deliveries((0.0, 0.5), amounts=(0.5, 0.5))
AT_ONCE = cc.Deliveries((0.0,))


def counts(found: cc.Audit) -> dict[str, FloatArray]:
    """Everything that was counted, as whole numbers."""
    names = ("service", "joint_service", "order", "budget")
    return {name: np.rint(getattr(found, name) * found.paths) for name in names}


# ── orders that come whole ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_audit_without_parts_is_what_it_was_before_there_were_any() -> None:
    # made before orders could come in parts; whole numbers of paths, which no rounding of a last digit changes
    found = audit(made_up_plan(made_up_store(items=12, periods=6)), 5_000, 3)
    digest = hashlib.sha256()
    for table in counts(found).values():
        digest.update(table.astype(np.int64).tobytes())
    order = ("service", "joint_service", "order", "budget")
    assert tuple(counts(found)) == order
    assert digest.hexdigest() == "4f92a40864fddcce7f0c78fa0c3795c9dfed9a59362524ff2b28863bf7af529e"
    assert found.parts is None


def test_one_part_at_once_gives_the_bytes_of_the_ordinary_audit() -> None:
    plan = made_up_plan(made_up_store(items=12, periods=6))
    whole = audit(plan, 3_000, 3)
    parted = audit(plan, 3_000, 3, parts=cc.Parts(AT_ONCE, 3))
    for field in fields(cc.Audit):
        left, right = getattr(whole, field.name), getattr(parted, field.name)
        if isinstance(left, np.ndarray):
            assert left.tolist() == right.tolist() or left.tobytes() == right.tobytes(), field.name
    assert fan(plan, [0, 5], 500, 3).tobytes() == fan(plan, [0, 5], 500, 3, parts=cc.Parts(AT_ONCE, 3)).tobytes()


def test_parts_that_all_come_within_one_period_change_nothing_but_rounding() -> None:
    plan = made_up_plan(made_up_store(items=12, periods=6))
    whole, parted = audit(plan, 3_000, 3), audit(plan, 3_000, 3, parts=cc.Parts(FIVE, 1))
    for name, table in counts(whole).items():
        np.testing.assert_array_equal(table, counts(parted)[name], err_msg=name)
    np.testing.assert_allclose(parted.stock_mean, whole.stock_mean, rtol=1e-9, atol=1e-9)


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def certain(sales: Any, pmf: Any = (1.0,), never: float = 0.0, **more: Any) -> cc.Store:
    """A store whose sales are certain."""
    mean = np.atleast_2d(np.asarray(sales, dtype=np.float64))
    given = {"unit_cost": [2.0] * len(mean), "on_hand": [5.0] * len(mean), "important": [True] * len(mean), **more}
    return cc.Store(demand=cc.demand.Normal(mean, np.zeros_like(mean)), lead_time=cc.LeadTime(pmf, never), **given)


def received(store: cc.Store, orders: Any, parts: cc.Parts, lead: int, open_lead: Any = ()) -> FloatArray:
    """What one path receives, (n, N), where every order takes `lead` periods to its first part."""
    amounts = np.atleast_2d(np.asarray(orders, dtype=np.float64))[:, :, None]
    ages = np.full(amounts.shape, lead)
    rng = np.random.default_rng(1)
    sales = store.demand.mean[:, :, None]
    open_ages = np.asarray(open_lead, dtype=np.int64).reshape(-1, 1)
    moved = move(store, sales, lambda s: amounts[:, s.period], ages, open_ages, lambda k, p: parts.draw(rng, k, p))
    return moved.received[:, :, 0]


def test_halves_come_at_the_beginning_and_in_the_middle_of_the_periods_counted_from_the_lead_time() -> None:
    store = certain([1, 1, 1, 1, 1, 1, 1])
    found = received(store, [8, 0, 4, 0, 0, 0, 0], cc.Parts(HALVES, 4), lead=1)
    assert found.tolist() == [[0, 4, 0, 4 + 2, 0, 2, 0]]


def test_what_comes_at_the_end_of_the_last_period_belongs_to_it() -> None:
    ends = cc.Deliveries((0.25, 0.5, 0.75, 1.0), amounts=(0.1, 0.2, 0.3, 0.4))
    found = received(certain([0] * 6), [10, 0, 0, 0, 0, 0], cc.Parts(ends, 4), lead=0)
    np.testing.assert_allclose(found, [[0, 1, 2, 3 + 4, 0, 0]], rtol=1e-12)


@pytest.mark.parametrize("periods", [3, 7, 49, 103])
def test_a_part_due_at_the_beginning_of_a_period_comes_in_it_whatever_the_rounding(periods: int) -> None:
    beginnings = cc.Deliveries(np.arange(periods) / periods, amounts=np.full(periods, 1 / periods))
    found = received(certain(np.zeros(periods)), np.eye(1, periods), cc.Parts(beginnings, periods), lead=0)
    np.testing.assert_allclose(found, np.full((1, periods), 1 / periods), rtol=1e-9)


def test_an_order_that_never_arrives_brings_no_part() -> None:
    assert not received(certain([1] * 5), [9, 9, 9, 9, 9], cc.Parts(HALVES, 4), lead=NEVER).any()


def test_open_orders_come_in_parts_too_from_the_period_in_which_they_would_have_come() -> None:
    late = (0.0, 0.0, 0.0, 1.0)
    store = certain([[1] * 5, [1] * 5], late, open_orders=cc.OpenOrders([1, 0, 1], [0, -1, 0], [8.0, 6.0, 2.0]))
    found = received(store, np.zeros((2, 5)), cc.Parts(HALVES, 2), 0, open_lead=[1, 3, NEVER])
    assert found.tolist() == [[0, 3, 3, 0, 0], [4, 4, 0, 0, 0]]


def test_every_item_has_the_parts_of_its_own_deliveries() -> None:
    store = certain([[1] * 4, [1] * 4, [1] * 4])
    parts = cc.Parts([HALVES, AT_ONCE, HALVES], 2)
    orders = np.array([[8, 0, 0, 0], [8, 0, 0, 0], [0, 4, 0, 0]])
    assert received(store, orders, parts, 0).tolist() == [[4, 4, 0, 0], [8, 0, 0, 0], [0, 2, 2, 0]]
    turned = parts.rows(np.array([2, 1]))
    assert received(store.rows(np.array([0, 1])), orders[:2], turned, 0).tolist() == [[4, 4, 0, 0], [8, 0, 0, 0]]


def test_parts_of_random_deliveries_follow_their_law_and_sum_to_the_order() -> None:
    paths, parts = 40_000, cc.Parts([FIVE, HALVES, FIVE], 8)
    drawn = list(parts.draw(np.random.default_rng(3), np.arange(3), paths))
    later, share = (np.array(table) for table in zip(*drawn, strict=True))
    assert later.shape == share.shape == (5, 3, paths)
    np.testing.assert_allclose(share.sum(axis=0), 1.0, rtol=1e-12)
    assert (share[2:, 1] == 0).all()
    assert later.min() == 0
    assert later.max() == 7
    assert (np.diff(later[:, [0, 2]], axis=0) >= 0).all()
    times, amounts = FIVE.sample(np.random.default_rng(4), paths)
    for item in (0, 2):
        for i in range(5):
            by = np.arange(8)
            there = (later[i, item][:, None] <= by).mean(axis=0)
            expected = (times[:, i][:, None] < (by + 1) / 8).mean(axis=0)
            # of two samples of 40 000: five standard deviations
            assert (np.abs(there - expected) <= 5 * np.sqrt(0.5 / paths)).all()
            assert abs(share[i, item].mean() - amounts[:, i].mean()) <= 5 * amounts[:, i].std() * np.sqrt(2 / paths)
    # items draw for themselves
    assert abs(np.corrcoef(share[0, 0], share[0, 2])[0, 1]) <= 5 / np.sqrt(paths)


# ── against a book kept order by order ──────────────────────────────────────────────────────────────────────────────


def hard_store() -> cc.Store:
    """Four items of random sales and lead times, orders under way, and a limit on dollars."""
    store = normal_store(items=4, periods=6, on_hand=[14.0, 20.0, 45.0, -3.0], budget=cc.Budget(1_470.0))
    late = cc.LeadTime([0.3, 0.5, 0.1], never=0.1)
    return replace(
        store, lead_time=late, open_orders=cc.OpenOrders([0, 2, 3, 2], [0, -1, 0, 0], [6.0, 25.0, 50.0, 10.0])
    )


def half_following(store: cc.Store) -> PooledRule:
    """Half of what is sold and half of the mean, and two periods' sales to begin with: money and stock both vary."""
    total = np.cumsum(store.demand.mean, axis=1)
    return PooledRule(np.full(total.shape, 0.5), 0.5 * total + 2.0 * store.demand.mean[:, :1])


def by_the_book(plan: Plan, parts: cc.Parts, paths: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Net stock (n, N, paths) and dollars (N, paths), moved unit by unit in plain loops on draws of its own.

    One path after the other, one item after the other: a list of (period, amount) of what is still to come.
    """
    store, rng = plan.store, np.random.default_rng(seed)
    sales = store.demand.sample(rng, paths)
    ages = store.lead_time.sample(rng, (store.periods, paths))
    open_ages = sample_open_ages(store, rng, paths)
    net = np.zeros(sales.shape)
    dollars = np.zeros((store.periods, paths))

    def split(item: int, start: int, amount: float) -> list[tuple[int, float]]:
        law = parts.deliveries[item if len(parts.deliveries) > 1 else 0]
        times, shares = law.sample(rng, 1)
        slots = [min(int(time * parts.periods), parts.periods - 1) for time in times[0]]
        return [(start + slot, amount * share) for slot, share in zip(slots, shares[0], strict=True)]

    orders = np.zeros(sales.shape)
    for i in range(store.items):
        for p in range(paths):
            asked = [0.0, *np.maximum.accumulate(np.maximum(plan.rule.cumulative(sales[:, :, p])[i], 0.0))]
            orders[i, :, p] = [after - before for before, after in pairwise(asked)]
            coming: list[tuple[int, float]] = []
            for k in np.flatnonzero(store.open_item == i):
                assert store.open_orders is not None
                if open_ages[k, p] < NEVER:
                    start = int(store.open_orders.placed[k] + open_ages[k, p])
                    coming += split(i, start, float(store.open_orders.quantity[k]))
            stock, ordered = float(store.on_hand[i]), float(store.on_order[i])
            position = stock + ordered
            for t in range(1, store.periods + 1):
                stock += sum(amount for when, amount in coming if when == t - 1)
                stock -= sales[i, t - 1, p]
                net[i, t - 1, p] = stock
                position += orders[i, t - 1, p] - sales[i, t - 1, p]
                dollars[t - 1, p] += store.unit_cost[i] * position
                if ages[i, t - 1, p] < NEVER:
                    coming += split(i, t + int(ages[i, t - 1, p]), orders[i, t - 1, p])
    return net, dollars


@pytest.mark.parametrize("parts", [cc.Parts(FIVE, 3), cc.Parts([FIVE, HALVES, AT_ONCE, FIVE], 4)])
def test_the_audit_of_orders_in_parts_agrees_with_a_book_kept_order_by_order(parts: cc.Parts) -> None:
    store = hard_store()
    plan = plan_of(store, half_following(store), 0.9, phi=0.9)
    few, paths = 600, 40_000
    net, dollars = by_the_book(plan, parts, few, 5)
    found = audit(plan, paths, 11, parts=parts)
    served = (net >= store.short_below[:, None, None]).mean(axis=2)
    # 24 cells, means of 600 draws against ones of 40 000: five standard deviations of the former, with a floor
    spread = np.sqrt(np.maximum(found.service * (1 - found.service), 1e-3) / few)
    assert (np.abs(served - found.service) <= 5 * spread).all()
    assert (np.abs(net.mean(axis=2) - found.stock_mean) <= 5 * net.std(axis=2) / np.sqrt(few)).all()
    owed = -np.minimum(net, 0.0)
    assert (np.abs(owed.mean(axis=2) - found.backlog_mean) <= 5 * owed.std(axis=2) / np.sqrt(few) + 0.05).all()
    assert (np.abs(dollars.mean(axis=1) - found.budget_mean) <= 5 * dollars.std(axis=1) / np.sqrt(few)).all()


def test_the_stock_of_the_audit_is_the_book_path_by_path_where_both_meet_the_same_draws() -> None:
    store = hard_store()
    plan, parts, paths = plan_of(store, static(store)), cc.Parts([FIVE, HALVES, AT_ONCE, FIVE], 4), 1_000
    found = audit(plan, paths, 7, parts=parts)
    rng, parted = generator(7, (0,)), generator(7, (0, PARTS))
    sales = store.demand.sample(rng, paths)
    ages = store.lead_time.sample(rng, (store.periods, paths))
    open_ages = sample_open_ages(store, rng, paths)
    came = np.zeros((store.items, store.periods + 99, paths))

    def put(item: int, start: NDArray[np.int64], amount: FloatArray, later: Any, share: Any) -> None:
        for p in range(paths):
            if start[p] < store.periods:
                came[item, start[p] + later[p], p] += amount[p] * share[p]

    assert store.open_orders is not None
    placed, quantity = store.open_orders.placed, store.open_orders.quantity
    for group in ([0, 1, 2], [3]):  # the second order of item 3 after the first of every item
        items = store.open_item[group]
        for later, share in parts.draw(parted, items, paths):
            for row, k in enumerate(group):
                start = np.minimum(open_ages[k], 10**6) + placed[k] - 1
                put(int(items[row]), start, np.full(paths, quantity[k]), later[row], share[row])
    orders = np.diff(np.cumsum(store.demand.mean, axis=1), axis=1, prepend=0.0)
    for t in range(store.periods):
        for later, share in parts.draw(parted, np.arange(store.items), paths):
            for i in range(store.items):
                start = np.minimum(ages[i, t], 10**6) + t
                put(i, start, np.full(paths, orders[i, t]), later[i], share[i])
    usable = np.concatenate([np.zeros((store.items, 1, paths)), came[:, : store.periods - 1]], axis=1)
    net = store.on_hand[:, None, None] + np.cumsum(usable - sales, axis=1)
    np.testing.assert_allclose(found.stock_mean, net.mean(axis=2), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found.service, (net >= store.short_below[:, None, None]).mean(axis=2))


# ── what parts cost ─────────────────────────────────────────────────────────────────────────────────────────────────


def steady_plan() -> Plan:
    """A plan for 95 % of sales of 100 ± 20, ordered a period ahead, calibrated by the normal law."""
    mean = np.full((2, 8), 100.0)
    store = cc.Store([1.0, 1.0], [250.0, 250.0], [True, True], cc.demand.Normal(mean, 0.2 * mean), cc.LeadTime([0, 1]))
    return cc.plan(store)


def test_a_plan_that_keeps_its_promises_with_whole_orders_loses_service_when_they_come_in_parts() -> None:
    plan, parts = steady_plan(), cc.Parts(FIVE, 2)
    whole, parted = audit(plan, 10_000, 2), audit(plan, 10_000, 2, parts=parts)
    promised = np.isfinite(plan.asked)
    assert whole.kept
    assert (whole.service[promised] >= 0.94).all()
    assert not parted.kept
    lost = (whole.service - parted.service)[promised]
    assert (lost[4:] > 0.05).all()
    assert (parted.verdict[promised] == Verdict.BROKEN).any()
    net, _ = by_the_book(plan, parts, 500, 9)
    served = (net >= plan.store.short_below[:, None, None]).mean(axis=2)
    assert (np.abs(served - parted.service) <= 5 * np.sqrt(0.25 / 500)).all()


def test_parts_come_later_than_the_whole_so_that_no_path_has_more_stock_and_dollars_obligated_are_the_same() -> None:
    store = hard_store()
    plan = plan_of(store, half_following(store), 0.9, phi=0.9)
    whole, parted = audit(plan, 5_000, 2), audit(plan, 5_000, 2, parts=cc.Parts(FIVE, 3))
    assert (parted.service <= whole.service).all()
    assert (parted.backlog_mean >= whole.backlog_mean - 1e-9).all()
    assert (parted.service < whole.service).any()
    np.testing.assert_allclose(parted.budget_mean, whole.budget_mean, rtol=1e-12)
    np.testing.assert_array_equal(parted.budget, whole.budget)
    np.testing.assert_array_equal(parted.order, whole.order)


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_workers() -> None:
    plan = made_up_plan(made_up_store(items=30, periods=6))
    deliveries = [(FIVE, HALVES, AT_ONCE)[k % 3] for k in range(30)]
    parts = cc.Parts(deliveries, 2)
    one, three = (audit(plan, 5_000, 3, workers=workers, parts=parts) for workers in (1, 3))
    assert_same_bytes(one, three)
    other = audit(plan, 5_000, 4, workers=3, parts=parts)
    assert (other.service != one.service).any()


# ── what is said, and what is refused ───────────────────────────────────────────────────────────────────────────────


def test_an_audit_says_in_words_that_orders_came_in_parts_and_so_does_its_report() -> None:
    plan = made_up_plan(made_up_store(items=5, periods=4))
    found = audit(plan, 1_000, 1, parts=cc.Parts([FIVE, HALVES, FIVE, FIVE, HALVES], 3))
    assert found.parts is not None
    assert found.parts.words.startswith("Each order came in 2 to 5 parts over 3 periods")
    shown = cc.report(plan, found)
    assert shown.summary()["audit"]["parts"] == found.parts.words
    assert found.parts.words in shown.html()
    assert "To replay on other paths" not in shown.html()
    whole = cc.report(plan, audit(plan, 1_000, 1))
    assert "parts" not in whole.summary()["audit"]
    assert "came in" not in whole.html()


def test_parts_that_cannot_be_are_refused_with_every_fault() -> None:
    own = cc.Deliveries((0.2, 0.7), amounts=(0.5, 0.5), demand=cc.DemandPath([0, 1], [0, 1]))
    with pytest.raises(cc.DataError) as caught:
        cc.Parts([FIVE, own, "parts"], 0)  # type: ignore[list-item]
    assert len(caught.value.faults) == 3
    assert "deliveries 2: found deliveries with a demand of their own" in str(caught.value)
    assert "deliveries 3: found str" in str(caught.value)
    assert "parts, periods: found 0" in str(caught.value)
    for periods in (True, 1.5, -1):
        with pytest.raises(cc.DataError, match="a whole number from 1"):
            cc.Parts(FIVE, periods)  # type: ignore[arg-type]
    with pytest.raises(cc.DataError, match="at least one"):
        cc.Parts([], 2)
    store = hard_store()
    with pytest.raises(cc.DataError, match="found 3 deliveries, expected 1 or 4"):
        audit(plan_of(store, static(store)), 100, parts=cc.Parts([FIVE] * 3, 2))


def test_who_audits_whole_orders_does_not_wait_for_what_only_parts_need() -> None:
    code = "import sys, ccinv.auditing; sys.exit(' '.join({'scipy.stats', 'ccinv.deliveries'} & set(sys.modules)) or 0)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
