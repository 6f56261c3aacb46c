"""The audit against closed forms, and its verdicts against binomial experiments."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

import ccinv as cc
from ccinv.auditing import FAN_LEVELS, Audit, Verdict, audit, fan, judge
from ccinv.auditing.judging import LEVEL, SLACK, holm
from ccinv.auditing.pieces import block_paths
from ccinv.result import Plan, PooledRule, Rule

FloatArray = NDArray[np.float64]


def plan_of(store: cc.Store, rule: Rule, asked: Any = np.nan, order_asked: Any = np.nan, phi: float = np.nan) -> Plan:
    """A plan that promises what it is told to; its other numbers are of no concern to the referee, so they are NaN."""
    cells = (store.items, store.periods)
    unknown, money = np.full(cells, np.nan), np.full(store.periods, np.nan)
    return Plan(
        store=store,
        rule=rule,
        mean=unknown,
        sd=unknown,
        promised=unknown,
        asked=np.broadcast_to(np.asarray(asked, dtype=np.float64), cells).copy(),
        controllable=store.controllable,
        order_mean=unknown,
        order_sd=unknown,
        order_promised=unknown,
        order_asked=np.broadcast_to(np.asarray(order_asked, dtype=np.float64), cells).copy(),
        budget_limit=None if store.budget is None else store.budget.limits(store.periods),
        budget_mean=money,
        budget_sd=money,
        budget_promised=money,
        budget_asked=np.full(store.periods, phi),
        objective="",
        inversion="",
        rule_name="",
        objective_value=np.nan,
        levels=(),
        out_of_reach=(),
        solves=0,
        solver_seconds=0.0,
        gap=0.0,
    )


def normal_store(items: int = 3, periods: int = 4, pmf: Any = (1.0,), **more: Any) -> cc.Store:
    """Items of different size with normal sales."""
    scale = 1.0 + np.arange(items)
    mean = 10.0 * scale[:, None] * np.ones(periods)
    given = {"unit_cost": 1.0 + scale, "on_hand": 12.0 * scale, "important": np.ones(items, dtype=bool), **more}
    return cc.Store(demand=cc.demand.Normal(mean, 0.3 * mean), lead_time=cc.LeadTime(pmf), **given)


def following(store: cc.Store, ratio: float = 1.0) -> PooledRule:
    """O(t) = ratio · D(t)."""
    shape = (store.items, store.periods)
    return PooledRule(np.full(shape, ratio), np.zeros(shape))


def static(store: cc.Store) -> PooledRule:
    """Mean sales, ordered in advance whatever is sold."""
    return PooledRule(np.zeros_like(store.demand.mean), np.cumsum(store.demand.mean, axis=1))


# ── closed forms ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_service_of_a_static_rule_with_instant_arrival_is_that_of_the_normal_law() -> None:
    store, paths = normal_store(periods=6), 50_000
    found = audit(plan_of(store, static(store)), paths, 3)
    mean = store.on_hand[:, None] - store.demand.mean  # what was ordered equals the mean of what was sold before
    expected = ndtr(mean / np.sqrt(np.cumsum(store.demand.sd**2, axis=1)))
    assert (np.abs(found.service - expected) <= 5 * np.sqrt(expected * (1 - expected) / paths)).all()
    spread = np.sqrt(np.cumsum(store.demand.sd**2, axis=1))
    assert (np.abs(found.stock_mean - mean) <= 5 * spread / np.sqrt(paths)).all()
    score = mean / spread
    backlog = spread * (np.exp(-(score**2) / 2) / np.sqrt(2 * np.pi) - score * ndtr(-score))
    assert (np.abs(found.backlog_mean - backlog) <= 5 * spread / np.sqrt(paths)).all()
    np.testing.assert_allclose(found.order_mean, store.demand.mean, rtol=1e-9)


def test_dollars_of_a_static_rule_keep_the_limit_as_the_normal_law_has_it() -> None:
    store, paths = normal_store(items=40, periods=5, pmf=(0.2, 0.3, 0.4, 0.1)), 50_000
    mean = store.unit_cost @ store.on_hand
    spread = np.sqrt(store.unit_cost**2 @ np.cumsum(store.demand.sd**2, axis=1))
    limit = mean + spread[2]
    found = audit(plan_of(replace(store, budget=cc.Budget(limit)), static(store), phi=0.9), paths, 4)
    expected = ndtr((limit - mean) / spread)
    assert (np.abs(found.budget - expected) <= 5 * np.sqrt(expected * (1 - expected) / paths)).all()
    assert (np.abs(found.budget_mean - mean) <= 5 * spread / np.sqrt(paths)).all()
    assert (found.budget_low <= found.budget).all()
    assert (found.budget <= found.budget_high).all()


def test_orders_are_judged_as_the_rule_has_them_before_they_are_kept_from_being_negative() -> None:
    store, paths = normal_store(periods=3), 50_000
    rule = PooledRule(np.ones((3, 3)), -0.8 * np.cumsum(store.demand.mean, axis=1))  # Y(t) = S(t) − 0.8 E S(t)
    found = audit(plan_of(store, rule, order_asked=0.9), paths, 5)
    expected = ndtr(0.2 / 0.3)
    assert (np.abs(found.order - expected) <= 5 * np.sqrt(expected * (1 - expected) / paths)).all()
    assert (found.order_verdict == Verdict.BROKEN).all()
    assert not found.kept
    assert (found.order_mean > 0.2 * store.demand.mean).all()  # those executed are never negative


def test_rounding_is_neither_a_shortage_nor_a_negative_order() -> None:
    sales = np.random.default_rng(6).integers(1, 100, (50, 9)) / 10
    store = cc.Store(
        np.ones(50), sales[:, 0], np.ones(50, dtype=bool), cc.demand.Normal(sales, 0 * sales), cc.LeadTime([1.0])
    )
    coming = np.append(sales[:, 1:], np.zeros((50, 1)), axis=1) - sales[:, :1]
    empty = audit(plan_of(store, PooledRule(np.ones((50, 9)), coming)), 10, 1)  # X(t) = 0 but for rounding
    assert (np.abs(empty.stock_mean) < 1e-12).all()
    assert (empty.stock_mean < 0).any()
    assert (empty.service == 1).all()
    nothing = audit(plan_of(store, PooledRule(np.ones((50, 9)), -0.1 * np.cumsum(10 * sales, axis=1))), 10, 1)
    assert (nothing.order == 1).all()


def test_a_limit_that_is_met_to_the_cent_is_met() -> None:
    store = normal_store(items=7, periods=2, budget=cc.Budget(1.0))
    flat = replace(store, demand=cc.demand.Normal(store.demand.mean / 3, np.zeros((7, 2))))
    exact = np.array([float(flat.unit_cost @ flat.on_hand)] * 2)
    rule = following(flat)
    just = replace(plan_of(flat, rule), budget_limit=exact, budget_asked=np.full(2, 0.95))
    assert (audit(just, 10, 1).budget == 1).all()
    assert (audit(replace(just, budget_limit=exact * (1 - 1e-12)), 10, 1).budget == 1).all()  # rounding of a sum
    assert (audit(replace(just, budget_limit=exact * (1 - 1e-6)), 10, 1).budget == 0).all()


def test_joint_service_counts_paths_without_any_short_period() -> None:
    store = normal_store(periods=4)
    stocked = replace(store, on_hand=store.demand.mean.sum(axis=1))
    little = replace(stocked, demand=cc.demand.Normal(store.demand.mean, store.demand.sd / 10))
    found = audit(plan_of(little, PooledRule(np.zeros((3, 4)), np.zeros((3, 4)))), 20_000, 1)
    assert (np.abs(found.service[:, 3] - 0.5) < 0.05).all()
    np.testing.assert_array_equal(
        found.joint_service, found.service[:, 3]
    )  # stock only falls: short is short at the end
    loose = audit(plan_of(store, following(store)), 20_000, 1)
    assert (loose.joint_service < loose.service.min(axis=1)).all()  # here every period can fail by itself
    assert (loose.joint_service >= 1 - (1 - loose.service).sum(axis=1)).all()


def test_joint_service_of_controllable_periods_leaves_out_what_no_order_can_influence() -> None:
    mean = np.ones((2, 3))
    store = cc.Store(
        [1.0, 1.0], [0.0, 0.0], [True, True], cc.demand.Normal(mean, 0 * mean), cc.LeadTime([[1.0], [0.0]], [0.0, 1.0])
    )
    found = audit(plan_of(store, PooledRule(np.ones((2, 3)), np.ones((2, 3)) * 2)), 100, 1)
    assert found.joint_service.tolist() == [0, 0]
    assert found.joint_controllable[0] == 1
    assert np.isnan(found.joint_controllable[1])


def test_items_that_are_replayed_in_pieces_are_added_up_as_one_store() -> None:
    items, periods = 150, 24
    mean = 1.0 + np.add.outer(np.arange(items), np.arange(periods))
    store = cc.Store(
        1.0 + np.arange(items),
        2.0 * np.arange(items),
        np.arange(items) % 2 == 0,
        cc.demand.Normal(mean, 0 * mean),
        cc.LeadTime([0.0, 1.0]),
        open_orders=cc.OpenOrders([3, 149], [0, 0], [50, 70]),
    )
    found = audit(plan_of(store, following(store)), 3, 1)
    sold = np.cumsum(mean, axis=1)
    arrived = np.concatenate([np.zeros((items, 2)), sold[:, :-2]], axis=1)
    arrived[[3, 149], 1:] += np.array([[50], [70]])
    net = store.on_hand[:, None] + arrived - sold
    np.testing.assert_allclose(found.stock_mean, net, rtol=1e-12)
    np.testing.assert_array_equal(found.service, net >= 0)
    np.testing.assert_allclose(found.budget_mean, store.unit_cost @ (store.on_hand + store.on_order), rtol=1e-12)


# ── the run ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def assert_same_bytes(one: Audit, two: Audit) -> None:
    for field in fields(Audit):
        left, right = getattr(one, field.name), getattr(two, field.name)
        if isinstance(left, np.ndarray) and left.dtype != object:
            assert left.tobytes() == right.tobytes(), field.name
        elif isinstance(left, np.ndarray):
            assert left.tolist() == right.tolist(), field.name
        else:
            assert left == right, field.name


def test_any_number_of_workers_gives_the_same_bytes() -> None:
    store = normal_store(items=60, periods=6, pmf=(0.2, 0.5, 0.3), budget=cc.Budget(60_000.0))
    plan = plan_of(store, following(store, 1.1), asked=0.8, order_asked=0.9, phi=0.95)
    paths = 4 * block_paths(60, 6) + 17
    one, two, five = (audit(plan, paths, 9, workers=workers) for workers in (1, 2, 5))
    assert_same_bytes(one, two)
    assert_same_bytes(one, five)
    other = audit(plan, paths, 10, workers=2)
    assert other.stock_mean.tobytes() != one.stock_mean.tobytes()


def test_every_block_has_paths_of_its_own() -> None:
    store = normal_store(items=60, periods=6)
    plan, block = plan_of(store, following(store)), block_paths(60, 6)
    one, two = (audit(plan, count * block, 1) for count in (1, 2))
    second = 2 * two.stock_mean - one.stock_mean
    assert (np.abs(second - one.stock_mean) > 1e-6 * store.demand.sd).all()


def test_memory_does_not_grow_with_the_number_of_paths() -> None:
    store = normal_store(items=40, periods=8, pmf=(0.5, 0.5))
    plan = plan_of(store, following(store), asked=0.9)
    audit(plan, 10, 1)
    peaks = []
    for blocks in (6, 12):
        tracemalloc.start()
        audit(plan, blocks * block_paths(40, 8), 1, workers=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert abs(peaks[1] / peaks[0] - 1) <= 0.1
    assert peaks[1] < 64 * 2**20


def test_progress_is_told_of_every_block() -> None:
    store = normal_store(items=60, periods=6)
    seen: list[tuple[int, int]] = []
    audit(
        plan_of(store, following(store)), 2 * block_paths(60, 6) + 1, 1, lambda done, total: seen.append((done, total))
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_an_interruption_stops_the_audit() -> None:
    store = normal_store(items=60, periods=6)
    seen: list[int] = []

    def interrupt(done: int, _total: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audit(plan_of(store, following(store)), 10**7, 1, interrupt)
    assert seen == [1]


@pytest.mark.parametrize(("paths", "seed", "named"), [(0, 1, "audit paths"), (10, -1, "audit seed")])
def test_paths_and_seeds_that_cannot_be_used_are_refused(paths: int, seed: int, named: str) -> None:
    store = normal_store()
    with pytest.raises(cc.DataError, match=named):
        audit(plan_of(store, following(store)), paths, seed)


def test_what_an_audit_found_cannot_be_changed() -> None:
    store = normal_store()
    found = audit(plan_of(store, following(store), asked=0.5), 10, 1)
    with pytest.raises(ValueError, match="read-only"):
        found.service[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        found.budget_verdict[0] = Verdict.KEPT


# ── verdicts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_verdict_follows_the_distance_from_what_was_asked() -> None:
    store, paths = normal_store(periods=2), 20_000
    reached = ndtr((store.on_hand - store.demand.mean[:, 0]) / store.demand.sd[:, 0])[0]  # 0.748 in period 1
    asked = np.full((3, 2), np.nan)
    asked[:, 0] = [reached - 0.03, reached, reached + 0.03]
    found = audit(plan_of(store, following(store), asked=asked), paths, 1)
    assert found.verdict[:, 0].tolist() == [Verdict.KEPT, Verdict.TIGHT, Verdict.BROKEN]
    assert found.verdict[:, 1].tolist() == ["", "", ""]
    assert found.counts == {Verdict.KEPT: 1, Verdict.TIGHT: 1, Verdict.BROKEN: 1}
    assert not found.kept
    assert audit(plan_of(store, following(store), asked=asked[[0, 1, 1]]), paths, 1).kept


def test_without_promises_nothing_is_judged_and_nothing_is_broken() -> None:
    store = normal_store()
    found = audit(plan_of(store, following(store)), 100, 1)
    assert set(found.verdict.ravel()) | set(found.order_verdict.ravel()) | set(found.budget_verdict) == {""}
    assert np.isnan(found.budget).all()
    assert found.kept
    assert (found.low <= found.service).all()
    assert (found.service <= found.high).all()


def test_promises_that_bind_exactly_are_hardly_ever_called_broken() -> None:
    paths, asked = 20_000, np.full(600, 0.95)
    met = np.random.default_rng(1).binomial(paths, 0.95, (300, 600))
    alarms = sum(bool((judge(row, paths, asked).verdict == Verdict.BROKEN).any()) for row in met)
    assert alarms <= 1  # "estimate < asked" would raise all 300


def test_of_audits_at_the_edge_of_the_slack_one_in_a_hundred_names_a_promise_at_most() -> None:
    paths, asked, runs = 2_000, np.full(40, 0.95), 3_000
    met = np.random.default_rng(2).binomial(paths, 0.95 - SLACK, (runs, 40))
    alarms = sum(bool((judge(row, paths, asked).verdict == Verdict.BROKEN).any()) for row in met)
    assert alarms / runs <= LEVEL + 5 * np.sqrt(LEVEL * (1 - LEVEL) / runs)
    assert alarms > 0  # the level is used, not given away


def test_a_shortfall_of_one_percentage_point_is_found_with_a_hundred_thousand_paths() -> None:
    paths, asked = 100_000, np.full(600, 0.95)
    generator = np.random.default_rng(3)
    found = 0
    for _ in range(200):
        met = generator.binomial(paths, 0.95, 600)
        met[17] = generator.binomial(paths, 0.94)
        verdict = judge(met, paths, asked).verdict
        found += verdict[17] == Verdict.BROKEN and (verdict == Verdict.BROKEN).sum() == 1
    assert found >= 0.97 * 200


def test_all_limits_of_a_family_hold_together_in_99_of_100_audits() -> None:
    paths, truth, runs = 500, np.linspace(0.5, 0.99, 30), 2_000
    met = np.random.default_rng(4).binomial(paths, truth, (runs, 30))
    wrong = 0
    for row in met:
        limits = judge(row, paths, truth)
        wrong += bool(((truth < limits.low) | (truth > limits.high)).any())
    assert wrong / runs <= LEVEL + 5 * np.sqrt(LEVEL * (1 - LEVEL) / runs)


@given(st.integers(1, 200_000), st.floats(0, 1), st.floats(0.5, 0.999), st.integers(1, 40))
def test_limits_and_test_are_the_exact_binomial_ones(paths: int, share: float, asked: float, family: int) -> None:
    from scipy.stats import binom, binomtest

    met = round(share * paths)
    found = judge(np.full(family, met), paths, np.full(family, asked))
    expected = binomtest(met, paths).proportion_ci(1 - LEVEL / family, method="exact")
    np.testing.assert_allclose([found.low[0], found.high[0]], [expected.low, expected.high], rtol=1e-7, atol=1e-12)
    chance = binom.cdf(met, paths, asked - SLACK)
    if abs(chance / (LEVEL / family) - 1) > 1e-6:
        assert (found.verdict[0] == Verdict.BROKEN) == (chance < LEVEL / family)


def test_holm_steps_down_from_the_smallest_p_value_until_one_stands() -> None:
    # level 0.05, m = 4: thresholds 0.0125, 0.0167, 0.025, 0.05
    assert holm(np.array([0.001, 0.02, 0.013, 0.5]), 0.05).tolist() == [True, True, True, False]
    assert holm(np.array([0.001, 0.03, 0.04, 0.01]), 0.05).tolist() == [True, False, False, True]
    assert holm(np.array([0.02, 0.001, 0.03, 0.04]), 0.05).tolist() == [False, True, False, False]
    assert holm(np.array([]), 0.05).tolist() == []


def test_a_promise_within_the_slack_of_nothing_cannot_be_broken() -> None:
    found = judge(np.array([0, 0]), 10_000, np.array([SLACK, 0.01]))
    assert found.verdict.tolist() == [Verdict.TIGHT, Verdict.BROKEN]


def test_what_never_failed_or_never_held_has_limits_of_one_or_nothing() -> None:
    found = judge(np.array([0, 1_000]), 1_000, np.array([0.9, 0.9]))
    assert found.low[0] == 0
    assert found.high[1] == 1
    assert found.verdict.tolist() == [Verdict.BROKEN, Verdict.KEPT]


# ── fans ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fan_shows_the_quantiles_of_net_stock() -> None:
    store, paths = normal_store(periods=5), 40_000
    found = fan(plan_of(store, static(store)), [2, 0], paths, 1)
    assert found.shape == (2, 5, len(FAN_LEVELS))
    levels, items = np.array(FAN_LEVELS), [2, 0]
    spread = np.sqrt(np.cumsum(store.demand.sd[items] ** 2, axis=1))[:, :, None]
    expected = (store.on_hand[items, None] - store.demand.mean[items])[:, :, None] + spread * ndtri(levels)
    density = np.exp(-(ndtri(levels) ** 2) / 2) / np.sqrt(2 * np.pi)
    assert (np.abs(found - expected) <= 5 * spread * np.sqrt(levels * (1 - levels) / paths) / density).all()


def test_the_fan_of_an_item_does_not_depend_on_which_others_are_shown() -> None:
    store = normal_store(pmf=(0.5, 0.5))
    plan = plan_of(store, following(store))
    np.testing.assert_array_equal(fan(plan, [1], 500, 1)[0], fan(plan, [0, 2, 1], 500, 1)[2])


def test_a_fan_of_items_that_do_not_exist_is_refused() -> None:
    store = normal_store()
    with pytest.raises(cc.DataError, match="found 3, -1, expected positions from 0 to 2"):
        fan(plan_of(store, following(store)), [0, 3, -1])
