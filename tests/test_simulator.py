"""The event simulator against cases worked by hand and closed forms, and the package's own replay against it."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import simulator
from numpy.typing import NDArray
from scipy import stats
from simulator import Simulated, draw, simulate

import ccinv as cc
from ccinv.lead_time import NEVER
from ccinv.ledger import replay_known
from ccinv.result import CausalRule

FloatArray = NDArray[np.float64]

demand = cc.demand
ERRORS = 5  # standard errors that a simulated figure may be off


def rule_of(weights: Any, intercept: Any) -> Any:
    """A rule as the simulator reads it: two tables and nothing else."""
    return SimpleNamespace(weights=np.asarray(weights, dtype=float), intercept=np.asarray(intercept, dtype=float))


def fixed(*cumulative: Any) -> Any:
    """One item's rule that orders the same whatever is sold."""
    return rule_of(np.zeros((1, len(cumulative), len(cumulative))), [cumulative])


def certain_store(sales: Any, pmf: Any, never: float = 0.0, on_hand: float = 5.0, **more: Any) -> cc.Store:
    """One item at 2 $ whose sales are certain, of either sign."""
    values = np.array([sales], dtype=float)
    law = demand.Discrete(values, np.eye(len(sales))[None])
    return cc.Store([2.0], [on_hand], [True], law, cc.LeadTime(pmf, never), **more)


def one(found: Simulated, name: str) -> list[float]:
    """A table of a single item."""
    return getattr(found, name)[0].tolist()


# ── by hand ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_that_takes_one_period_serves_from_the_second_period_after_its_own():
    found = simulate(certain_store([3, 4, 5, 2], [0, 1]), fixed(4, 8, 10, 10), 3, 1, limit=[12, 11, 6, np.nan])
    assert one(found, "stock_mean") == [2, -2, -3, -1]
    assert one(found, "stock_sd") == [0, 0, 0, 0]
    assert one(found, "on_hand_mean") == [2, 0, 0, 0]
    assert one(found, "owed") == [0, 2, 3, 1]
    assert one(found, "service") == one(found, "served") == [1, 0, 0, 0]
    assert one(found, "order_mean") == [4, 4, 2, 0]
    assert one(found, "ordered") == [1, 1, 1, 0]
    assert one(found, "wanted_falls") == [0, 0, 0, 0]
    assert found.dollars_mean.tolist() == found.dollars_high.tolist() == [12, 12, 6, 2]  # 2 $ × (2+4, −2+8, −3+6, −1+2)
    assert found.afforded[:3].tolist() == [1, 0, 1]
    assert np.isnan(found.afforded[3])
    assert found.paths == 3


def test_those_who_wait_at_the_start_are_served_by_an_order_that_takes_no_time():
    law = demand.Discrete([2.0], [1.0], periods=4)
    store = cc.Store([2.0], [-3.0], [True], law, cc.LeadTime([1.0]))
    found = simulate(store, fixed(4, 6, 10, 10), 2, 1)
    assert one(found, "stock_mean") == [-5, -3, -3, -1]
    assert one(found, "owed") == [5, 3, 3, 1]
    assert found.dollars_mean.tolist() == [-2, -2, 2, -2]
    assert np.isnan(found.afforded).all()


def test_normal_sales_without_deviation_are_their_mean():
    store = cc.Store([2.0], [5.0], [True], demand.Normal([[3.0, 4.0]], [[0.0, 0.0]]), cc.LeadTime([1.0]))
    assert one(simulate(store, fixed(4, 4), 2, 1), "stock_mean") == [2, 2]


def test_an_order_that_never_arrives_serves_nothing_and_is_paid_for():
    found = simulate(certain_store([1, 1, 1], [0.0], never=1.0), fixed(4, 4, 6), 3, 1)
    assert one(found, "stock_mean") == [4, 3, 2]
    assert found.dollars_mean.tolist() == [16, 14, 16]


def test_open_orders_arrive_at_the_ages_that_are_left_to_them():
    orders = cc.OpenOrders(["item-1", 0, 0], [0, -1, -1], [10, 20, 40])
    store = certain_store([1, 1, 1, 1], [0.3, 0.3, 0.0, 0.4], open_orders=orders)
    found = simulate(store, fixed(0, 0, 0, 0), 40_000, 1)
    # placed in −1 and of age 3: arrives in 2, serves from 3; placed in 0: age 1 with chance 3/7, else age 3
    np.testing.assert_allclose(found.stock_mean[0], [4, 3 + 30 / 7, 62 + 30 / 7, 71], atol=ERRORS * 5 / 200)
    np.testing.assert_allclose(found.stock_sd[0], [0, np.sqrt(1200) / 7, np.sqrt(1200) / 7, 0], atol=0.1)
    assert found.dollars_mean.tolist() == [148, 146, 144, 142]


def test_an_open_order_that_must_have_arrived_is_refused():
    store = certain_store([1, 1], [0.5, 0.5], open_orders=cc.OpenOrders([0], [0], [10]))
    names = ("unit_cost", "on_hand", "demand", "lead_time", "orders", "item_id")
    record = {name: getattr(store, name) for name in names}
    late = SimpleNamespace(**record, open_orders=cc.OpenOrders([0], [-1], [10]))
    with pytest.raises(ValueError, match="cannot be under way after 1 periods"):
        simulate(late, fixed(0, 0), 2, 1)


def test_orders_catch_up_with_the_rule_and_are_never_negative():
    found = simulate(certain_store([1, 1, 1, 1], [1]), fixed(5, 2, 4, 9), 1, 1)
    assert one(found, "order_mean") == [5, 0, 0, 4]
    assert one(found, "ordered") == [1, 0, 0, 1]
    assert one(found, "wanted_falls") == [0, 1, 0, 0]
    assert one(found, "stock_mean") == [4, 8, 7, 6]
    assert one(simulate(certain_store([1], [1]), fixed(-1), 1, 1), "wanted_falls") == [1]


def test_whole_orders_bring_the_total_to_the_next_unit():
    amounts = (-0.5, 0.2, 1.9, 2.0, 4.000000000001, 4.1)
    whole = simulate(certain_store([1] * 6, [1], orders=cc.Orders(whole=True)), fixed(*amounts), 1, 1)
    assert one(whole, "order_mean") == [0, 1, 1, 0, 2, 1]
    parted = simulate(certain_store([1] * 6, [1]), fixed(*amounts), 1, 1)
    np.testing.assert_allclose(parted.order_mean[0], [0, 0.2, 1.7, 0.1, 2, 0.1], atol=1e-9)


def test_a_rule_follows_the_sales_it_has_seen():
    weights = [[[1, 0, 0], [0.5, 2, 0], [0, 0, 3]]]
    found = simulate(certain_store([2, 3, 4], [1]), rule_of(weights, [[1, -1, 0]]), 1, 1)
    assert one(found, "order_mean") == [3, 3, 6]
    with pytest.raises(ValueError, match="before they are made"):
        simulate(certain_store([2, 3], [1]), rule_of([[[1, 1], [1, 1]]], [[0, 0]]), 1, 1)
    with pytest.raises(ValueError, match="shapes"):
        simulate(certain_store([2, 3], [1]), rule_of([[[1, 0], [1, 1]]], [[0, 0, 0]]), 1, 1)


def test_a_return_goes_to_those_who_wait_and_then_on_the_shelf():
    found = simulate(certain_store([-1, -3, 1], [1], on_hand=-2), fixed(0, 0, 0), 2, 1)
    assert one(found, "stock_mean") == [-1, 2, 1]
    assert one(found, "owed") == [1, 0, 0]
    assert one(found, "on_hand_mean") == [0, 2, 1]


def test_a_millionth_of_a_period_is_not_a_shortage_but_somebody_waits():
    found = simulate(certain_store([4, 0, 8], [1], on_hand=4 - 2e-6), fixed(0, 8, 8), 2, 1)
    assert one(found, "service") == [1, 1, 1]
    assert one(found, "served") == [0, 0, 0]
    assert one(simulate(certain_store([4, 4], [1], on_hand=8 - 5e-6), fixed(0, 0), 2, 1), "service") == [1, 0]


def test_a_millionth_of_the_limit_or_of_a_period_is_not_beyond_the_limit():
    store = certain_store([1, 1, 1], [1])  # dollars are 8, 6, 4; a period's demand is worth 2
    assert simulate(store, fixed(0, 0, 0), 1, 1, limit=6 - 5e-6).afforded.tolist() == [0, 1, 1]
    assert simulate(store, fixed(0, 0, 0), 1, 1, limit=6 - 7e-6).afforded.tolist() == [0, 0, 1]
    free = certain_store([1, 1, 1], [1], on_hand=2.0)  # 2, 0, −2
    assert simulate(free, fixed(0, 0, 0), 1, 1, limit=[2, -1e-6, -2.1]).afforded.tolist() == [1, 1, 0]


# ── closed forms ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("law", "exact", "level"),
    [
        (demand.Poisson(np.full((1, 3), 4.0)), stats.poisson(4.0), 7.0),
        (demand.Gamma(np.full((1, 3), 4.0), np.full((1, 3), 3.0)), stats.gamma(16 / 9, scale=9 / 4), 8.5),
    ],
    ids=["poisson", "gamma"],
)
def test_stock_filled_up_to_a_level_at_once_serves_whenever_demand_is_within_it(law, exact, level):
    paths = 200_000
    store = cc.Store([2.0], [5.0], [True], law, cc.LeadTime([1.0]))
    found = simulate(store, rule_of([np.tri(3)], np.full((1, 3), level - 5.0)), paths, 3, level=0.9)
    limit = np.array([5.0, level, level])
    near = ERRORS / np.sqrt(paths)
    np.testing.assert_allclose(found.service[0], exact.cdf(limit), atol=near / 2)
    np.testing.assert_allclose(found.served, found.service)
    np.testing.assert_allclose(found.stock_mean[0], limit - exact.mean(), atol=near * exact.std())
    np.testing.assert_allclose(found.stock_sd[0], exact.std(), rtol=2 * near)
    # E(D − S)⁺ = ∫ P{D > s} over s beyond S
    grid = np.linspace(0, 60, 60_001)
    owed = [np.mean(exact.sf(top + grid[:-1])) * 60 for top in limit]
    np.testing.assert_allclose(found.owed[0], owed, atol=near * exact.std() + 2e-3)
    np.testing.assert_allclose(found.on_hand_mean - found.owed, found.stock_mean, atol=1e-9)
    np.testing.assert_allclose(found.order_mean[0, 1:], exact.mean(), atol=near * exact.std())
    np.testing.assert_allclose(found.ordered[0, 1:], 1 - exact.cdf(0), atol=near / 2)
    assert not found.wanted_falls.any()
    np.testing.assert_allclose(found.dollars_mean, 2 * level, rtol=1e-9)


def test_the_high_amount_of_dollars_is_the_smallest_that_holds_with_the_level():
    law = demand.Poisson([[4.0, 4.0]])
    store = cc.Store([2.0], [50.0], [True], law, cc.LeadTime([1.0]))
    for level in (0.05, 0.5, 0.95, 0.999):
        found = simulate(store, fixed(0, 0), 100_000, 5, level=level)
        # dollars are 2 (50 − D(t)), and P{D ≥ d} ≥ level for no larger d
        exact = [max(d for d in range(60) if stats.poisson(m).sf(d - 1) >= level) for m in (4.0, 8.0)]
        assert found.dollars_high.tolist() == [2 * (50 - d) for d in exact]
    few = [simulate(store, fixed(0, 0), 20, 5, level=level).dollars_high for level in (0.05, 0.05 + 1e-3, 1.0)]
    assert (few[0] <= few[1]).all()
    assert (few[1] <= few[2]).all()
    spent = simulate(store, fixed(0, 0), 20, 5, limit=few[0])
    assert (spent.afforded >= 0.05).all()
    lower = simulate(store, fixed(0, 0), 20, 5, limit=few[0] - 1)
    assert (lower.afforded < 0.05).all()


def test_orders_of_two_possible_ages_arrive_each_by_its_own_chance():
    paths = 100_000
    near = ERRORS * 0.5 / np.sqrt(paths)
    # on hand 1, one sold per period, two ordered in 1 and in 2, each of age 0 or 1
    found = simulate(certain_store([1, 1, 1, 1], [0.5, 0.5], on_hand=1), fixed(2, 4, 4, 4), paths, 2)
    np.testing.assert_allclose(found.service[0], [1, 0.5, 1, 1], atol=near)
    np.testing.assert_allclose(found.stock_mean[0], [0, 0, 1, 1], atol=2 * near)
    np.testing.assert_allclose(found.stock_sd[0], [0, 1, 1, 0], atol=near)
    np.testing.assert_allclose(found.owed[0], [0, 0.5, 0, 0], atol=near)
    # of age 0 or 2: the second order may overtake the first; X(3) = −2 + 2 per order that came at once
    found = simulate(certain_store([1, 1, 1, 1, 1], [0.5, 0, 0.5], on_hand=1), fixed(2, 4, 4, 4, 4), paths, 2)
    np.testing.assert_allclose(found.service[0], [1, 0.5, 0.75, 0.5, 1], atol=near)
    np.testing.assert_allclose(found.owed[0], [0, 0.5, 0.5, 0.5, 0], atol=2 * near)
    np.testing.assert_allclose(found.on_hand_mean[0], [0, 0.5, 0.5, 0.5, 0], atol=2 * near)
    assert found.stock_sd[0, [0, 4]].tolist() == [0, 0]


def test_a_part_of_the_orders_never_arrives():
    paths = 100_000
    found = simulate(certain_store([0, 0, 0], [0.6, 0.1], never=0.3, on_hand=0), fixed(1, 1, 1), paths, 4)
    near = ERRORS * 0.5 / np.sqrt(paths)
    np.testing.assert_allclose(found.stock_mean[0], [0, 0.6, 0.7], atol=near)
    assert found.dollars_mean.tolist() == [2, 2, 2]


# ── samplers ────────────────────────────────────────────────────────────────────────────────────────────────────────

HISTORY = np.array([[0.0, 3.0, np.nan, 0.0, 1.0, 7.0, 0.0], [2.5, 2.0, 1.0, 8.0, np.nan, np.nan, 4.0]])
MARGINS = {
    "normal": demand.Normal([[5.0, 8.0], [1.0, 0.0]], [[2.0, 3.0], [0.0, 1.0]]),
    "gamma": demand.Gamma([[2.0, 9.0], [4.0, 0.0]], [[3.0, 2.0], [0.0, 0.0]]),
    "poisson": demand.Poisson([[0.4, 6.0], [700.0, 0.0]]),
    "negative binomial": demand.NegativeBinomial([[0.5, 6.0], [300.0, 0.0]], [[1.5, 4.0], [400.0, 0.0]]),
    "empirical": demand.Empirical(HISTORY, 2),
    "discrete": demand.Discrete([[9.0, 0.0, 2.0], [1.0, -1.0, 4.0]], [[[0.1, 0.6, 0.3], [0, 0.2, 0.8]]] * 2),
}
MARGINS["discrete, the same in all periods"] = demand.Discrete([9.0, 0.0, 2.0], [0.1, 0.6, 0.3], 2)
MARGINS["per item"] = demand.PerItem(
    [MARGINS["poisson"], MARGINS["normal"], MARGINS["empirical"]], [[1, 3], [0, 5], [4, 2]]
)


def assert_moments(law: Any, sales: FloatArray) -> None:
    """Mean and deviation of the draws are those that the law states."""
    assert sales.shape[:2] == law.mean.shape
    paths = sales.shape[2]
    mean, sd = sales.mean(axis=2), sales.std(axis=2)
    assert (np.abs(mean - law.mean) <= ERRORS * law.sd / np.sqrt(paths) + 1e-12).all()
    fourth = ((sales - mean[:, :, None]) ** 4).mean(axis=2)
    assert (np.abs(sd**2 - law.sd**2) <= ERRORS * np.sqrt(fourth / paths) + 1e-12).all()


@pytest.mark.parametrize("name", MARGINS)
def test_draws_have_the_moments_of_the_law(name):
    assert_moments(MARGINS[name], draw(MARGINS[name], np.random.default_rng(1), 100_000))


@pytest.mark.parametrize("name", MARGINS)
def test_draws_that_follow_a_factor_keep_the_law_of_every_item(name):
    law, paths = MARGINS[name], 50_000
    sales = draw(demand.FactorCopula(law, np.full(len(law.mean), 0.6)), np.random.default_rng(2), paths)
    assert_moments(law, sales)
    alone = draw(law, np.random.default_rng(3), paths)
    for i, t in np.ndindex(law.mean.shape):
        # on whole numbers the two-sample test is only the more careful
        assert stats.ks_2samp(sales[i, t], alone[i, t], method="asymp").pvalue > 1e-4, (i, t)


@pytest.mark.parametrize("copula", [False, True])
def test_draws_have_the_distribution_of_the_law(copula):
    def distribution(name: str, mean: float, sd: float) -> Any:
        if name == "gamma":
            return stats.gamma((mean / sd) ** 2, scale=sd**2 / mean)
        if name == "negative binomial":
            return stats.nbinom(mean**2 / (sd**2 - mean), mean / sd**2)
        return stats.norm(mean, sd) if name == "normal" else stats.poisson(mean)

    paths = 50_000
    for name in ("normal", "gamma", "poisson", "negative binomial"):
        law = MARGINS[name]
        rng = np.random.default_rng(4)
        sales = draw(demand.FactorCopula(law, [0.8, -0.5]) if copula else law, rng, paths)
        for i, t in np.argwhere(law.sd > 0):
            exact = distribution(name, law.mean[i, t], law.sd[i, t])
            points = exact.ppf([0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
            expected = exact.cdf(points)
            error = np.sqrt(expected * (1 - expected) / paths)
            share = (sales[i, t, :, None] <= points).mean(axis=0)
            assert (np.abs(share - expected) <= ERRORS * error).all(), (name, i, t)


def test_normal_sales_have_the_stated_correlation_over_periods_and_none_over_items():
    correlation = np.array([[[1, 0.7, 0.2], [0.7, 1, -0.3], [0.2, -0.3, 1]], np.ones((3, 3))])
    law = demand.Normal([[5.0, 6.0, 7.0]] * 2, [[2.0, 1.0, 3.0]] * 2, correlation)
    paths = 100_000
    sales = draw(law, np.random.default_rng(6), paths)
    assert_moments(law, sales)
    for i in range(2):
        np.testing.assert_allclose(np.corrcoef(sales[i]), correlation[i], atol=ERRORS / np.sqrt(paths))
    across = np.corrcoef(sales.reshape(6, -1))[:3, 3:]
    np.testing.assert_allclose(across, 0.0, atol=ERRORS / np.sqrt(paths))


def test_two_items_move_together_as_their_loadings_say_and_periods_do_not():
    loading = np.array([[0.6, 0.5], [0.7, -0.2], [0.0, 0.0]])
    mean, paths = np.full((3, 2), 5.0), 200_000
    near = ERRORS * 0.5 / np.sqrt(paths)
    sales = draw(demand.FactorCopula(demand.Normal(mean, mean / 2), loading), np.random.default_rng(7), paths)
    for t in range(2):
        np.testing.assert_allclose(np.corrcoef(sales[:, t])[0, 1], loading[0] @ loading[1], atol=2 * near)
        np.testing.assert_allclose(np.corrcoef(sales[:, t])[2, :2], 0.0, atol=2 * near)
    # both above their medians: 1/4 + arcsin(ρ) / 2π for normal scores of correlation ρ, whatever rises with them
    sales = draw(demand.FactorCopula(demand.Gamma(mean, 2 * mean), loading), np.random.default_rng(8), paths)
    above = sales > stats.gamma(0.25, scale=20.0).median()
    angle = np.arcsin(loading[0] @ loading[1])
    for t in range(2):
        np.testing.assert_allclose(np.mean(above[0, t] & above[1, t]), 0.25 + angle / (2 * np.pi), atol=near)
    np.testing.assert_allclose(np.mean(above[0, 0] & above[1, 1]), 0.25, atol=near)
    # none of either sold: both scores below the two edges
    sales = draw(demand.FactorCopula(demand.Poisson(mean / 5), loading), np.random.default_rng(9), paths)
    edge, rho = stats.norm.ppf(np.exp(-1)), loading[0] @ loading[1]
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([edge, edge])
    np.testing.assert_allclose(np.mean((sales[0] == 0) & (sales[1] == 0)), both, atol=near)


def test_a_law_that_is_not_known_is_refused_by_name():
    class Tweedie:
        mean = sd = np.ones((1, 2))

    with pytest.raises(TypeError, match="Tweedie"):
        draw(Tweedie(), np.random.default_rng(0), 3)
    copula = type("FactorCopula", (), {"mean": np.ones((1, 2)), "law": Tweedie(), "loading": np.zeros((1, 1))})
    with pytest.raises(TypeError, match="Tweedie"):
        draw(copula(), np.random.default_rng(0), 3)


# ── the simulator itself ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_simulator_imports_nothing_of_the_package():
    tree = ast.parse(Path(simulator.__file__).read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names.add(node.module)
    plain = {"collections.abc", "dataclasses", "functools", "typing", "numpy", "numpy.typing", "scipy.special"}
    assert names <= plain | {"__future__"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"__import__", "import_module", "eval", "exec"}


def two_items(orders: cc.Orders | None = None) -> tuple[cc.Store, Any]:
    law = demand.PerItem([demand.Gamma([[3.0] * 4], [[2.0] * 4]), demand.Poisson([[5.0] * 4])])
    lead = cc.LeadTime([[0.3, 0.4, 0.3], [0.5, 0.4, 0.0]], [0.0, 0.1])
    store = cc.Store([1.0, 3.0], [6.0, -2.0], [True, False], law, lead, orders=orders or cc.Orders())
    return store, rule_of(np.stack([np.tri(4), 0.9 * np.tri(4)]), [[3, 4, 4, 5], [8, 6, 9, 9]])


def test_how_paths_are_cut_into_blocks_changes_nothing_but_the_draws(monkeypatch):
    store, rule = two_items()
    whole = simulate(store, rule, 20_000, 1, limit=30.0)
    monkeypatch.setattr(simulator, "BLOCK", 999)
    cut = simulate(store, rule, 20_000, 1, limit=30.0)
    for field in fields(Simulated):
        first, other = np.asarray(getattr(whole, field.name)), np.asarray(getattr(cut, field.name))
        assert first.shape == other.shape
        size = 1.0 if field.name in ("service", "served", "ordered", "wanted_falls", "afforded") else 12.0
        assert (np.abs(first - other) <= ERRORS * size / np.sqrt(20_000)).all(), field.name
    certain = certain_store([3, 4, 5, 2], [0, 1])
    for block in (1, 3, 7, 20):
        monkeypatch.setattr(simulator, "BLOCK", block)
        found = simulate(certain, fixed(4, 8, 10, 10), 7, 1, limit=7.0)
        assert one_of(found) == {
            "stock": [2, -2, -3, -1],
            "sd": [0] * 4,
            "dollars": [12, 12, 6, 2],
            "met": [0, 0, 1, 1],
        }


def one_of(found: Simulated) -> dict[str, list[float]]:
    return {
        "stock": found.stock_mean[0].tolist(),
        "sd": found.stock_sd[0].tolist(),
        "dollars": found.dollars_high.tolist(),
        "met": found.afforded.tolist(),
    }


def test_the_deviation_is_that_of_all_paths_and_not_of_a_block(monkeypatch):
    store, rule = two_items()
    moments = []
    for block in (8192, 5):
        monkeypatch.setattr(simulator, "BLOCK", block)
        moments.append(simulate(store, rule, 3_000, 3).stock_sd)
    # about the means of five paths each it would be √0.8 = 0.89 of that
    np.testing.assert_allclose(moments[1], moments[0], rtol=0.07)


def test_the_same_seed_gives_the_same_figures_and_another_one_others():
    store, rule = two_items()
    first, again, other = (simulate(store, rule, 500, seed) for seed in (1, 1, 2))
    assert first.stock_mean.tobytes() == again.stock_mean.tobytes()
    assert (first.stock_mean != other.stock_mean).all()


# ── the package's replay ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("whole", [False, True])
def test_the_package_moves_a_store_without_chance_as_the_simulator_does(whole):
    rng = np.random.default_rng(11)
    for _ in range(25):
        items, periods = 3, 6
        sales = rng.integers(-1, 7, (items, periods)) * rng.choice([1.0, 0.37])
        sales[:, 0] = 9.0
        law = demand.Discrete(sales, np.broadcast_to(np.eye(periods), (items, periods, periods)))
        ages = rng.integers(0, 5, items)
        pmf, never = np.eye(5)[ages], np.zeros(items)
        pmf[2], never[2] = 0.0, 1.0
        placed = -rng.integers(0, np.maximum(ages[[0, 1, 0, 2]], 1))
        orders = cc.OpenOrders([0, 1, 0, 2], placed, [3.5, 4, 2, 1]) if (ages[:2] > 0).all() else None
        store = cc.Store(
            rng.uniform(1, 9, items), rng.integers(-9, 20, items), [True] * items, law, cc.LeadTime(pmf, never),
            open_orders=orders, orders=cc.Orders(whole=whole),
        )  # fmt: skip
        weights = np.tril(rng.normal(0.6, 0.7, (items, periods, periods)))
        rule = CausalRule(weights, rng.normal(0, 6, (items, periods)))
        found = simulate(store, rule, 2, 1)
        known = np.where(never > 0, NEVER, ages)
        moved = replay_known(
            store,
            rule,
            sales[:, :, None],
            np.repeat(known[:, None, None], periods, axis=1),
            known[store.open_item][:, None],
        )
        for name, expected in (("stock_mean", moved.net), ("order_mean", moved.orders)):
            np.testing.assert_allclose(getattr(found, name), expected[:, :, 0], rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(found.dollars_mean, moved.dollars[:, 0], rtol=1e-12, atol=1e-9)
        np.testing.assert_array_equal(found.wanted_falls, moved.wanted[:, :, 0] < 0)


def crossing() -> cc.Store:
    mean = np.array([[20.0, 22.0, 25.0, 24.0, 21.0, 18.0], [6.0] * 6, [40.0, 10.0, 40.0, 10.0, 40.0, 10.0]])
    return cc.Store(
        [4.0, 30.0, 2.5], [70.0, 25.0, 60.0], [True, True, False],
        demand.Gamma(mean, mean * [[0.4], [1.1], [0.6]]),
        cc.LeadTime([[0.2, 0.3, 0.3, 0.2], [0.0, 0.5, 0.2, 0.3], [0.6, 0.4, 0.0, 0.0]]),
        budget=cc.Budget(1400.0, 0.9), service=cc.Service(0.9, "best"),
        open_orders=cc.OpenOrders([0, 0, 1], [0, -1, -2], [15.0, 10.0, 8.0]),
    )  # fmt: skip


def whole_units() -> cc.Store:
    mean = np.array([[3.0] * 6, [0.8] * 6, [12.0] * 6])
    return cc.Store(
        [10.0, 80.0, 3.0], [12.0, 3.0, -4.0], [True, True, False],
        demand.NegativeBinomial(mean, np.sqrt(mean * [[2.0], [3.0], [4.0]])),
        cc.LeadTime([0.3, 0.5, 0.2]), service=cc.Service(0.9, "best"),
        orders=cc.Orders(whole=True, lag=1), budget=cc.Budget(900.0, 0.9),
    )  # fmt: skip


def lossy() -> cc.Store:
    return cc.Store(
        [5.0, 7.0, 2.0, 9.0], [30.0, 9.0, 14.0, 10.0], [True, False, True, True],
        demand.PerItem([
            demand.Normal([[10.0] * 6], [[3.0] * 6], 0.4 * np.ones((6, 6)) + 0.6 * np.eye(6)),
            demand.Poisson([[4.0] * 6]),
            demand.Empirical([[0.0, 0.0, 9.0, 3.0, np.nan, 0.0, 12.0, 4.0]], 6),
            demand.Discrete([0.0, 2.0, 11.0], [0.5, 0.3, 0.2], 6),
        ]),
        cc.LeadTime([[0.5, 0.4], [0.4, 0.6], [0.7, 0.25], [0.2, 0.7]], [0.1, 0.0, 0.05, 0.1]),
        service=cc.Service(0.85, "best"), open_orders=cc.OpenOrders([0, 3, 3], [0, -3, 0], [9.0, 6.0, 2.0]),
        budget=cc.Budget(1100.0, 0.9),
    )  # fmt: skip


def together() -> cc.Store:
    mean = np.full((3, 6), 8.0)
    margins = demand.PerItem([demand.Gamma(mean[:1], mean[:1]), demand.NegativeBinomial(mean[1:], mean[1:] * 0.7)])
    return cc.Store(
        [3.0, 6.0, 5.0], [20.0, 18.0, 25.0], [True, True, False],
        demand.FactorCopula(margins, [[0.7, 0.1], [0.6, 0.5], [0.5, -0.6]]),
        cc.LeadTime([0.4, 0.4, 0.2]), service=cc.Service(0.9, "best"), budget=cc.Budget(900.0, 0.9),
    )  # fmt: skip


@pytest.mark.parametrize("store", [crossing, whole_units, lossy, together])
def test_the_audit_finds_what_the_simulator_finds(store):
    plan = cc.plan(store(), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    audit = cc.audit(plan, paths=60_000, seed=5)
    runs = [simulate(plan.store, plan.rule, 3_000, seed, limit=plan.budget_limit) for seed in range(100, 120)]
    usual = plan.store.demand.mean.mean(axis=1, keepdims=True)
    pairs = {
        "service": (audit.service, 1.0),
        "stock_mean": (audit.stock_mean, usual),
        "owed": (audit.backlog_mean, usual),
        "order_mean": (audit.order_mean, usual),
        "wanted_falls": (1 - audit.order, 1.0),
        "dollars_mean": (audit.budget_mean, float(plan.store.unit_cost @ usual[:, 0])),
        "afforded": (audit.budget, 1.0),
    }
    for name, (theirs, size) in pairs.items():
        table = np.array([getattr(run, name) for run in runs])
        # twenty runs say how far two means of 60 000 paths are apart; a few rare paths may be on one side only
        error = table.std(axis=0, ddof=1) / np.sqrt(len(runs)) * np.sqrt(2)
        assert (np.abs(table.mean(axis=0) - theirs) <= 6 * error + 1e-4 * size).all(), name
