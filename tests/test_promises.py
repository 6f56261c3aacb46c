"""From store to audit: what a plan promises is what its replay on fresh paths finds."""

import dataclasses

import numpy as np
import pytest

import ccinv as cc
from benchmarks import transcription

PATHS = 20_000
OBJECTIVES = (cc.MaxMinService(), cc.ExpectedStock(), cc.MinimumBudget())


def gaussian_store(seed: int, lead_time: cc.LeadTime | None = None) -> cc.Store:
    """Normal demand; every order arrives after a fixed time unless a law is given.

    Variation is small and orders are never far below zero: executing them without the negative ones changes little.
    """
    rng = np.random.default_rng([seed, 81])
    n, periods = 4, 6
    mean = rng.uniform(20, 40, (n, periods))
    age = np.arange(n) % 2  # half of the items arrive at once, half a period later
    fixed = cc.LeadTime(np.stack([age == 0, age == 1], axis=1).astype(float))
    return cc.Store(
        unit_cost=rng.uniform(2, 30, n),
        on_hand=mean[:, :2].sum(axis=1) * rng.uniform(1.1, 1.3, n),
        important=[True, True, False, False],
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.08, 0.15, (n, periods))),
        lead_time=lead_time or fixed,
        service=float(rng.choice([0.9, 0.95])),
        orders=cc.Orders(nonnegative="chance", confidence=0.99),
    )


def with_money(store: cc.Store, kappa: transcription.Kappa) -> cc.Store:
    """The store with a tenth more money than its promises and one half for the other items cost at the least."""
    least = transcription.Transcription(store, transcription.cumulative, kappa).minimum_budget(gamma=0.2)
    assert least.status == "optimal"
    return dataclasses.replace(store, budget=cc.Budget(1.1 * least.value, 0.95))


def broken(audit: cc.Audit) -> dict[str, int]:
    return {
        "service": int((audit.verdict == "BROKEN").sum()),
        "budget": int((audit.budget_verdict == "BROKEN").sum()),
        "orders": int((audit.order_verdict == "BROKEN").sum()),
    }


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda aim: type(aim).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_no_promise_is_broken_where_sales_are_normal_and_orders_arrive_on_time(seed, objective):
    store = with_money(gaussian_store(seed), transcription.normal)
    plan = cc.plan(store, objective=objective, inversion=cc.inversion.Normal())
    audit = cc.audit(plan, paths=PATHS, seed=seed + 1)
    assert broken(audit) == {"service": 0, "budget": 0, "orders": 0}
    assert audit.kept
    # what is promised is what happens, in both directions, promised or not: the law is the one the inversion assumes
    sampling = 4.5 * np.sqrt(0.25 / PATHS)
    assert np.all(np.abs(audit.service - plan.promised)[store.controllable] <= sampling + 0.005)


@pytest.mark.parametrize("seed", range(3))
def test_no_service_of_important_items_is_broken_under_cantelli_whenever_orders_arrive(seed):
    late = cc.LeadTime([[0.97, 0.03], [0.95, 0.05], [0.8, 0.2], [0.6, 0.4]])
    store = gaussian_store(seed, late)
    store = dataclasses.replace(store, on_hand=2 * store.on_hand, orders=cc.Orders(nonnegative="mean"))
    store = with_money(store, transcription.cantelli)
    plan = cc.plan(store, inversion=cc.inversion.Cantelli())
    audit = cc.audit(plan, paths=PATHS, seed=seed + 1)
    important = store.important[:, None] & store.controllable
    assert np.all(np.isfinite(plan.asked[important]))
    assert not (audit.verdict[important] == "BROKEN").any()
    # it is a bound for every law: no cell at all may do worse than it says
    sampling = 4.5 * np.sqrt(0.25 / PATHS)
    assert np.all(audit.service[store.controllable] >= plan.promised[store.controllable] - sampling)


def test_the_normal_inversion_breaks_where_one_large_order_is_late_and_the_audit_says_so():
    # stock for two periods, then everything hangs on one order that is late with 8 %: the normal law calls it 95 %
    sales = cc.demand.Normal(np.full((1, 4), 10.0), np.full((1, 4), 0.5))
    store = cc.Store([1.0], [20.5], [True], sales, cc.LeadTime([0.92, 0.08]), service=0.9)
    plan = cc.plan(store, rule=cc.rules.Static(), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    audit = cc.audit(plan, paths=PATHS, seed=5)
    assert plan.promised[0, 1:].min() >= 0.9 - 1e-6
    two_moments = np.abs(audit.service - plan.promised)[0, 1:]
    assert two_moments.max() > 0.02


def test_the_same_seed_gives_the_same_plan_and_the_same_audit_to_the_last_bit():
    store = with_money(gaussian_store(7), transcription.normal)
    first, again = cc.plan(store, inversion=cc.inversion.Normal()), cc.plan(store, inversion=cc.inversion.Normal())
    assert first.rule.a.tobytes() == again.rule.a.tobytes()
    assert first.rule.intercept.tobytes() == again.rule.intercept.tobytes()
    assert first.levels == again.levels
    one, two = cc.audit(first, paths=3000, seed=9), cc.audit(again, paths=3000, seed=9)
    for field in dataclasses.fields(one):
        found, same = getattr(one, field.name), getattr(two, field.name)
        if isinstance(found, np.ndarray) and found.dtype != object:
            assert found.tobytes() == same.tobytes(), field.name
        else:
            assert np.all(found == same), field.name
    other = cc.audit(first, paths=3000, seed=10)
    assert other.service.tobytes() != one.service.tobytes()


def test_the_best_attainable_is_promised_and_judged_as_such():
    sales = cc.demand.Normal(np.full((1, 5), 20.0), np.full((1, 5), 3.0))
    store = cc.Store(
        [2.0], [39.0], [True], sales, cc.LeadTime([1.0]), budget=cc.Budget(45.0, 0.5),
        service=cc.Service(0.95, "best"),
    )  # fmt: skip
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    assert plan.out_of_reach
    lowered = plan.asked[0, 1:] < 0.95
    assert lowered.any()
    for cell in plan.out_of_reach:
        assert plan.asked[cell.item, cell.period] == pytest.approx(plan.promised[cell.item, cell.period])
    audit = cc.audit(plan, paths=PATHS, seed=2)
    assert not (audit.verdict == "BROKEN").any()
    assert np.all(np.abs(audit.service - plan.promised)[0, 1:] <= 0.02)


def test_executed_orders_never_fall_below_zero_and_catch_up_with_the_rule():
    store = with_money(gaussian_store(1), transcription.normal)
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    sales = np.maximum(np.random.default_rng(3).normal(store.demand.mean, store.demand.sd), 0.0)
    placed = plan.orders(sales)
    assert np.all(placed >= 0)
    asked = plan.rule.cumulative(sales)
    assert np.all(placed.cumsum(axis=1) >= asked - 1e-9)
    assert placed.cumsum(axis=1) == pytest.approx(np.maximum.accumulate(np.maximum(asked, 0.0), axis=1), rel=1e-12)
