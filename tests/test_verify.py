"""The recomputation: the same numbers by another way, and nothing that is tampered with gets past it."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import coefficients, stores

import ccinv as cc
from ccinv import moments, rules, verify
from ccinv.objectives.program import Answer, Program
from ccinv.result import PooledRule
from ccinv.verify import recompute, scores

FloatArray = NDArray[np.float64]

RULES = (rules.Thesis(), rules.Cumulative(), rules.Static(), rules.Affine())
ROUNDING = 1e-10  # of the terms that are added; their sum may be much smaller
named = pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)


@named
@given(data=st.data())
def test_the_recomputed_numbers_are_those_the_planner_worked_with(rule, data):
    store = data.draw(stores())
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    rule_found = layout.rule_at(x)
    numbers = recompute(store, rule_found)
    items = oracles.items_of(store, rule_found)
    stock_size = np.stack([oracles.net_stock_size(item) for item in items])
    order_size = np.stack([oracles.order_size(item) for item in items])
    for of, mean, sd, size in (
        (moments.net_stock, numbers.mean, numbers.sd, stock_size),
        (moments.orders, numbers.order_mean, numbers.order_sd, order_size),
        (moments.dollars, numbers.dollars_mean, numbers.dollars_sd, oracles.dollar_size(items)),
    ):
        found = of(store, layout)
        assert np.all(np.abs(found.mean_at(x) - mean) <= ROUNDING * size)
        # variances are sums of squares of the terms: what cancels in them is relative to those squares
        assert np.all(np.abs(found.sd_at(x) ** 2 - sd**2) <= ROUNDING * size**2)


@named
@given(data=st.data())
def test_the_recomputed_numbers_are_those_of_the_enumerated_arrivals(rule, data):
    store = data.draw(stores(items=(1, 2), periods=(1, 5)))
    layout = rule.on(store)
    x = data.draw(coefficients(store, layout))
    numbers = recompute(store, layout.rule_at(x))
    for i, item in enumerate(oracles.items_of(store, layout.rule_at(x))):
        mean, covariance = oracles.net_stock(item)
        size = oracles.net_stock_size(item)
        assert np.all(np.abs(numbers.mean[i] - mean) <= ROUNDING * size)
        assert np.all(np.abs(numbers.sd[i] ** 2 - np.diag(covariance)) <= ROUNDING * size**2)


@given(data=st.data())
def test_items_are_recomputed_alike_whether_all_at_once_or_in_blocks(data):
    store = data.draw(stores(items=(2, 4)))
    layout = rules.Cumulative().on(store)
    rule = layout.rule_at(data.draw(coefficients(store, layout)))
    whole = recompute(store, rule)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "BLOCK", 1)
        parts = recompute(store, rule)
    items = oracles.items_of(store, rule)
    size = {
        "mean": np.stack([oracles.net_stock_size(item) for item in items]),
        "order_mean": np.stack([oracles.order_size(item) for item in items]),
        "dollars_mean": oracles.dollar_size(items),
    }
    for name, of in size.items():
        assert np.all(np.abs(getattr(whole, name) - getattr(parts, name)) <= ROUNDING * of), name
        sd = name[:-4] + "sd"
        assert np.all(np.abs(getattr(whole, sd) ** 2 - getattr(parts, sd) ** 2) <= ROUNDING * of**2), sd


def test_scores_without_deviation_are_all_or_nothing_and_a_millionth_is_nothing():
    unit = np.full(5, 10.0)
    mean = np.array([5.0, 0.0, -1e-6, -1e-4, 7.0])
    sd = np.array([0.0, 0.0, 1e-9, 0.0, 3.5])
    assert scores(mean, sd, unit).tolist() == [np.inf, np.inf, np.inf, -np.inf, 2.0]


def store_of(**changes: object) -> cc.Store:
    rng = np.random.default_rng(71)
    mean = rng.uniform(5, 15, (3, 5))
    store = cc.Store(
        unit_cost=rng.uniform(5, 50, 3),
        on_hand=mean[:, :2].sum(axis=1) * 0.8,
        important=[True, False, True],
        demand=cc.demand.Normal(mean, 0.3 * mean),
        lead_time=cc.LeadTime([1.0]),
        budget=cc.Budget(1400.0, 0.95),
    )
    return dataclasses.replace(store, **changes)


@dataclass(frozen=True)
class Tampered:
    """An objective whose answer is changed before it is handed over."""

    aim: cc.MaxMinService | cc.MinimumBudget | cc.ExpectedStock
    change: Callable[[Program, Answer], Answer]
    limited: ClassVar[bool] = True
    serves_others: ClassVar[bool] = True

    def stated(self, program: Program) -> object:
        return self.aim.stated(program)

    def pursue(self, program: Program) -> Answer:
        return self.change(program, self.aim.pursue(program))


def moved(item: int, period: int, amount: float) -> Callable[[Program, Answer], Answer]:
    """The answer with a different E O(t) in one cell (the last n · N entries of x are these levels)."""

    def change(program: Program, answer: Answer) -> Answer:
        x = answer.x.copy()
        x[len(x) - program.store.items * program.store.periods + item * program.store.periods + period] += amount
        return dataclasses.replace(answer, x=x)

    return change


def with_slopes(factor: float) -> Callable[[Program, Answer], Answer]:
    def change(program: Program, answer: Answer) -> Answer:
        x = answer.x.copy()
        x[: len(x) - program.store.items * program.store.periods] *= factor
        return dataclasses.replace(answer, x=x)

    return change


def test_an_answer_that_is_not_tampered_with_gets_past():
    honest = cc.plan(store_of(), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
    same = cc.plan(
        store_of(), objective=Tampered(cc.ExpectedStock(), lambda _, answer: answer), inversion=cc.inversion.Normal()
    )
    assert same.objective_value == honest.objective_value


TAMPERED = {
    "less for an important item at first": (moved(2, 0, -2.0), "service"),
    "less for an important item later": (moved(2, 3, -20.0), "service"),
    "less for another item": (moved(1, 1, -500.0), "mean net stock"),
    "more than the money buys": (moved(1, 2, 1000.0), "budget"),
    "more now and less next": (moved(1, 2, 1000.0), "orders"),
    "below what is due out": (moved(0, 4, -500.0), "bounds of the rule"),
    "half of the slopes": (with_slopes(0.5), "bounds of the rule"),
    "no number": (lambda _, answer: dataclasses.replace(answer, x=np.full_like(answer.x, np.nan)), "service"),
    "absurd orders": (lambda _, answer: dataclasses.replace(answer, x=answer.x + 1e5), "budget"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_an_answer_that_breaks_a_promise_is_not_handed_over(case):
    change, missed = TAMPERED[case]
    with pytest.raises(cc.VerificationError, match=r"does not keep its promises when recomputed") as caught:
        cc.plan(store_of(), objective=Tampered(cc.ExpectedStock(), change), inversion=cc.inversion.Normal())
    assert missed in str(caught.value)


def test_a_budget_called_smaller_than_it_is_is_not_handed_over():
    @dataclass(frozen=True)
    class Cheap:
        limited: ClassVar[bool] = False
        serves_others: ClassVar[bool] = False

        def stated(self, program: Program) -> object:
            return cc.MinimumBudget().stated(program)

        def pursue(self, program: Program) -> Answer:
            answer = cc.MinimumBudget().pursue(program)
            return dataclasses.replace(answer, value=answer.value * (1 - 1e-4))

    with pytest.raises(cc.SolverError, match="budget by"):
        cc.plan(store_of(), objective=Cheap(), inversion=cc.inversion.Normal())


@pytest.mark.parametrize("mode", ["chance", "monotone"])
def test_orders_are_verified_in_the_sense_that_was_asked(mode):
    store = store_of(orders=cc.Orders(nonnegative=mode), budget=cc.Budget(4000.0, 0.95))
    with pytest.raises(cc.VerificationError, match="orders by"):
        cc.plan(store, objective=Tampered(cc.ExpectedStock(), moved(1, 3, -8.0)), inversion=cc.inversion.Normal())


def test_the_numbers_of_a_plan_are_the_recomputed_ones():
    plan = cc.plan(store_of(), inversion=cc.inversion.Normal())
    numbers = recompute(plan.store, plan.rule)
    assert np.array_equal(plan.mean, numbers.mean)
    assert np.array_equal(plan.sd, numbers.sd)
    assert np.array_equal(plan.order_mean, numbers.order_mean)
    assert np.array_equal(plan.budget_mean, numbers.dollars_mean)
    other = PooledRule(plan.rule.a * (1 + 1e-6), plan.rule.intercept, plan.rule.lag)
    assert not np.array_equal(recompute(plan.store, other).sd, numbers.sd)
