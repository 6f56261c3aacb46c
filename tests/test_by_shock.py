"""A row for every shock: boxes kept at each corner, the same moments as merged rows, totals over items."""

from __future__ import annotations

import itertools
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from decisions import decision_of
from numpy.typing import NDArray
from scipy.special import ndtr

import ccinv as cc
from ccinv import moments

FloatArray = NDArray[np.float64]
RULES = (cc.rules.Static(), cc.rules.Cumulative(), cc.rules.Affine(), cc.rules.Thesis())
NORMAL = cc.inversion.Normal()


def boxed(seed: int, lag: int = 0) -> cc.Store:
    """Two items over four periods with certain lead times; a shock is as large as a box lets it be."""
    rng = np.random.default_rng([seed, 3])
    mean = rng.uniform(5.0, 15.0, (2, 4))
    return cc.Store(
        unit_cost=rng.uniform(1.0, 5.0, 2),
        on_hand=rng.uniform(20.0, 40.0, 2),
        important=[True, False],
        demand=cc.demand.Normal(mean, rng.uniform(0.05, 0.5, (2, 1)) * mean),
        lead_time=cc.LeadTime([[1.0, 0.0], [0.0, 1.0]]),
        orders=cc.Orders(lag=lag),
    )


def random_store(seed: int) -> cc.Store:
    """Three items with random lead times, open orders, a lag and correlated periods now and then."""
    rng = np.random.default_rng([seed, 4])
    mean = rng.uniform(5.0, 15.0, (3, 5))
    near = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    correlation = 0.6**near if seed % 2 else None
    return cc.Store(
        unit_cost=rng.uniform(1.0, 5.0, 3),
        on_hand=rng.uniform(10.0, 30.0, 3),
        important=[True, False, False],
        demand=cc.demand.Normal(mean, 0.3 * mean, correlation),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(3), 3)),
        orders=cc.Orders(lag=seed % 3 // 2),
        open_orders=cc.OpenOrders([0, 2], [0, -1], [6.0, 4.0]),
    )


def net_stock(store: cc.Store, rule: object, sales: FloatArray) -> FloatArray:
    """X(t) for sales (n, N, ...) where order s of item i arrives after a certain time, orders as the rule has them."""
    ordered = np.diff(rule.cumulative(sales), axis=1, prepend=0.0)  # type: ignore[attr-defined]
    age = store.lead_time.pmf.argmax(axis=1)
    stock = store.on_hand.reshape(-1, *(1,) * (sales.ndim - 1)) - np.cumsum(sales, axis=1)
    for i, s in itertools.product(range(store.items), range(store.periods)):
        stock[i, s + age[i] + 1 :] += ordered[i, s]
    return stock


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("rule", RULES[:3], ids=repr)
def test_what_a_box_promises_holds_at_every_corner_and_at_one_of_them_exactly(rule, seed):
    store = boxed(seed, lag=seed % 2)
    layout = rule.on(store)
    x = cp.Variable(layout.size)
    net = moments.net_stock_by_shock(store, layout)
    cells = np.flatnonzero(store.controllable)
    rows = cc.inversion.chance(net.at_cells(cells), x, 0.95, cc.inversion.Box(0.2))
    rows += cc.inversion.chance(moments.orders_by_shock(store, layout), x, 0.95, cc.inversion.Box(0.2))
    bounds = [layout.bounds.matrix @ x + layout.bounds.constant >= 0] if layout.bounds.matrix.shape[0] else []
    problem = cp.Problem(cp.Minimize(cp.sum(layout.level.matrix @ x)), [*rows, *bounds])
    problem.solve(solver=cp.CLARABEL)
    assert problem.status == "optimal"
    corner = np.array(list(itertools.product([-1.0, 1.0], repeat=4))).T
    sales = store.demand.mean[:, :, None] + store.demand.sd[:, :, None] * corner
    stock = net_stock(store, layout.rule_at(x.value), sales)[store.controllable]
    ordered = np.diff(layout.rule_at(x.value).cumulative(sales), axis=1, prepend=0.0)
    assert stock.min() >= -1e-5
    assert ordered.min() >= -1e-5
    assert min(stock.min(), ordered.min()) <= 1e-5


def test_rows_that_are_merged_or_belong_to_no_shock_are_refused():
    store = boxed(1)
    layout = cc.rules.Static().on(store)
    x = cp.Variable(layout.size)
    with pytest.raises(cc.ModelError, match="net_stock_by_shock"):
        cc.inversion.chance(moments.net_stock(store, layout), x, 0.95, cc.inversion.Box(0.2))
    late = replace(store, lead_time=cc.LeadTime([[0.5, 0.5], [0.0, 1.0]]))
    with pytest.raises(cc.ModelError, match="Random lead times"):
        cc.inversion.chance(moments.net_stock_by_shock(late, layout), x, 0.95, cc.inversion.Box(0.2))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_row_for_every_shock_has_the_moments_of_merged_rows(rule, seed):
    store = random_store(seed)
    layout = rule.on(store)
    x = np.random.default_rng(seed).uniform(0.5, 2.0, layout.size) * layout.scale
    for merged, by_shock in (
        (moments.net_stock(store, layout), moments.net_stock_by_shock(store, layout)),
        (moments.orders(store, layout), moments.orders_by_shock(store, layout)),
    ):
        assert by_shock.mean_at(x) == pytest.approx(merged.mean_at(x), rel=1e-12)
        assert by_shock.sd_at(x) == pytest.approx(merged.sd_at(x), rel=1e-9)
        assert by_shock.shock is not None
        own = by_shock.shock >= 0
        cell = np.repeat(np.arange(15), by_shock.rows_per_cell)
        assert np.array_equal(by_shock.shock[own] // 5, cell[own] // 5)
        assert (by_shock.shock[own] % 5 <= cell[own] % 5).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_totals_of_independent_items_are_sums_of_variances(rule, seed):
    store = random_store(seed)
    layout = rule.on(store)
    x = np.random.default_rng(seed).uniform(0.5, 2.0, layout.size) * layout.scale
    weight = np.array([1.0, 0.3, 7.0])
    for total, each in (
        (moments.total_stock(store, layout, weight), moments.net_stock(store, layout)),
        (moments.total_orders(store, layout, weight), moments.orders(store, layout)),
    ):
        assert total.mean_at(x) == pytest.approx(weight @ each.mean_at(x), rel=1e-12)
        assert total.sd_at(x) ** 2 == pytest.approx(weight**2 @ each.sd_at(x) ** 2, rel=1e-9)
    dollars = moments.total_orders(store, layout)
    assert dollars.mean_at(x) == pytest.approx(store.unit_cost @ moments.orders(store, layout).mean_at(x), rel=1e-12)


def shared(seed: int) -> cc.Store:
    """Items that share two factors; certain lead times, so that totals are normal."""
    rng = np.random.default_rng([seed, 6])
    mean = rng.uniform(5.0, 15.0, (4, 5))
    law = cc.demand.FactorCopula(cc.demand.Normal(mean, 0.3 * mean), rng.uniform(0.2, 0.6, (4, 2)))
    return cc.Store(
        unit_cost=rng.uniform(1.0, 5.0, 4),
        on_hand=rng.uniform(20.0, 40.0, 4),
        important=[True, False, True, False],
        demand=law,
        lead_time=cc.LeadTime(np.eye(2)[[0, 1, 0, 1]]),
    )


@pytest.mark.parametrize("rule", [cc.rules.Cumulative(), cc.rules.Affine()], ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_rows_over_items_are_worth_what_they_say_where_items_share_factors(rule, seed):
    store = shared(seed)
    weight, paths = np.array([2.0, 0.5, 1.0, 3.0]), 200_000
    m = cc.model(store, rule, cc.MinimumBudget(), NORMAL)
    space, spend = moments.total_stock(store, m.layout, weight), moments.total_orders(store, m.layout)
    free = cc.plan(store, rule, cc.MinimumBudget(), NORMAL)
    x = decision_of(m.layout, free.rule.weights, free.rule.intercept)
    room, most = (float((one.mean_at(x) + 1.3 * one.sd_at(x)).max()) for one in (space, spend))
    own = [
        *cc.inversion.chance(space.below(np.full(5, room)), m.x, 0.9, NORMAL),
        *cc.inversion.chance(spend.below(np.full(5, most)), m.x, 0.8, NORMAL),
    ]
    plan = cc.plan(store, rule, cc.MinimumBudget(), NORMAL, constraints=own)
    rng = np.random.default_rng([seed, 8])
    latent = rng.normal(size=(2, 5, paths))
    loading = store.demand.loading  # type: ignore[attr-defined]
    left = np.sqrt(1 - (loading**2).sum(axis=1))
    normal = np.einsum("ik,ktp->itp", loading, latent) + left[:, None, None] * rng.normal(size=(4, 5, paths))
    sales = store.demand.mean[:, :, None] + store.demand.sd[:, :, None] * normal
    stock = np.einsum("i,itp->tp", weight, net_stock(store, plan.rule, sales))
    orders = np.diff(plan.rule.cumulative(sales), axis=1, prepend=0.0)
    spent = np.einsum("i,itp->tp", store.unit_cost, orders)
    within, paid = (stock <= room).mean(axis=1), (spent <= most * (1 + 1e-9)).mean(axis=1)
    x = decision_of(m.layout, plan.rule.weights, plan.rule.intercept)
    for one, limit, share in ((space, room, within), (spend, most, paid)):
        score = (limit - one.mean_at(x)) / np.maximum(one.sd_at(x), 1e-9)
        assert share == pytest.approx(ndtr(score), abs=4 * 0.5 / np.sqrt(paths))
    assert within.min() >= 0.9 - 0.005
    assert paid.min() >= 0.8 - 0.005
    assert space.mean_at(x) == pytest.approx(stock.mean(axis=1), abs=5 * stock.std() / np.sqrt(paths))
    assert space.sd_at(x) == pytest.approx(stock.std(axis=1), rel=0.01)
    assert spend.sd_at(x) == pytest.approx(spent.std(axis=1), rel=0.01, abs=1e-6)


def test_a_weight_must_be_given_for_every_item():
    store = random_store(0)
    with pytest.raises(cc.DataError, match="weight"):
        moments.total_stock(store, cc.rules.Static().on(store), [1.0, 2.0])
