"""What a rule can do, a richer one can do for no more money; and the affine rule is the same on shocks and on sales."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from decisions import decision_of

import ccinv as cc
from benchmarks import rules_compared, transcription

NORMAL = cc.inversion.Normal()
SAME = 1e-7  # relative: what an optimum is known to
THESIS, CUMULATIVE, AFFINE, STATIC = rules_compared.RULES


def store_of(seed: int, lag: int = 0, important: bool = True) -> cc.Store:
    """Few items whose sales are strongly correlated over the periods, with growing demand."""
    rng = np.random.default_rng([seed, 7])
    items, periods = 3, 5
    mean = rng.uniform(5, 15, (items, 1)) * np.linspace(1.0, 2.8, periods)
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return cc.Store(
        unit_cost=rng.uniform(1, 20, items),
        on_hand=4.3 * mean[:, 0] * rng.uniform(1.0, 1.3, items),
        important=np.full(items, important),
        demand=cc.demand.Normal(mean, 0.25 * mean, rng.uniform(0.85, 0.99) ** apart),
        lead_time=cc.LeadTime([0.6, 0.3, 0.1]),
        service=0.85,
        orders=cc.Orders(lag=lag),
    )


def dollars(store: cc.Store, rule: Any) -> float:
    return cc.plan(store, rule=rule, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lag", [0, 1])
def test_the_richer_the_rule_the_less_the_same_promises_cost(seed: int, lag: int) -> None:
    store = store_of(seed, lag)
    thesis, cumulative, affine = (dollars(store, rule) for rule in (THESIS, CUMULATIVE, AFFINE))
    assert affine <= cumulative * (1 + SAME)
    assert cumulative <= thesis * (1 + SAME)


@pytest.mark.parametrize("rule", [THESIS, CUMULATIVE, AFFINE])
@pytest.mark.parametrize("seed", range(3))
def test_sales_seen_a_period_later_cost_more(rule: Any, seed: int) -> None:
    assert dollars(store_of(seed, 0), rule) <= dollars(store_of(seed, 1), rule) * (1 + SAME)


def test_the_inclusions_are_strict_where_sales_hang_together() -> None:
    """Else the tests above could not fail by much: each step saves at least a thousandth somewhere."""
    saved = np.zeros(3)
    for seed in range(3):
        thesis, cumulative = dollars(store_of(seed), THESIS), dollars(store_of(seed), CUMULATIVE)
        late, free = dollars(store_of(seed, 1), CUMULATIVE), dollars(store_of(seed, 1), AFFINE)
        saved = np.maximum(saved, [1 - cumulative / thesis, 1 - cumulative / late, 1 - free / late])
    assert (saved > 1e-3).all()


def test_orders_that_see_nothing_are_the_same_whatever_the_lag() -> None:
    assert dollars(store_of(1, 1), STATIC) == pytest.approx(dollars(store_of(1, 0), STATIC), rel=SAME)


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("seed", range(3))
def test_fixed_orders_serve_no_better_than_rules_that_may_follow_sales(seed: int, lag: int) -> None:
    """Of items without a promise there is no due-out bound: there fixed orders are one of the rules that follow."""
    free = replace(store_of(seed, lag, important=False), service=0.5)
    limit = 1.15 * float(free.unit_cost @ free.on_hand)
    free = replace(free, budget=cc.Budget(limit, 0.9))
    score = [
        cc.plan(free, rule=rule, objective=cc.ExpectedStock(), inversion=NORMAL).objective_value
        for rule in (STATIC, CUMULATIVE, AFFINE)
    ]
    assert score[0] <= score[1] + SAME * abs(score[1])
    assert score[1] <= score[2] + SAME * abs(score[2])


def test_the_due_out_bound_can_make_rules_that_follow_sales_dearer_than_fixed_orders() -> None:
    """What is sold now is not sold next: D(2) is certain, and to order again what was sold only adds risk.

    By hand, with correlation −1: fixed orders need I1 + O ≥ 20 for the service of period 2 and tie up I1 + O − S(1), so
    10 + κ(0.95) · 3. With a = 1 the dollars are certain, and X(2) has the deviation of S(1): 10 + κ(0.99) · 3.
    """
    demand = cc.demand.Normal([[10.0, 10.0]], [[3.0, 3.0]], [[1.0, -1.0], [-1.0, 1.0]])
    store = cc.Store([1.0], [12.0], [True], demand, cc.LeadTime([1.0]), service=0.99)
    fixed, following = dollars(store, STATIC), dollars(store, CUMULATIVE)
    assert fixed == pytest.approx(10 + 3 * float(NORMAL.kappa(0.95)), rel=1e-6)
    assert following == pytest.approx(10 + 3 * float(NORMAL.kappa(0.99)), rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lag", [0, 1])
def test_the_affine_rule_on_shocks_has_the_optimum_of_the_one_written_on_sales(seed: int, lag: int) -> None:
    """Sales correlated 0.85 to 0.99 from one period to the next: whitening is a change of variables and no more."""
    store = store_of(seed, lag)
    written = transcription.Transcription(store, transcription.affine, transcription.normal).minimum_budget()
    assert written.status == "optimal"
    plan = cc.plan(store, rule=AFFINE, objective=cc.MinimumBudget(), inversion=NORMAL)
    assert plan.objective_value == pytest.approx(written.value, rel=1e-6)
    assert (plan.rule.weights[:, *np.triu_indices(store.periods, 1 - lag)] == 0).all()


def test_a_row_of_the_comparison_says_what_the_promises_cost_and_are_worth() -> None:
    rows = [rules_compared.cost(4, 5, 0.7, rule, lag) for rule in rules_compared.RULES for lag in (0, 1)]
    assert [row.holds for row in rows if row.holds is not None].count(False) == 0
    assert rows[2].found == "1.0000"
    assert "no due-out bound" in rows[6].detail
    assert "worst promised cell" in rows[0].detail
    assert rows[4].asked == "≤ Cumulative"


def test_a_richer_rule_that_costs_more_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = rules_compared.least

    def dearer(*given: Any) -> cc.Plan:
        plan = honest(*given)
        is_affine = isinstance(given[3], cc.rules.Affine)
        return replace(plan, objective_value=plan.objective_value * 1.01) if is_affine else plan

    monkeypatch.setattr(rules_compared, "least", dearer)
    assert rules_compared.cost(4, 5, 0.0, AFFINE, 0).holds is False


@pytest.mark.parametrize("rule", [cc.rules.Thesis(), cc.rules.Cumulative(), cc.rules.Affine()], ids=repr)
def test_a_due_out_may_be_covered_by_what_is_under_way(rule):
    """With 5 on hand and 7 under way O(t) = D(t) − 12 covers every due-out, and O(t) = D(t) − 12.01 does not."""
    store = cc.Store(
        unit_cost=[1.0],
        on_hand=[5.0],
        important=[True],
        demand=cc.demand.Normal(np.full((1, 3), 10.0), np.full((1, 3), 2.0)),
        lead_time=cc.LeadTime([0.5, 0.5]),
        open_orders=cc.OpenOrders([0], [0], [7.0]),
    )
    layout = rule.on(store)
    plain = np.tril(np.ones((3, 3)))[None]
    for intercept, kept in ((-12.0, True), (-12.01, False), (-11.99, True)):
        x = decision_of(layout, plain, np.full((1, 3), intercept))
        assert (layout.bounds.at(x).min() >= -1e-9) == kept
