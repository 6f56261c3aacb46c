"""Items that share factors, in the budget row, its recomputation and the replay."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import coefficients, stores

import ccinv as cc
from ccinv import moments, rules, verify
from ccinv.auditing import fan, tallying
from ccinv.auditing.streams import shared_factors
from ccinv.demand import draw_common
from ccinv.ledger import replay
from ccinv.moments.common import Common
from ccinv.result import PooledRule
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]

RULES = (rules.Thesis(), rules.Cumulative(), rules.Static(), rules.Affine())
ROUNDING = 1e-10  # of the terms that are added; their sum may be much smaller
named = pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)


def exact_dollars(store: cc.Store, items: list[oracles.Item], between: FloatArray) -> FloatArray:
    """Var Z(t), (N,), from the covariances between items in each period, (N, n, n), term by term."""
    n, periods = store.items, store.periods
    variance = oracles.dollars(items)[1]
    gain = np.stack([item.unit_cost * (item.weights - np.tri(periods)) for item in items])
    for i in range(n):
        for j in range(n):
            if i != j:
                variance += np.einsum("tk,tk,k->t", gain[i], gain[j], between[:, i, j])
    return variance


def loadings(draw: Any, items: int) -> FloatArray:
    """Loadings of up to three factors, norms below 1, some of them 0."""
    factors = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    table = rng.standard_normal((items, factors))
    table *= (rng.choice([0.0, 0.3, 0.7, 0.98], items) / np.linalg.norm(table, axis=1))[:, None]
    return table


@named
@given(data=st.data())
def test_dollars_have_the_variance_of_the_correlated_normal_sales(rule, data):
    store = data.draw(stores(correlated=False))
    loading = loadings(data.draw, store.items)
    store = dataclasses.replace(store, demand=cc.demand.FactorCopula(store.demand, loading))
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    items = oracles.items_of(store, layout.rule_at(x))
    sd = store.demand.sd
    exact = exact_dollars(store, items, np.einsum("ij,it,jt->tij", loading @ loading.T, sd, sd))
    size = oracles.dollar_size(items)
    found = moments.dollars(store, layout)
    assert (np.abs(found.mean_at(x) - oracles.dollars(items)[0]) <= ROUNDING * size).all()
    # of the variance of all sales together, 1e-8 is not worth another vector
    left = 1e-8 * 4 * (store.unit_cost[:, None] * (1 + np.abs(layout.rule_at(x).weights).max())) ** 2
    assert (np.abs(found.sd_at(x) ** 2 - exact) <= ROUNDING * size**2 + (left * np.cumsum(sd**2, axis=1)).sum()).all()
    numbers = recompute(store, layout.rule_at(x))
    assert (np.abs(numbers.dollars_sd**2 - exact) <= ROUNDING * size**2).all()


@named
@given(data=st.data())
def test_factors_change_the_dollars_and_nothing_of_a_single_item(rule, data):
    store = data.draw(stores(correlated=False))
    shared = dataclasses.replace(store, demand=cc.demand.FactorCopula(store.demand, loadings(data.draw, store.items)))
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    for of in (moments.net_stock, moments.orders):
        assert np.array_equal(of(shared, rule.on(shared)).sd_at(x), of(store, layout).sd_at(x))
    plain, found = recompute(store, layout.rule_at(x)), recompute(shared, layout.rule_at(x))
    for name in ("mean", "sd", "order_mean", "order_sd", "dollars_mean"):
        assert np.array_equal(getattr(plain, name), getattr(found, name)), name


def spares(items: int = 30, seed: int = 51, **changes: Any) -> cc.Store:
    """A store of counts and amounts that follow two factors, with lead times of up to two periods."""
    rng = np.random.default_rng(seed)
    periods, third = 6, items // 3
    mean = rng.lognormal(1, 0.8, (items, 1)) * rng.uniform(0.7, 1.3, (items, periods))
    law = cc.demand.PerItem(
        [
            cc.demand.Gamma(mean[:third], 0.7 * mean[:third]),
            cc.demand.Poisson(mean[third : 2 * third] / 4),
            cc.demand.NegativeBinomial(mean[2 * third :], 1.6 * np.sqrt(mean[2 * third :])),
        ]
    )
    loading = rng.uniform(0.3, 0.8, (items, 1)) * np.column_stack([np.ones(items), rng.choice([-0.5, 0.5], items)])
    store = cc.Store(
        unit_cost=rng.lognormal(2, 1, items),
        on_hand=2 * mean[:, :2].sum(axis=1),
        important=rng.random(items) < 0.5,
        demand=cc.demand.FactorCopula(law, loading),
        lead_time=cc.LeadTime([0.3, 0.5, 0.2]),
    )
    return dataclasses.replace(store, **changes)


@pytest.mark.parametrize("lag", [0, 1, 2])
@pytest.mark.parametrize("rule", [rules.Cumulative(), rules.Affine()], ids=lambda rule: type(rule).__name__)
def test_rows_of_few_vectors_have_the_variance_of_all_pairs(rule, lag):
    store = spares(orders=cc.Orders(lag=lag))
    layout = rule.on(store)
    x = np.random.default_rng(52).uniform(0, 1.5, layout.size) * layout.scale
    found = moments.dollars(store, layout)
    assert found.sd_at(x) == pytest.approx(recompute(store, layout.rule_at(x)).dollars_sd, rel=1e-6)
    plain = dataclasses.replace(store, demand=store.demand.law)
    extra = found.rows_per_cell - moments.dollars(plain, layout).rows_per_cell
    assert extra.max() < 40 if isinstance(rule, rules.Cumulative) else extra.max() < 6 * 25


def test_pairs_are_summed_alike_all_at_once_and_in_blocks(monkeypatch):
    store = spares()
    layout = rules.Cumulative().on(store)
    rule = layout.rule_at(np.random.default_rng(53).uniform(0, 1.5, layout.size) * layout.scale)
    whole = recompute(store, rule).dollars_sd
    monkeypatch.setattr(verify, "BLOCK", 100)
    assert recompute(store, rule).dollars_sd == pytest.approx(whole, rel=1e-12)


def test_the_vectors_leave_every_item_its_variance_and_reproduce_the_covariances():
    store = spares()
    common = Common.of(store)
    assert common is not None
    series = store.demand.series() * store.unit_cost[:, None, None]
    power = (store.demand.loading @ store.demand.loading.T)[:, :, None] ** np.arange(1, series.shape[2] + 1)
    exact = np.einsum("itm,jtm,ijm->ij", series[:, 1:4], series[:, 1:4], power)
    variance = (store.unit_cost[:, None] * store.demand.sd[:, 1:4]) ** 2
    np.fill_diagonal(exact, variance.sum(axis=1))
    vectors, rest = common.of_range(1, 4)
    found = vectors @ vectors.T + np.diag(rest**2)
    assert np.diag(found) == pytest.approx(np.diag(exact), rel=1e-12)
    assert np.abs(found - exact).max() < 1e-8 * variance.sum()
    assert vectors.shape[1] < store.items
    nothing, still = common.of_range(2, 2)
    assert nothing.shape == (store.items, 0)
    assert not still.any()


def test_dollars_have_the_variance_of_a_simulation():
    store = spares()
    # a ≥ 1 and rising: no order is ever negative, so that what is executed is the rule
    rng = np.random.default_rng(54)
    rule = PooledRule(
        np.cumsum(rng.uniform(0, 0.2, (30, 6)), axis=1) + 1.2, np.cumsum(rng.uniform(0, 2, (30, 6)), axis=1)
    )
    paths = 100_000
    moved = replay(store, rule, np.random.default_rng(55), paths)
    numbers = recompute(store, rule)
    gap = moved.dollars - numbers.dollars_mean[:, None]
    variance = (gap**2).mean(axis=1)
    error = (gap**2).std(axis=1) / np.sqrt(paths)
    assert (np.abs(gap.mean(axis=1)) < 5 * gap.std(axis=1) / np.sqrt(paths)).all()
    assert (np.abs(variance - numbers.dollars_sd**2) < 5 * error).all()
    alone = recompute(dataclasses.replace(store, demand=store.demand.law), rule).dollars_sd
    assert (numbers.dollars_sd > 1.5 * alone).all()
    assert (np.abs(variance - alone**2) > 10 * error).all()


def correlated_world(items: int = 40) -> cc.Store:
    """A store whose items follow the market, with money for little more than what it needs."""
    rng = np.random.default_rng(56)
    mean = rng.uniform(5, 30, (items, 1)) * np.ones(6)
    law = cc.demand.Gamma(mean, 0.5 * mean)
    cost = rng.uniform(5, 50, items)
    return cc.Store(
        unit_cost=cost,
        on_hand=3 * mean[:, 0],
        important=np.arange(items) % 2 == 0,
        demand=cc.demand.FactorCopula(law, np.full(items, 0.7)),
        lead_time=cc.LeadTime([0.4, 0.6]),
        budget=cc.Budget(1.0, 0.95),  # the objective finds the limit
        service=0.9,
        orders=cc.Orders("monotone"),  # no order is kept from being negative: the budget row says what happens
    )


def test_a_budget_holds_in_a_correlated_world_if_the_plan_knows_of_it_and_breaks_if_not():
    world = correlated_world()
    blind = dataclasses.replace(world, demand=world.demand.law)
    aware, unaware = (
        cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()) for store in (world, blind)
    )
    assert aware.objective_value > 1.03 * unaware.objective_value
    misled = dataclasses.replace(unaware, store=world)
    kept, broken = (cc.audit(plan, paths=20_000, seed=57) for plan in (aware, misled))
    # at the period that takes all the money the promise of 0.95 binds; the normal law is not exact, the error small
    assert kept.budget.min() > 0.945
    assert "BROKEN" not in set(kept.budget_verdict)
    assert broken.budget.min() < 0.90
    assert "BROKEN" in set(broken.budget_verdict)
    # nothing changes for one item by itself
    assert np.abs(kept.service - broken.service)[:, 1:].max() < 0.2


def test_an_audit_in_small_pieces_sees_the_factors_that_items_of_other_pieces_share(monkeypatch):
    world = correlated_world(24)
    plan = cc.plan(world, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    whole = cc.audit(plan, paths=20_000, seed=58)
    monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 1)
    monkeypatch.setattr("ccinv.auditing.pieces.block_paths", lambda *_: 10_000)
    pieces = cc.audit(plan, paths=20_000, seed=58)
    error = np.sqrt(2 * 0.05 * 0.95 / 20_000)
    assert np.abs(whole.budget - pieces.budget).max() < 5 * error
    monkeypatch.setattr(tallying, "shared_factors", lambda *_: None)  # each piece with factors of its own
    apart = cc.audit(plan, paths=20_000, seed=58)
    assert (apart.budget - pieces.budget).max() > 8 * error


def test_an_audit_with_factors_has_the_same_bytes_whatever_the_number_of_workers(monkeypatch):
    plan = cc.plan(correlated_world(12), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    monkeypatch.setattr("ccinv.auditing.pieces.block_paths", lambda *_: 700)
    monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 6 * 700 * 5)
    first, second = (cc.audit(plan, paths=3_000, seed=59, workers=workers) for workers in (1, 3))
    assert first.budget_mean.tobytes() == second.budget_mean.tobytes()
    assert first.service.tobytes() == second.service.tobytes()


def test_an_audit_without_factors_draws_from_the_streams_of_its_blocks_and_nothing_else(monkeypatch):
    world = correlated_world(6)
    plain = dataclasses.replace(world, demand=world.demand.law)
    plan = cc.plan(plain, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    monkeypatch.setattr("ccinv.auditing.pieces.block_paths", lambda *_: 500)
    monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 6 * 500 * 6)
    audit = cc.audit(plan, paths=1_000, seed=60)
    dollars = np.zeros(6)
    for number in range(2):
        rng = np.random.default_rng(np.random.SeedSequence(60, spawn_key=(number,)))
        dollars += replay(plain, plan.rule, rng, 500).dollars.sum(axis=1)
    assert (dollars / 1_000).tobytes() == audit.budget_mean.tobytes()
    assert shared_factors(plain.demand, 60, (0,), 500) is None


def test_factors_of_a_block_do_not_depend_on_the_items_they_are_drawn_for():
    law = spares().demand
    some = law.rows(np.array([3, 8]))
    assert np.array_equal(shared_factors(law, 5, (2,), 40), shared_factors(some, 5, (2,), 40))
    assert not np.array_equal(shared_factors(law, 5, (2,), 40), shared_factors(law, 5, (3,), 40))
    rng = np.random.default_rng(61)
    common = draw_common(law, rng, 40)
    assert common is not None
    assert common.shape == (2, 6, 40)


def test_the_fan_of_an_item_is_that_of_its_own_law():
    world = correlated_world(6)
    plain = dataclasses.replace(world, demand=world.demand.law)
    plan = cc.plan(plain, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    shared = dataclasses.replace(plan, store=world)
    one, other = fan(plan, [1, 4], paths=20_000, seed=2), fan(shared, [1, 4], paths=20_000, seed=2)
    assert other == pytest.approx(one, abs=1.5)  # units; the standard error of the outer quantiles is about 0.25
    assert np.array_equal(fan(shared, [4], paths=20_000, seed=2)[0], other[1])
