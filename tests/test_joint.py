"""Net stock over periods: covariances against enumeration and simulation, joint probabilities against other methods."""

import dataclasses

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal
from strategies import coefficients, stores

import ccinv as cc
from ccinv import moments, rules
from ccinv.moments import orthant as orthants
from ccinv.moments.orthant import orthant
from ccinv.result import PooledRule
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]

RULES = (rules.Thesis(), rules.Cumulative(), rules.Static(), rules.Affine())
ROUNDING = 1e-10  # of the terms that are added; their sum may be much smaller
named = pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)


@named
@given(data=st.data())
def test_net_stock_has_the_covariances_of_the_enumerated_arrival_histories(rule, data):
    store = data.draw(stores(items=(1, 2), periods=(1, 5)))
    layout = rule.on(store)
    found = layout.rule_at(data.draw(coefficients(store, layout)))
    joint = moments.covariance(store, found)
    for item, table in zip(oracles.items_of(store, found), joint, strict=True):
        size = oracles.net_stock_size(item)
        assert (np.abs(table - oracles.net_stock(item)[1]) <= ROUNDING * size[:, None] * size).all()


@pytest.mark.parametrize(
    "dependence", [moments.FollowingSales(), moments.Independent()], ids=lambda k: type(k).__name__
)
@given(data=st.data())
def test_the_variances_among_the_covariances_are_the_recomputed_ones(dependence, data):
    store = data.draw(stores())
    layout = rules.Cumulative().on(store)
    found = layout.rule_at(data.draw(coefficients(store, layout)))
    joint = moments.covariance(store, found, dependence)
    variance = recompute(store, found, dependence).sd ** 2
    size = np.stack([oracles.net_stock_size(item) for item in oracles.items_of(store, found)])
    assert (np.abs(np.diagonal(joint, axis1=1, axis2=2) - variance) <= ROUNDING * size**2).all()
    assert np.array_equal(joint, joint.transpose(0, 2, 1))


def spare_part(**changes: object) -> tuple[cc.Store, PooledRule]:
    """Two items with orders under way, late and lost ones too, and a rule for them."""
    rng = np.random.default_rng(31)
    mean = rng.uniform(4, 9, (2, 6))
    store = cc.Store(
        unit_cost=[3.0, 5.0],
        on_hand=[22.0, 30.0],
        important=[True, True],
        demand=cc.demand.Gamma(mean, 0.6 * mean),
        lead_time=cc.LeadTime([[0.3, 0.4, 0.3], [0.2, 0.3, 0.3]], [0.0, 0.2]),
        open_orders=cc.OpenOrders([0, 1, 1], [0, -1, 0], [6.0, 4.0, 8.0]),
    )
    return dataclasses.replace(store, **changes), PooledRule(
        rng.uniform(0.8, 1.3, (2, 6)), np.cumsum(rng.uniform(0, 4, (2, 6)), axis=1)
    )


def test_net_stock_has_the_covariances_of_a_million_simulated_gamma_paths():
    store, rule = spare_part()
    joint = moments.covariance(store, rule)
    rng = np.random.default_rng(32)
    paths, blocks = 1_000_000, 20
    for i, item in enumerate(oracles.items_of(store, rule)):
        products = np.zeros((blocks, 6, 6))
        mean = recompute(store, rule).mean[i][:, None]
        for block in range(blocks):
            sales = store.demand.sample(rng, paths // blocks)[i]
            gap = with_sales(item, sales, rng) - mean
            products[block] = gap @ gap.T / (paths // blocks)
        # twenty blocks give Student's t; 1e-6 for each of 72 comparisons is far beyond 8 standard errors
        error = products.std(axis=0, ddof=1) / np.sqrt(blocks)
        assert (np.abs(products.mean(axis=0) - joint[i]) < 8 * error).all()


def with_sales(item: oracles.Item, sales: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Net stock (N, paths) of one item for given sales, arrivals drawn order by order; orders unclipped."""
    n, paths = sales.shape
    quantity = item.order_weights @ sales + item.order_intercept[:, None]
    stock = item.on_hand - np.cumsum(sales, axis=0)
    under_way = [(placed, 1, np.full(paths, amount)) for placed, amount in item.open_orders]
    for placed, open_at, amount in [(s, s, quantity[s - 1]) for s in range(1, n)] + under_way:
        arrival = oracles.drawn(oracles.arrivals_of_one(item.pmf, item.never, placed, open_at), rng, paths)
        stock += np.where(arrival <= np.arange(n)[:, None], amount, 0.0)
    return stock


def test_arrivals_are_most_of_how_stock_of_one_period_hangs_on_that_of_the_next():
    # one order of 20 in period 1 that arrives with 1/2 each at age 0 and 1, certain sales: X(2) and X(3) share nothing
    # random but the arrival at age 0, and by X(3) it has arrived for certain
    certain = cc.demand.Normal([[5.0] * 4], [[0.0] * 4])
    store = cc.Store([1.0], [10.0], [True], certain, cc.LeadTime([0.5, 0.25, 0.25]))
    joint = moments.covariance(store, PooledRule(np.zeros((1, 4)), np.full((1, 4), 20.0)))[0]
    assert joint[1, 1] == pytest.approx(400 * 0.5 * 0.5)
    assert joint[1, 2] == pytest.approx(400 * 0.5 * 0.25)  # in X(2) and not in X(3) it cannot be
    assert joint[2, 2] == pytest.approx(400 * 0.75 * 0.25)
    assert joint[:, 3] == pytest.approx(np.zeros(4))


def singular(rng: np.random.Generator, size: int, rank: int) -> FloatArray:
    """A correlation matrix of the given rank."""
    factor = rng.standard_normal((size, rank))
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    found = factor @ factor.T
    np.fill_diagonal(found, 1.0)
    return found


@pytest.mark.parametrize("size", [2, 3, 5, 9, 16, 24])
def test_orthant_probabilities_are_those_of_scipy(size):
    rng = np.random.default_rng(size)
    joint = np.stack([singular(rng, size, 2 * size) for _ in range(4)])
    score = rng.normal(1.5, 0.7, (4, size))
    found, error = orthant(score, joint, 1e-5, 3)
    for b in range(4):
        exact = multivariate_normal(np.zeros(size), joint[b], abseps=1e-6, releps=0, maxpts=400_000).cdf(score[b])
        assert abs(found[b] - exact) < 2 * error[b] + 2e-5
    assert (error < 1e-4).all()  # not the 1e-5 asked for: points are used up before


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.9, 0.999])
def test_equally_correlated_variables_have_the_probability_of_one_integral(correlation):
    limits = np.linspace(0.5, 2.5, 7)
    joint = np.full((7, 7), correlation) + (1 - correlation) * np.eye(7)

    def given(common: float) -> float:
        rest = (limits - np.sqrt(correlation) * common) / np.sqrt(1 - correlation)
        return float(np.exp(-0.5 * common**2) / np.sqrt(2 * np.pi) * ndtr(rest).prod())

    exact = quad(given, -9, 9, limit=400, epsabs=1e-10)[0]
    found, error = orthant(limits[None], joint[None], 1e-5, 1)
    assert abs(found[0] - exact) < 2 * error[0] + 1e-9
    assert error[0] < 1e-5


@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_variables_that_are_one_and_the_same_or_its_opposite_leave_an_interval(size, seed):
    rng = np.random.default_rng(seed)
    sign = rng.choice([-1.0, 1.0], size)
    score = rng.normal(0.5, 1, size)
    found, error = orthant(score[None], np.outer(sign, sign)[None], 1e-4, 1)
    upper = score[sign > 0].min(initial=np.inf)
    lower = -score[sign < 0].min(initial=np.inf)
    assert found[0] == pytest.approx(max(ndtr(upper) - ndtr(lower), 0.0), abs=1e-12)
    assert error[0] < 1e-12


def test_singular_covariances_have_the_probability_that_simulation_finds():
    rng = np.random.default_rng(8)
    joint = np.stack([singular(rng, 8, rank) for rank in (2, 3, 5)])
    score = rng.normal(1.2, 0.5, (3, 8))
    found, error = orthant(score, joint, 1e-4, 1)
    value, vector = np.linalg.eigh(joint)
    root = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]
    draws = root @ rng.standard_normal((3, 8, 400_000))
    simulated = (draws <= score[:, :, None]).all(axis=1).mean(axis=1)
    assert (np.abs(found - simulated) < error + 5 * np.sqrt(0.25 / 400_000)).all()


def test_the_error_stated_is_the_error_made():
    # the exact value is known for independent variables seen through a rotation
    rng = np.random.default_rng(9)
    count, size = 200, 10
    rho = rng.uniform(0.1, 0.9, count)
    limits = rng.normal(1.5, 0.4, (count, size))
    joint = rho[:, None, None] * np.ones((size, size)) + (1 - rho)[:, None, None] * np.eye(size)
    node, weight = np.polynomial.hermite_e.hermegauss(200)
    rest = (limits[:, :, None] - np.sqrt(rho)[:, None, None] * node) / np.sqrt(1 - rho)[:, None, None]
    exact = ndtr(rest).prod(axis=1) @ weight / np.sqrt(2 * np.pi)
    found, error = orthant(limits, joint, 1e-3, 1)
    assert (error < 1e-3).all()
    assert (np.abs(found - exact) <= error).mean() > 0.9  # a 99 % interval, the shifts being shared by all


def test_the_same_seed_gives_the_same_numbers_whatever_else_is_asked_for(monkeypatch):
    rng = np.random.default_rng(10)
    joint = np.stack([singular(rng, 6, 6) for _ in range(5)])
    score = rng.normal(1, 1, (5, 6))
    together = orthant(score, joint, 1e-4, 4)
    alone = [orthant(score[[b]], joint[[b]], 1e-4, 4) for b in range(5)]
    assert together[0] == pytest.approx([found[0] for found, _ in alone], rel=1e-13)
    monkeypatch.setattr(orthants, "HELD", 1)
    assert orthant(score, joint, 1e-4, 4)[0] == pytest.approx(together[0], rel=1e-13)
    assert (np.abs(orthant(score, joint, 1e-4, 5)[0] - together[0]) > 1e-8).all()


def test_one_period_has_the_probability_that_is_promised_for_it():
    store, rule = spare_part()
    numbers = recompute(store, rule)
    expected = ndtr((numbers.mean - store.short_below[:, None]) / numbers.sd)
    for t in range(6):
        cells = np.zeros((2, 6), dtype=bool)
        cells[:, t] = True
        found = moments.joint_normal(store, rule, cells)
        assert found.probability == pytest.approx(expected[:, t], rel=1e-12)
        assert (found.error < 1e-14).all()


def test_more_periods_are_never_more_likely_and_never_below_booles_bound():
    store, rule = spare_part()
    numbers = recompute(store, rule)
    single = ndtr((numbers.mean - store.short_below[:, None]) / numbers.sd)
    before = np.ones(2)
    for periods in range(1, 7):
        found = moments.joint_normal(store, rule, np.tile(np.arange(6) < periods, (2, 1)))
        assert (found.probability <= np.minimum(before, single[:, :periods].min(axis=1)) + found.error + 1e-12).all()
        assert (found.probability >= 1 - (1 - single[:, :periods]).sum(axis=1) - found.error - 1e-12).all()
        before = found.probability


def test_stock_that_is_normal_has_the_joint_probability_of_its_simulation():
    # arrivals certain and sales normal: net stock is jointly normal, and the approximation is none
    mean = np.array([[8.0, 9.0, 7.0, 8.0, 9.0, 8.0]])
    store = cc.Store([1.0], [26.0], [True], cc.demand.Normal(mean, 0.4 * mean), cc.LeadTime([0.0, 1.0]))
    rule = PooledRule(np.full((1, 6), 0.9), np.cumsum(np.full((1, 6), 1.5), axis=1))
    found = moments.joint_normal(store, rule, np.ones((1, 6), dtype=bool), tolerance=1e-5)
    rng, paths = np.random.default_rng(33), 1_000_000
    stock = with_sales(oracles.items_of(store, rule)[0], store.demand.sample(rng, paths)[0], rng)
    met = (stock >= store.short_below[0]).all(axis=0).mean()
    assert 0.5 < met < 0.95
    assert abs(found.probability[0] - met) < found.error[0] + 4.9 * np.sqrt(met * (1 - met) / paths)


def test_periods_without_any_deviation_are_all_or_nothing():
    certain = cc.demand.Normal([[5.0] * 3] * 2, [[0.0] * 3] * 2)
    store = cc.Store([1.0] * 2, [15.0, 12.0], [True] * 2, certain, cc.LeadTime([1.0]))
    rule = PooledRule(np.zeros((2, 3)), np.zeros((2, 3)))
    assert moments.joint_normal(store, rule, np.ones((2, 3), dtype=bool)).probability.tolist() == [1.0, 0.0]
    assert moments.joint_normal(store, rule, np.zeros((2, 3), dtype=bool)).probability.tolist() == [1.0, 1.0]


def test_cells_of_another_shape_are_refused():
    store, rule = spare_part()
    with pytest.raises(cc.DataError, match=r"cells: found bool of shape \(6,\), expected bool of shape \(2, 6\)"):
        moments.joint_normal(store, rule, np.ones(6, dtype=bool))


def test_boole_promises_less_than_the_periods_have_together():
    # two periods of 0.975 each have 0.95 by Boole; correlated ones have more, and how much more is what is computed
    joint = np.array([[[1.0, 0.8], [0.8, 1.0]]])
    found, _ = orthant(np.full((1, 2), ndtri(0.975)), joint, 1e-6, 1)
    assert 0.960 < found[0] < 0.962
