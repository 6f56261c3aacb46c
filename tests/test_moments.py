"""Moments of net stock, orders and dollars, held against enumeration of the arrivals and against simulation."""

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtri
from strategies import coefficients, lead_times, natural_size, numbers, stores

import ccinv as cc
from ccinv import moments, rules

FloatArray = NDArray[np.float64]

RULES = (rules.Thesis(), rules.Cumulative(), rules.Static(), rules.Affine())
ROUNDING = 1e-12  # of the terms that are added; their sum may be much smaller


def assert_moments(
    found: moments.AffineMoments, x: FloatArray, mean: FloatArray, variance: FloatArray, size: FloatArray
):
    """Mean and variance agree, up to rounding of the terms of the given size."""
    assert found.mean_at(x).shape == found.sd_at(x).shape == mean.shape
    assert (np.abs(found.mean_at(x) - mean) <= ROUNDING * size).all()
    assert (np.abs(found.sd_at(x) ** 2 - variance) <= ROUNDING * size**2).all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@given(data=st.data())
def test_net_stock_has_the_moments_of_the_enumerated_arrival_histories(rule, data):
    store = data.draw(stores(items=(1, 2)))
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    items = oracles.items_of(store, layout.rule_at(x))
    exact = [oracles.net_stock(item) for item in items]
    assert_moments(
        moments.net_stock(store, layout),
        x,
        np.stack([mean for mean, _ in exact]),
        np.stack([np.diag(covariance) for _, covariance in exact]),
        np.stack([oracles.net_stock_size(item) for item in items]),
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
@given(data=st.data())
def test_orders_and_dollars_have_the_moments_of_the_rule_as_numbers(rule, data):
    store = data.draw(stores())
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    items = oracles.items_of(store, layout.rule_at(x))
    mean, variance = (np.stack(part) for part in zip(*[oracles.orders(item) for item in items], strict=True))
    size = np.stack([oracles.order_size(item) for item in items])
    assert_moments(moments.orders(store, layout), x, mean, variance, size)
    assert_moments(moments.dollars(store, layout), x, *oracles.dollars(items), oracles.dollar_size(items))


@given(data=st.data())
def test_receipts_of_fixed_orders_have_the_moments_of_the_enumerated_arrivals(data):
    lead_time = data.draw(lead_times(1, ages=5))
    quantities = np.array(data.draw(st.lists(numbers(0, 100), min_size=1, max_size=6)))
    mean, variance = moments.receipts(quantities, lead_time)
    exact_mean, exact_variance = oracles.receipts(quantities, lead_time.pmf[0], float(lead_time.never[0]))
    size = quantities.sum()
    assert (np.abs(mean - exact_mean) <= ROUNDING * size).all()
    assert (np.abs(variance - exact_variance) <= ROUNDING * size**2).all()


def test_two_unit_orders_that_arrive_at_once_with_nine_tenths_have_variance_one_half_of_what_is_left():
    mean, variance = moments.receipts(np.ones(2), cc.LeadTime([0.9, 0.1]))
    assert mean == pytest.approx([0.9, 1.9], rel=1e-15)
    assert variance == pytest.approx([0.09, 0.09], rel=1e-14)  # the first order has arrived by 2 for certain


SIMULATED = 20
PATHS = 1_000_000
PERIODS = 7
FAMILY_ERROR = 1e-6  # probability that any of the comparisons below fails by chance


def simulated_store(case: int) -> tuple[cc.Store, FloatArray, rules.Layout]:
    """A seeded one-item store of seven periods, a rule for it and a decision vector."""
    rng = np.random.default_rng([case, 20])
    pmf = rng.dirichlet(np.ones(rng.integers(1, 5)))
    never = 0.0 if case % 3 else 0.15
    factor = rng.standard_normal((PERIODS, 3))
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    correlation = factor @ factor.T
    np.fill_diagonal(correlation, 1.0)
    mean = rng.uniform(2, 10, (1, PERIODS))
    under_way = cc.OpenOrders([0, 0], [0, 0], rng.uniform(1, 20, 2)) if case % 2 and (len(pmf) > 1 or never) else None
    store = cc.Store(
        unit_cost=[3.0],
        on_hand=rng.uniform(-5, 20, 1),
        important=[bool(case % 4)],
        demand=cc.demand.Normal(mean, rng.uniform(0.1, 1, mean.shape) * mean, correlation if case % 5 < 2 else None),
        lead_time=cc.LeadTime(pmf * (1 - never), never),
        orders=cc.Orders(lag=case % 3),
        open_orders=under_way,
    )
    layout = RULES[case % 4].on(store)
    return store, rng.normal(0.7, 0.7, layout.size) * natural_size(store, layout), layout


@pytest.mark.parametrize("case", range(SIMULATED))
def test_net_stock_has_the_moments_of_a_million_simulated_paths(case):
    store, x, layout = simulated_store(case)
    item = oracles.items_of(store, layout.rule_at(x))[0]
    rng = np.random.default_rng([case, 21])
    net = moments.net_stock(store, layout)
    mean, variance = net.mean_at(x)[0], net.sd_at(x)[0] ** 2
    powers = np.zeros((4, PERIODS))  # of the deviation from the stated mean: no cancellation
    for stock in oracles.simulate(item, rng, PATHS):
        deviation = stock - mean[:, None]
        for k in range(4):
            powers[k] += (deviation ** (k + 1)).sum(axis=1) / PATHS
    second = powers[1] - powers[0] ** 2
    limit = -ndtri(FAMILY_ERROR / (2 * 2 * PERIODS * SIMULATED))
    assert (np.abs(powers[0]) < limit * np.sqrt(second / PATHS)).all()
    assert (np.abs(powers[1] - variance) < limit * np.sqrt((powers[3] - powers[1] ** 2) / PATHS)).all()


@pytest.mark.parametrize("rule", [rules.Thesis(), rules.Cumulative()], ids=lambda rule: type(rule).__name__)
@given(data=st.data())
def test_a_cell_needs_at_most_four_j_minus_two_deviation_rows_however_long_the_horizon(rule, data):
    leads = ("proper", "deterministic", "gaps")
    store = data.draw(stores((1, 3), (1, 40), leads=leads, ages=6, correlated=False, lags=(0,), with_open_orders=False))
    rows = moments.net_stock(store, rule.on(store)).rows_per_cell.reshape(store.items, store.periods)
    assert (rows <= 4 * store.lead_time.support[:, None] - 2).all()


def test_a_long_horizon_needs_no_more_deviation_rows_per_cell_than_a_short_one():
    def most_rows(periods: int) -> int:
        sales = cc.demand.Normal(np.full((1, periods), 5.0), np.full((1, periods), 2.0))
        store = cc.Store([1.0], [9.0], [True], sales, cc.LeadTime([0.2, 0.5, 0.2, 0.1]))
        return int(moments.net_stock(store, rules.Cumulative().on(store)).rows_per_cell.max())

    assert most_rows(200) == most_rows(12) == 4 * 4 - 2
