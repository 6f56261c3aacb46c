"""Joint promises: bound, normal value and simulation of the same plan, and what each way to split the risk costs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import multivariate_normal

import ccinv as cc
from ccinv import joint, moments
from ccinv.auditing.together import served_together
from ccinv.joint.splits import best_split
from ccinv.result import PooledRule

PATHS = 40_000
NORMAL = cc.inversion.Normal()
LEAST = cc.MinimumBudget()
FEW = joint.Simulated(paths=30_000)
SPLITS = (joint.Equal(), joint.Optimised(rounds=5), FEW, dataclasses.replace(FEW, split=joint.Optimised(rounds=5)))


def error(probability: float | np.ndarray, paths: int = PATHS) -> np.ndarray:
    """Four standard errors of a simulated probability."""
    return 4 * np.sqrt(np.asarray(probability) * (1 - np.asarray(probability)) / paths)


def gaussian_store(seed: int, **changes: object) -> cc.Store:
    """Normal demand, every order arrives after one period: net stock is jointly normal but for orders never negative,
    which hardly occur."""
    rng = np.random.default_rng([seed, 20])
    items, periods = 4, 8
    mean = rng.uniform(20, 40, (items, periods))
    store = cc.Store(
        unit_cost=rng.uniform(2, 30, items),
        on_hand=mean[:, :2].sum(axis=1) * 1.15,
        important=np.ones(items, dtype=bool),
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.2, (items, 1))),
        lead_time=cc.LeadTime([[0.0, 1.0]]),
    )
    return dataclasses.replace(store, **changes)


def base_stock(items: int, periods: int, age: int, level: float) -> tuple[cc.Store, PooledRule]:
    """Base stock with certain lead times: in every period an order can reach, P{X ≥ 0} is the level asked.

    X(t) = B − S(t − age) − … − S(t)
    """
    mean, sd = 50.0, 5.0
    base = (age + 1) * mean + ndtri(level) * sd * np.sqrt(age + 1)
    law = np.zeros((1, age + 1))
    law[0, age] = 1.0
    store = cc.Store(
        unit_cost=np.ones(items),
        on_hand=np.full(items, base),
        important=np.ones(items, dtype=bool),
        demand=cc.demand.Normal(np.full((items, periods), mean), np.full((items, periods), sd)),
        lead_time=cc.LeadTime(law),
    )
    return store, PooledRule(np.ones((items, periods)), np.zeros((items, periods)))


def found_per_item(store: cc.Store, rule: PooledRule, paths: int = PATHS) -> np.ndarray:
    return served_together(store, rule, np.arange(store.items), store.controllable, paths, (1, 7)) / paths


@pytest.mark.parametrize(("age", "low", "high"), [(0, 0.598, 0.60), (1, 0.65, 0.66), (2, 0.69, 0.73)])
def test_a_promise_of_95_per_cent_in_each_of_ten_periods_is_far_less_for_all_ten_together(age, low, high):
    store, rule = base_stock(1, 10 + age + 1, age, 0.95)
    assert store.controllable.sum() == 10
    normal = moments.joint_normal(store, rule, store.controllable)
    assert low <= normal.probability[0] <= high
    assert abs(found_per_item(store, rule)[0] - normal.probability[0]) <= error(normal.probability[0]) + normal.error


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_independent_cells_are_served_together_with_the_product_of_their_probabilities(one_at_a_time, monkeypatch):
    store, rule = base_stock(3, 5, 0, 0.9)
    if one_at_a_time:
        monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 1)
    cells = store.controllable  # four of the five periods
    met = served_together(store, rule, np.array([1, 0, 1]), cells, PATHS, (3, 1)) / PATHS
    exact = np.array([0.9**4, 0.9**8])
    assert (np.abs(met - exact) <= error(exact)).all()
    nothing = served_together(store, rule, np.array([0, -1, -1]), np.zeros_like(cells), 1_000, (3, 1))
    assert nothing.tolist() == [1_000]


def test_items_that_share_factors_meet_them_together_even_when_replayed_one_by_one(monkeypatch):
    store, rule = base_stock(2, 2, 0, 0.8)
    shared = dataclasses.replace(store, demand=cc.demand.FactorCopula(store.demand, [[0.9], [0.8]]))
    monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 1)
    met = served_together(shared, rule, np.zeros(2, dtype=int), store.controllable, PATHS, (3, 1))[0] / PATHS
    exact = multivariate_normal.cdf([ndtri(0.8)] * 2, cov=[[1, 0.72], [0.72, 1]])
    assert exact > 0.8**2 + 2 * error(exact)  # together, not apart
    assert abs(met - exact) <= error(exact)


@pytest.mark.parametrize(
    ("promise", "seed"), [(joint.PerItem(), 0), (joint.PerStore(), 1)], ids=["PerItem", "PerStore"]
)
def test_every_split_keeps_the_joint_promise_of_a_gaussian_store_and_the_bound_split_equally_costs_most(promise, seed):
    store = gaussian_store(seed)
    plans = [cc.plan_jointly(store, promise, s, objective=LEAST, inversion=NORMAL, paths=PATHS) for s in SPLITS]
    alone = cc.plan(store, objective=LEAST, inversion=NORMAL)
    cells = np.arange(4) if isinstance(promise, joint.PerItem) else np.zeros(4, dtype=int)
    unheld = served_together(store, alone.rule, cells, store.controllable, PATHS, (1, 7)) / PATHS
    assert (unheld < 0.95 - error(0.95)).any()  # the promise of single cells is not enough
    for found in plans:
        # the law is the one that the normal value assumes
        assert (np.abs(found.simulated - found.normal) <= error(found.normal) + found.normal_error + 2e-4).all()
        assert (found.simulated >= found.bound - error(found.bound)).all()
        assert (found.simulated >= 0.95 - error(0.95)).all()
        assert found.kept
        assert np.array_equal(found.asked, np.full(len(found.asked), 0.95))
        assert ((found.low <= found.simulated) & (found.simulated <= found.high)).all()
    equal, optimised, simulated, both = plans
    for found in (equal, optimised):  # Boole's bound, to the solver's digits
        assert (found.bound >= 0.95 - 1e-5).all()
        assert (found.groups.total(found.risk) <= 0.05 + 1e-9).all()
    cost = [found.plan.objective_value for found in plans]
    assert cost[1] < 0.995 * cost[0]
    assert cost[2] < 0.995 * cost[0]
    assert cost[3] <= cost[1] * 1.002  # aimed a few standard errors higher than the bound is
    assert min(cost) > alone.objective_value
    # as much risk as simulation allows, and no less: more than the bound does where periods depend on each other
    assert (simulated.groups.total(simulated.risk) > 0.05).all()
    assert (simulated.bound < equal.bound).all()
    assert both.simulated.min() < 0.958


def test_the_optimised_split_is_never_worse_than_the_equal_one_for_service_either():
    budget = cc.plan_jointly(gaussian_store(1), joint.PerItem(), joint.Equal(), objective=LEAST, inversion=NORMAL)
    limit = cc.Budget(1.02 * budget.plan.objective_value)
    store = gaussian_store(1, budget=limit, important=np.array([True, True, True, False]))
    equal, optimised = (
        cc.plan_jointly(store, joint.PerItem(), split, objective=cc.MaxMinService(), inversion=NORMAL)
        for split in (joint.Equal(), joint.Optimised(rounds=3))
    )
    assert optimised.plan.objective_value >= equal.plan.objective_value
    assert (optimised.bound >= 0.95 - 1e-5).all()


def test_a_calibrated_joint_promise_holds_for_gamma_sales_and_random_lead_times_and_costs_less_than_the_bound():
    rng = np.random.default_rng(5)
    mean = rng.uniform(5, 9, (3, 6))
    store = cc.Store(
        unit_cost=[4.0, 10.0, 25.0],
        on_hand=4.5 * mean.mean(axis=1),
        important=[True, True, False],
        demand=cc.demand.Gamma(mean, 0.4 * mean),
        lead_time=cc.LeadTime([[0.6, 0.3, 0.1]]),
    )
    inversion = cc.inversion.Calibrated(paths=40_000)
    bound, held = (
        cc.plan_jointly(store, joint.PerStore(0.9), split, objective=LEAST, inversion=inversion, paths=PATHS)
        for split in (joint.Equal(), joint.Simulated(paths=50_000))
    )
    for found in (bound, held):
        assert found.low[0] >= 0.9 - 0.002
        assert found.kept
    assert held.plan.objective_value < bound.plan.objective_value
    assert held.bound[0] < bound.bound[0]
    # an audit with other paths counts the same per item, and one of the whole store is not above its weakest item
    audit = cc.audit(held.plan, paths=PATHS, seed=9)
    assert held.simulated[0] <= audit.joint_controllable[:2].min() + error(0.9)


def test_groups_have_their_own_levels_and_items_of_none_keep_the_promise_of_the_store():
    store = gaussian_store(3, service=0.9, important=np.array([True, True, True, False]))
    promise = joint.PerGroup(["kit", "kit", None, "kit"], {"kit": 0.97})
    found = cc.plan_jointly(store, promise, joint.Equal(), objective=LEAST, inversion=NORMAL)
    assert found.groups.names == ("group kit",)
    number = int(store.controllable[:2].sum())
    asked = np.where(store.controllable, 1 - 0.03 / number, np.nan)
    asked[2] = np.where(store.controllable[2], 0.9, np.nan)
    asked[3] = np.nan
    np.testing.assert_allclose(found.plan.asked, asked, rtol=1e-12)
    assert found.columns()["cells"].tolist() == [number]

    several = cc.plan_jointly(store, joint.PerItem([0.9, 0.98, 0.95, 0.5]), FEW, objective=LEAST, inversion=NORMAL)
    assert several.asked.tolist() == [0.9, 0.98, 0.95]
    assert (several.simulated >= several.asked - 0.003).all()
    assert several.kept


def test_the_same_seed_gives_the_same_joint_plan():
    one, other = (
        cc.plan_jointly(gaussian_store(4), joint.PerStore(), FEW, objective=LEAST, inversion=NORMAL, paths=20_000)
        for _ in range(2)
    )
    assert one.simulated.tobytes() == other.simulated.tobytes()
    assert one.risk.tobytes() == other.risk.tobytes()


def late_store(**changes: object) -> cc.Store:
    """The first order that can arrive does so in time with a probability of one half, and stock lasts until then."""
    store = gaussian_store(0)
    on_hand = 2.9 * store.demand.mean.mean(axis=1)
    return dataclasses.replace(store, on_hand=on_hand, lead_time=cc.LeadTime([[0.0, 0.5, 0.5]]), **changes)


@pytest.mark.parametrize("split", [joint.Equal(), FEW], ids=lambda s: type(s).__name__)
def test_what_no_order_can_keep_is_refused_with_the_cell_that_is_to_blame(split):
    with pytest.raises(cc.InfeasibleError, match=r"asked 0.95, but item item-\d alone can have 0\.\d+ at most in") as e:
        cc.plan_jointly(late_store(), joint.PerItem(), split, objective=LEAST, inversion=NORMAL)
    assert "joint promises are beyond any order" in str(e.value)


def test_what_no_order_can_keep_is_planned_as_well_as_can_be_where_that_is_asked_for_and_called_broken():
    store = late_store(service=cc.Service(0.95, "best"))
    found = cc.plan_jointly(store, joint.PerItem(), FEW, objective=LEAST, inversion=NORMAL, paths=20_000)
    assert not found.kept
    assert (found.high[found.verdict == "BROKEN"] < 0.95).all()
    assert found.plan.store is store


def test_promises_that_the_money_does_not_keep_are_refused_by_what_simulation_finds():
    dear = cc.plan_jointly(gaussian_store(2), joint.PerStore(), FEW, objective=LEAST, inversion=NORMAL)
    alone = cc.plan(gaussian_store(2), objective=LEAST, inversion=NORMAL)
    between = (dear.plan.objective_value + 2 * alone.objective_value) / 3
    store = gaussian_store(2, budget=cc.Budget(between))
    with pytest.raises(
        cc.InfeasibleError, match=r"1 of 1 joint promises cannot be kept:\n    the store: asked 0\.95, "
    ):
        cc.plan_jointly(store, joint.PerStore(), dataclasses.replace(FEW, rounds=2), inversion=NORMAL)
    with pytest.raises(cc.InfeasibleError, match="By Boole's bound every cell is asked for its share"):
        cc.plan_jointly(store, joint.PerStore(), joint.Equal(), inversion=NORMAL)


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        (joint.PerItem(0.3), "joint alpha of item item-1: found 0.3"),
        (joint.PerItem([0.9, 0.9]), r"joint alpha: found shape \(2,\), expected one number, or 4"),
        (joint.PerStore(95), "Did you mean 0.95"),
        (joint.PerGroup(["a", "b"]), "joint groups: found 2 names, expected 4"),
        (joint.PerGroup(["a", "b", None, "a"], {"a": 0.9, "c": 0.9}), "joint alpha of b: found nothing"),
        (joint.PerGroup([None] * 4), "joint promise: found no cell"),
    ],
)
def test_promises_that_mean_nothing_are_refused_by_name(promise, words):
    with pytest.raises(cc.DataError, match=words):
        cc.plan_jointly(gaussian_store(0), promise)


@given(
    st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=8),
    st.floats(1e-3, 0.2),
    st.sampled_from([cc.inversion.Normal(), cc.inversion.Cantelli(), cc.inversion.Unimodal()]),
)
def test_the_best_split_spends_all_risk_and_no_other_split_is_cheaper(prices, total, inversion):
    price, owner = np.array(prices), np.zeros(len(prices), dtype=int)
    risk = best_split(price, owner, np.array([total]), inversion)

    def cost(share: np.ndarray) -> float:
        return float(price @ inversion.kappa(1 - share))

    assert risk.sum() == pytest.approx(total, rel=1e-6)
    equal = np.full(len(prices), total / len(prices))
    size = float(price @ np.abs(inversion.kappa(1 - equal)))
    assert cost(risk) <= cost(equal) + 1e-5 * size
    other = minimize(
        lambda free: cost(total * np.exp(free) / np.exp(free).sum()) / size, np.log(risk / total), method="BFGS"
    )
    assert cost(risk) <= other.fun * size + 1e-4 * size  # slopes of κ come from a table


def test_a_plan_can_ask_every_cell_for_a_level_of_its_own():
    store = gaussian_store(6)
    levels = np.linspace(0.6, 0.999, store.demand.mean.size).reshape(store.demand.mean.shape)
    found = cc.plan(store, objective=LEAST, inversion=NORMAL, levels=levels)
    promised = store.controllable
    assert np.array_equal(found.asked[promised], levels[promised])
    assert np.isnan(found.asked[~promised]).all()
    assert (found.promised[promised] >= levels[promised] - 1e-6).all()
    alike = cc.plan(store, objective=LEAST, inversion=NORMAL, levels=np.full(levels.shape, store.service.alpha))
    own = cc.plan(store, objective=LEAST, inversion=NORMAL)
    assert alike.objective_value == own.objective_value
    with pytest.raises(cc.DataError, match=r"levels: found shape \(3,\), expected \(4, 8\)"):
        cc.plan(store, levels=[0.9, 0.9, 0.9])
    low = levels.copy()
    low[1, 5] = 0.4
    with pytest.raises(cc.DataError, match=r"levels, item item-2, period 6: found 0\.4"):
        cc.plan(store, levels=low)


def test_calibration_keeps_levels_far_above_99_per_cent_and_names_those_out_of_reach_with_what_was_asked():
    found = cc.plan(gaussian_store(7), objective=LEAST, levels=np.full((4, 8), 0.998))
    assert found.calibration is not None
    assert found.calibration.accepted
    assert found.out_of_reach == ()
    assert (found.promised[found.store.controllable] >= 0.998 - 2e-4).all()
    levels = np.full((4, 8), 0.9)
    levels[2] = 0.97
    best = cc.plan(late_store(service=cc.Service(0.95, "best")), objective=LEAST, levels=levels, inversion=NORMAL)
    assert len(best.out_of_reach) > 0
    assert all(cell.asked == levels[cell.item, cell.period] for cell in best.out_of_reach)
