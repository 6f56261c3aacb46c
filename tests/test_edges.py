"""Questions at the edge: spans of prices and amounts, budgets at their limit, rules on sales that hardly vary."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from test_max_min import drawn

import ccinv as cc
from ccinv.calibrate.ceiling import ceiling


def plain(cost: list[float], budget: float, **more: object) -> cc.Store:
    items = len(cost)
    return cc.Store(
        unit_cost=cost,
        on_hand=[5.0] * items,
        important=[False] * items,
        demand=cc.demand.Normal(np.full((items, 4), 10.0), np.full((items, 4), 2.0)),
        lead_time=cc.LeadTime([1.0]),
        budget=cc.Budget(budget),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("dear", [1e2, 1e4, 3e4, 1e5])
def test_expected_stock_spends_what_is_left_on_the_cheapest_item_however_cheap_it_is(dear: float) -> None:
    # an order of period 1 is in stock from period 2 on: three of the four cells; the dear item needs a mean of zero
    plan = cc.plan(plain([dear, 1.0], 50 * dear), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
    least = cc.plan(plain([dear, 1.0], 50 * dear), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    assert plan.objective_value > 3 * (50 * dear - least.objective_value) * 0.5
    assert plan.budget_promised.min() >= 0.95 - 1e-6
    assert plan.mean[0, 1:].min() >= -1e-5


def test_an_item_that_costs_nothing_is_named_where_the_sum_of_stock_has_no_bound() -> None:
    with pytest.raises(cc.ModelError, match="item-2 costs nothing"):
        cc.plan(plain([1.0, 0.0], 50.0), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())


@pytest.mark.parametrize("spread", [1e-8, 1e-5, 1e-2])
def test_affine_weights_keep_their_bounds_however_little_sales_vary(spread: float) -> None:
    store = replace(
        plain([1.0, 2.0], 300.0),
        important=np.array([True, True]),
        demand=cc.demand.Normal(np.full((2, 4), 10.0), np.full((2, 4), spread)),
        service=cc.Service(0.9, "best"),
        orders=cc.Orders("monotone"),
    )
    weights = cc.plan(store, rule=cc.rules.Affine(), inversion=cc.inversion.Normal()).rule.weights
    seen, before = np.tri(4, dtype=bool), np.tri(4, k=-1, dtype=bool)
    assert weights[:, before].min() >= 1 - 1e-5
    assert weights[:, seen].min() >= -1e-5
    assert np.diff(weights, axis=1)[:, np.tri(3, 4, dtype=bool)].min() >= -1e-5


@pytest.mark.parametrize("seed", range(6))
def test_the_least_budget_of_an_explanation_can_be_had_and_a_hair_less_cannot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, periods = 5, 6
    mean = rng.uniform(1, 50, (items, 1)) * np.ones((items, periods))
    store = cc.Store(
        unit_cost=rng.uniform(1, 200, items),
        on_hand=np.round(mean[:, 0] * rng.uniform(4, 6, items)),
        important=[True] * items,
        demand=cc.demand.Normal(mean, 0.3 * mean),
        lead_time=cc.LeadTime(rng.dirichlet([6.0, 3.0, 1.0], items)),
        service=cc.Service(0.9, "best"),
    )
    least = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()).objective_value
    tight = replace(store, budget=cc.Budget(least * 0.9))
    with pytest.raises(cc.InfeasibleError) as refused:
        cc.plan(replace(tight, service=cc.Service(0.9, "refuse")), inversion=cc.inversion.Normal())
    found = re.search(r"the least .*? is ([-0-9,.]*[0-9]) instead of", str(refused.value))
    assert found is not None, str(refused.value)
    offered = float(found[1].replace(",", ""))
    plan = cc.plan(replace(store, budget=cc.Budget(offered)), inversion=cc.inversion.Normal())
    assert plan.budget_promised.min() >= 0.95 - 1e-6
    with pytest.raises(cc.InfeasibleError):
        cc.plan(
            replace(store, budget=cc.Budget(offered * (1 - 1e-4)), service=cc.Service(0.9, "refuse")),
            inversion=cc.inversion.Normal(),
        )


def generous(seed: int) -> cc.Store:
    """A store that can keep its promises, with a limit of up to a million times the worth of its stock beyond that."""
    store = drawn(seed)
    least = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()).objective_value
    worth = float((store.unit_cost * store.on_hand).sum())
    more = 10.0 ** np.random.default_rng([seed, 77]).uniform(-2, 6)
    return replace(store, budget=cc.Budget(1.01 * least + more * worth, 0.95))


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_expected_stock_is_decided_however_much_money_there_is(first: int) -> None:
    for seed in range(first, first + 10):
        store = generous(seed)
        plan = cc.plan(store, objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
        assert plan.gap < 1e-6
        # every dollar buys some stock: in one period nothing is left but what the promise of money keeps back
        assert plan.budget_limit is not None
        kept_back = 1.6448536269514722 * plan.budget_sd
        assert (plan.budget_limit - plan.budget_mean - kept_back).min() < 1e-6 * plan.budget_limit.max()


@pytest.mark.parametrize(
    "rule", [cc.rules.Thesis(), cc.rules.Affine(), cc.rules.Static()], ids=lambda k: type(k).__name__
)
def test_expected_stock_is_decided_under_every_rule(rule: object) -> None:
    decided = 0
    for seed in range(12):
        store = drawn(seed)
        try:
            least = cc.plan(store, rule, cc.MinimumBudget(), cc.inversion.Normal()).objective_value  # type: ignore[arg-type]
        except cc.InfeasibleError:
            continue
        worth = float((store.unit_cost * store.on_hand).sum())
        rich = replace(store, budget=cc.Budget(1.01 * least + 10.0 ** (seed % 7) * worth, 0.95))
        plan = cc.plan(rich, rule, cc.ExpectedStock(), cc.inversion.Normal())  # type: ignore[arg-type]
        assert plan.gap < 1e-6
        decided += 1
    assert decided >= 6


def at_the_ceiling(seed: int) -> cc.Store:
    """Counts, and a level from 0 to 0.01 below the least that all orders together could give."""
    rng = np.random.default_rng([seed, 301])
    n, periods, ages = int(rng.integers(1, 3)), int(rng.integers(3, 8)), int(rng.integers(2, 4))
    mean = rng.uniform(0.3, 5.0, (n, 1)) * np.ones((1, periods))
    share = rng.dirichlet(np.ones(ages), n)
    store = cc.Store(
        unit_cost=np.array([1.0, 3.0])[:n],
        on_hand=np.round(mean[:, 0] * rng.uniform(0.5, 3.0, n)),
        important=[True] * n,
        demand=cc.demand.Poisson(mean),
        lead_time=cc.LeadTime(share),
    )
    most = float(ceiling(store, 1_000_000, (9, 9))[store.controllable].min())
    assert most > 0.55
    return replace(store, service=cc.Service(float(np.clip(most - rng.uniform(0.0, 0.01), 0.5, 0.998))))


@pytest.mark.parametrize("seed", [1, 3, 4, 5, 7, 28])
def test_no_promise_that_orders_can_just_keep_is_called_impossible(seed: int) -> None:
    store = at_the_ceiling(seed)
    plan = cc.plan(store, objective=cc.MinimumBudget())
    assert plan.calibration is not None
    assert plan.calibration.accepted
    assert plan.out_of_reach == ()
    assert plan.promised[store.promised].min() >= store.service.alpha - 0.002
