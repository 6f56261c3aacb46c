"""As few units owed as the money can have it: the loss, its tangents, the optimum, and what really is owed."""

import dataclasses
import itertools
from typing import Any

import cvxpy as cp
import numpy as np
import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import ndtr

import ccinv as cc
from benchmarks import transcription
from ccinv.objectives.loss import NormalLoss, ScarfLoss
from ccinv.settings import settings_of
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]

NORMAL, CANTELLI = cc.inversion.Normal(), cc.inversion.Cantelli()
AIM = cc.ExpectedBackorders()


def density(u: FloatArray | float) -> FloatArray:
    return np.exp(-np.square(u) / 2) / np.sqrt(2 * np.pi)


def g(u: FloatArray | float) -> FloatArray:
    return density(u) - u * ndtr(-np.asarray(u))


def drawn(seed: int, mode: str = "mean", **changes: Any) -> cc.Store:
    """A seeded store in units of its own, one item important, with money for some service of the others."""
    rng = np.random.default_rng([seed, 61])
    n, periods, ages = 3 + seed % 2, 4 + seed % 3, 1 + seed % 3
    unit = 10.0 ** rng.uniform(-1, 2, n)
    mean = rng.uniform(4, 12, (n, periods)) * unit[:, None]
    store = cc.Store(
        unit_cost=rng.uniform(1, 60, n) / unit,
        on_hand=rng.uniform(8, 14, n) * unit * (0.6 + ages / 1.5) * np.where(np.arange(n) == 0, 2.0, 1.0),
        important=np.arange(n) == 0,
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.6, (n, periods))),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(ages), n)),
        service=0.9,
        orders=cc.Orders(nonnegative=mode),
        weight=rng.uniform(0.5, 2.0, n) / unit,
    )
    least = cc.plan(store, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value
    spare = 0.5 * float((store.unit_cost * mean.mean(axis=1)).sum())
    return dataclasses.replace(store, budget=cc.Budget(least + spare, 0.95), **changes)


def owed(plan: cc.Plan) -> float:
    """Σ weight · E[X⁻] of a plan's final rule, by the loss function written out."""
    numbers = recompute(plan.store, plan.rule)
    sd = np.where(numbers.sd > 0, numbers.sd, 1.0)
    loss = np.where(numbers.sd > 0, sd * g(numbers.mean / sd), np.maximum(-numbers.mean, 0.0))
    return float((plan.store.weight[:, None] * loss).sum())


# the loss and its tangents


@settings(deadline=None)
@given(mean=st.floats(-20, 12), sd=st.floats(0.01, 5))
def test_the_normal_loss_is_the_integral_and_lies_between_jensen_s_bound_and_scarf_s(mean, sd):
    found = float(NormalLoss(25).at(np.array(mean), np.array(sd)))
    ends = sorted({min(max(mean / sd, end), 12.0) for end in (-12.0, -3.0, 0.0, 3.0, 12.0)})  # beyond it vanishes
    exact = sum(quad(lambda z: (sd * z - mean) * density(z), *pair)[0] for pair in itertools.pairwise(ends))
    assert found == pytest.approx(exact, rel=1e-9, abs=1e-12 * sd)
    assert max(-mean, 0.0) * (1 - 1e-12) <= found
    assert found <= float(ScarfLoss().at(np.array(mean), np.array(sd))) * (1 + 1e-12)


def test_without_deviation_what_is_owed_is_certain():
    mean, sd = np.array([-2.0, 0.0, 3.0]), np.zeros(3)
    for loss in (NormalLoss(25), ScarfLoss()):
        assert loss.at(mean, sd).tolist() == [2.0, 0.0, 0.0]


@pytest.mark.parametrize(("mean", "sd"), [(3.0, 4.0), (-1.0, 0.5), (0.0, 2.0), (40.0, 1e-3)])
def test_one_law_has_exactly_what_scarf_s_bound_says(mean, sd):
    size = np.hypot(mean, sd)
    probability = (1 + mean / size) / 2  # of +size, else −size: mean and deviation are those given
    assert probability * size - (1 - probability) * size == pytest.approx(mean, abs=1e-12 * size)
    other = sd**2 / (size + mean) / 2 if mean > 0 else (size - mean) / 2
    assert float(ScarfLoss().at(np.array(mean), np.array(sd))) == pytest.approx(other, rel=1e-12)
    assert (1 - probability) * size == pytest.approx(other, rel=1e-6)


def below(loss: NormalLoss, u: FloatArray) -> FloatArray:
    """The greatest of all tangents and ends."""
    lines = density(loss.points)[:, None] - ndtr(-loss.points)[:, None] * u
    return np.maximum(lines.max(axis=0), np.maximum(0.0, -u))


@pytest.mark.parametrize("tangents", [1, 2, 8, 25, 60])
def test_tangents_are_never_above_the_loss_and_miss_it_by_the_stated_error_at_most(tangents):
    loss = NormalLoss(tangents)
    u = np.linspace(-9, 9, 200_001)
    missed = g(u) - below(loss, u)
    assert missed.min() >= -1e-14  # rounding of numbers up to 9
    assert missed.max() <= loss.error * (1 + 1e-12)
    assert missed.max() >= loss.error * (1 - 1e-3)


def least_error(tangents: int) -> float:
    """The least error that so many tangents and two ends can have: the one at which all their gaps are equal."""

    def last(log_error: float) -> float:
        error = np.exp(log_error)
        end = brentq(lambda r: g(r) - error, 0, 40)  # where the end at zero is missed by that much
        u = first = brentq(lambda v: density(v) / ndtr(-v) - end, -30, end)
        for _ in range(tangents - 1):
            meet = brentq(lambda r, u=u: g(r) - density(u) + ndtr(-u) * r - error, -30, u)
            height = g(meet) - error
            beyond = lambda v, r=meet, h=height: density(v) - ndtr(-v) * r - h  # noqa: E731
            if beyond(-30.0) > 0:
                return 1.0
            u = brentq(beyond, -30, meet)
        return -(first + u)  # symmetric where this vanishes

    return float(np.exp(brentq(last, np.log(1e-6), np.log(0.2))))


def test_tangents_stand_where_they_should():
    assert NormalLoss(AIM.tangents).error < 1e-3
    for tangents in (24, 40):
        assert least_error(tangents) <= NormalLoss(tangents).error <= 1.03 * least_error(tangents)
        assert NormalLoss(tangents).error <= 0.6 / tangents**2


# the optimum


def transcribed(store: cc.Store, cantelli: bool) -> float:
    """The least Σ weight · E[X⁻], from the model written constraint by constraint; four hundred tangents per cell."""
    kappa = transcription.cantelli if cantelli else transcription.normal
    # what is compared with it is 1e-6 apart at most: where a processor's rounding stops the solver short of its usual
    # digits, seven are enough
    model = transcription.Transcription(store, transcription.cumulative, kappa, (*transcription.TIGHT, 1e-7))
    begun, models = model._begin()
    rows = model._promises(models) + model._limits(models)
    u = np.linspace(-6, 7, 400)
    total: Any = 0
    largest = max(float(store.weight[i]) * models[i].item.unit for i in range(store.items))
    for i, one in enumerate(models):
        for t in range(1, store.periods + 1):
            cell, short, sd = one.net_stock(t), cp.Variable(nonneg=True), cp.Variable()
            if cantelli:
                rows.append(2 * short >= cp.norm(cp.hstack([cell.mean, cell.factor]), 2) - cell.mean)
            else:
                rows += [cell.sd <= sd, short >= density(u) * sd - ndtr(-u) * cell.mean, short >= -cell.mean]
            total += float(store.weight[i]) * one.item.unit / largest * short
    found = model._solved(begun, models, cp.Minimize(total), rows, largest)
    assert found.status == "optimal"
    return found.value


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_is_that_of_the_transcription(seed):
    store = drawn(seed, ("mean", "chance", "monotone")[seed % 3])
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    exact = transcribed(store, cantelli=False)
    assert plan.gap <= 1e-5
    assert plan.objective_value == pytest.approx(owed(plan), rel=1e-9)
    # tangents 0.0325 apart are below g by at most φ(0) · 0.0325² / 8 = 5.3e-5 of the deviation
    spread = float((store.weight[:, None] * plan.sd).sum())
    assert exact * (1 - 1e-6) <= plan.objective_value <= (exact + 5.3e-5 * spread) * (1 + 5e-6)


@pytest.mark.parametrize("seed", range(3))
def test_under_cantelli_the_optimum_is_that_of_scarf_s_bound(seed):
    store = drawn(seed)
    plan = cc.plan(store, objective=AIM, inversion=CANTELLI)
    assert plan.gap <= 1e-5
    assert plan.objective_value == pytest.approx(transcribed(store, cantelli=True), rel=5e-6)
    scarf = (store.weight[:, None] * (np.hypot(plan.mean, plan.sd) - plan.mean) / 2).sum()
    assert plan.objective_value == pytest.approx(float(scarf), rel=1e-9)
    assert any("at most, whatever the law" in note for note in plan.notes)


@pytest.mark.parametrize("seed", range(4))
def test_the_first_program_misses_the_optimum_by_no_more_than_its_number_of_tangents_says(seed):
    store = drawn(seed)
    optimum = cc.plan(store, objective=AIM, inversion=NORMAL).objective_value
    for tangents in (6, 25):
        model = cc.model(store, objective=cc.ExpectedBackorders(tangents), inversion=NORMAL)
        model.problem.solve(solver=cp.CLARABEL)
        numbers = recompute(store, model.layout.rule_at(model.x.value))
        # cells that no order can influence are no part of the program
        constant = float((store.weight[:, None] * np.where(store.controllable, 0, loss_of(numbers))).sum())
        spread = float((store.weight[:, None] * np.where(store.controllable, numbers.sd, 0)).sum())
        assert model.problem.value + constant <= optimum * (1 + 1e-5)
        assert optimum <= model.problem.value + constant + NormalLoss(tangents).error * spread + 1e-5 * optimum
        few = cc.plan(store, objective=cc.ExpectedBackorders(tangents), inversion=NORMAL)
        assert few.objective_value * (1 - few.gap) <= optimum * (1 + 1e-6)


def loss_of(numbers: Any) -> FloatArray:
    return NormalLoss(25).at(numbers.mean, numbers.sd)


@pytest.mark.parametrize("seed", range(3))
def test_no_surrogate_has_less_owed(seed):
    store = drawn(seed)
    least = cc.plan(store, objective=AIM, inversion=NORMAL)
    for other in (cc.MaxMinService(), cc.ExpectedStock()):
        assert owed(cc.plan(store, objective=other, inversion=NORMAL)) >= least.objective_value * (1 - least.gap)


def test_an_item_with_a_greater_weight_is_owed_less_and_one_without_weight_gets_nothing_it_need_not():
    store = drawn(5)
    amounts = []
    for weight in (0.0, 0.3, 1.0, 5.0):
        weights = store.weight.copy()
        weights[1] *= weight
        plan = cc.plan(dataclasses.replace(store, weight=weights), objective=AIM, inversion=NORMAL)
        amounts.append(NormalLoss(25).at(plan.mean, plan.sd)[1].sum())
        assert (plan.order_mean[1].max() <= 0.01 * store.demand.mean[1].mean()) or weight > 0
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > amounts[-1]


def test_stock_beyond_all_need_is_not_rewarded():
    store = drawn(0)
    rich = dataclasses.replace(store, budget=cc.Budget(20 * store.budget.limit[0], 0.95))
    plan = cc.plan(rich, objective=AIM, inversion=NORMAL)
    natural = float((store.weight * store.demand.mean.sum(axis=1)).sum())
    assert 0 <= plan.objective_value - owed_without_orders(plan) <= 1e-4 * natural
    assert plan.objective_value == pytest.approx(owed(plan), abs=1e-9 * natural)


def owed_without_orders(plan: cc.Plan) -> float:
    """What is owed in cells that no order can influence."""
    loss = NormalLoss(25).at(plan.mean, plan.sd)
    return float((plan.store.weight[:, None] * np.where(plan.controllable, 0.0, loss)).sum())


# chapter 2


@pytest.mark.parametrize("seed", range(5))
def test_one_period_in_disguise_has_the_optimum_of_chapter_2(seed):
    # nothing is sold in period 1; orders fixed beforehand arrive in it for certain; normal demand follows
    rng = np.random.default_rng([seed, 62])
    n = 5
    mean = rng.uniform(10, 40, n)
    sd = mean / rng.uniform(9, 12, n)
    cost, weight = rng.uniform(1, 30, n), rng.uniform(0.5, 3, n)
    limit = float(cost @ mean) * rng.uniform(0.8, 1.15)
    none = np.zeros(n)
    store = cc.Store(
        cost, none, np.zeros(n, dtype=bool),
        cc.demand.Normal(np.stack([none, mean], axis=1), np.stack([none, sd], axis=1)),
        cc.LeadTime([1.0]), budget=cc.Budget(limit, 0.95), weight=weight,
    )  # fmt: skip
    plan = cc.plan(store, rule=cc.rules.Static(), objective=AIM, inversion=NORMAL)
    # the discrete law: cells of 2·8.5 sd / 4000, all their probability in the middle
    edge = np.linspace(-8.5, 8.5, 4001)
    share = np.diff(ndtr(edge))
    share[0], share[-1] = ndtr(edge[1]), ndtr(-edge[-2])
    values = mean[:, None] + sd[:, None] * (edge[1:] + edge[:-1]) / 2
    law = cc.demand.Discrete(values, np.broadcast_to(share / share.sum(), (n, 1, 4000)))
    exact = cc.single_period(law, cost, weight, limit)
    # a cell of h sd is wrong by about h²/24 of its density: 1e-6 of a deviation, and only where the kink is
    assert plan.objective_value == pytest.approx(exact.objective, rel=2e-5)
    assert cost @ plan.order_mean[:, 0] == pytest.approx(limit, rel=1e-6)
    # the objective is flat at its optimum: levels are less sharp than values
    assert np.abs(plan.order_mean[:, 0] - exact.levels).max() <= 0.02 * sd.max()


# what really is owed


def fixed(seed: int) -> cc.Store:
    """Normal demand, every order arrives after a time known beforehand."""
    store = drawn(seed)
    age = np.arange(store.items) % 2
    law = cc.LeadTime(np.stack([age == 0, age == 1], axis=1).astype(float))
    return dataclasses.replace(store, lead_time=law)


def simulated(plan: cc.Plan, paths: int = 200_000) -> tuple[float, float]:
    """Weighted backorders on random paths with orders as the rule has them, and their standard error."""
    rng = np.random.default_rng(63)
    total, variance = 0.0, 0.0
    for weight, item in zip(plan.store.weight, oracles.items_of(plan.store, plan.rule), strict=True):
        paid = np.concatenate([np.maximum(-stock, 0.0).sum(axis=0) for stock in oracles.simulate(item, rng, paths)])
        total += weight * paid.mean()
        variance += weight**2 * paid.var() / len(paid)
    return total, float(np.sqrt(variance))


@pytest.mark.parametrize("seed", range(4))
def test_with_normal_demand_and_fixed_lead_times_what_is_owed_is_what_was_said(seed):
    plan = cc.plan(fixed(seed), objective=AIM, inversion=NORMAL)
    found, error = simulated(plan)
    assert abs(found - plan.objective_value) <= plan.gap * plan.objective_value + 4.5 * error


# by how much what is owed differs from what the normal law says, measured: orders arrive all or nothing
OFF = {1: -0.06, 2: -0.31, 5: 0.0, 8: 0.15, 11: 2.6}


@pytest.mark.parametrize("seed", OFF)
def test_with_random_lead_times_the_normal_law_is_a_guess_and_scarf_s_bound_holds(seed):
    plan = cc.plan(drawn(seed), objective=AIM, inversion=NORMAL)
    found, error = simulated(plan)
    assert found / plan.objective_value - 1 == pytest.approx(OFF[seed], abs=0.03 + 5 * error / plan.objective_value)
    scarf = float((plan.store.weight[:, None] * ScarfLoss().at(plan.mean, plan.sd)).sum())
    assert found <= scarf + 4.5 * error


def test_where_all_hangs_on_one_order_the_normal_law_says_far_too_little():
    # nothing on hand, one order that is late with a tenth: what is owed then is the demand of a whole period
    sales = cc.demand.Normal([[0.0, 10.0]], [[0.0, 0.5]])
    store = cc.Store([1.0], [0.0], [False], sales, cc.LeadTime([0.9, 0.1]), budget=cc.Budget(11.0, 0.95))
    plan = cc.plan(store, rule=cc.rules.Static(), objective=AIM, inversion=NORMAL)
    found, error = simulated(plan)
    order = plan.order_mean[0, 0]
    exact = 0.1 * 10.0 + 0.9 * 0.5 * g((order - 10.0) / 0.5)
    assert found == pytest.approx(float(exact), abs=4.5 * error)
    assert abs(found / plan.objective_value - 1) > 0.1


LAWS = {
    "gamma": lambda mean: cc.demand.Gamma(mean, 0.6 * mean),
    "poisson": cc.demand.Poisson,
    "negative binomial": lambda mean: cc.demand.NegativeBinomial(mean, 1.2 * np.sqrt(mean + mean**2 / 4)),
    "normal": lambda mean: cc.demand.Normal(mean, 0.5 * mean),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("seed", range(2))
def test_scarf_s_bound_is_above_what_is_owed_whatever_the_law_and_whenever_orders_arrive(law, seed):
    rng = np.random.default_rng([seed, 64])
    mean = rng.uniform(3, 9, (4, 5))
    store = cc.Store(
        rng.uniform(1, 20, 4), rng.uniform(10, 20, 4), np.zeros(4, dtype=bool), LAWS[law](mean),
        cc.LeadTime(rng.dirichlet(np.ones(3), 4)), budget=cc.Budget(1.0), weight=rng.uniform(0.5, 2, 4),
    )  # fmt: skip
    held = float((store.unit_cost * (store.on_hand + 2 * mean.mean(axis=1))).sum())
    store = dataclasses.replace(store, budget=cc.Budget(held, 0.9))
    plan = cc.plan(store, objective=AIM, inversion=CANTELLI)
    audit = cc.audit(plan, paths=20_000, seed=seed)
    bound = ScarfLoss().at(plan.mean, plan.sd)
    error = plan.sd / np.sqrt(audit.paths)  # the deviation of X⁻ is at most that of X
    assert np.all(audit.backlog_mean <= bound + 4.5 * error)
    assert float((store.weight[:, None] * audit.backlog_mean).sum()) <= plan.objective_value


# questions without an answer, and other edges


def test_without_a_budget_no_plan_is_best():
    with pytest.raises(cc.ModelError, match="ExpectedBackorders without a budget has no best plan"):
        cc.plan(dataclasses.replace(drawn(0), budget=None), objective=AIM, inversion=NORMAL)


def test_an_item_that_costs_nothing_is_named_unless_it_has_no_weight():
    store = drawn(0)
    cost, weight = store.unit_cost.copy(), store.weight.copy()
    cost[2] = 0.0
    free = dataclasses.replace(store, unit_cost=cost, item_id=("A", "B", "C"))
    with pytest.raises(cc.ModelError, match="item C costs nothing"):
        cc.plan(free, objective=AIM, inversion=NORMAL)
    weight[2] = 0.0
    assert np.isfinite(cc.plan(dataclasses.replace(free, weight=weight), objective=AIM, inversion=NORMAL).gap)


def financed(mode: str) -> cc.Store:
    """The last orders of "slow" cannot matter any more, its lead time being three periods; those of "fast" can."""
    return cc.Store(
        unit_cost=[10.0, 10.0], on_hand=[40.0, 20.0], important=[False, False],
        demand=cc.demand.Normal(np.full((2, 5), 10.0), np.full((2, 5), 2.0)),
        lead_time=cc.LeadTime([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]),
        budget=cc.Budget(700.0, 0.95), orders=cc.Orders(nonnegative=mode), item_id=("slow", "fast"),
    )  # fmt: skip


def test_orders_that_may_be_negative_and_are_not_missed_leave_no_best_plan():
    with pytest.raises(cc.ModelError, match="ExpectedBackorders is unbounded: item slow can have ever larger negative"):
        cc.plan(financed("none"), objective=AIM, inversion=NORMAL)
    assert cc.plan(financed("mean"), objective=AIM, inversion=NORMAL).objective_value > 0


def test_orders_that_may_be_negative_but_are_missed_have_a_best_plan():
    # due-outs of important items must be covered: their orders cannot sink without end
    store = dataclasses.replace(
        financed("none"),
        lead_time=cc.LeadTime([1.0]),
        important=np.array([True, True]),
        service=cc.Service(0.6, "best"),
        budget=cc.Budget(405.0, 0.95),
    )
    rows = {mode: dataclasses.replace(store, orders=cc.Orders(nonnegative=mode)) for mode in ("mean", "none")}
    free, kept = (cc.plan(rows[mode], objective=AIM, inversion=NORMAL).objective_value for mode in ("none", "mean"))
    assert 0 < free <= kept * (1 + 1e-6)


def test_a_store_that_no_order_can_help_owes_what_it_owes():
    sales = cc.demand.Normal(np.full((2, 3), 10.0), np.full((2, 3), 2.0))
    store = cc.Store([4.0, 5.0], [20.0, 24.0], [True, False], sales, cc.LeadTime([0.0, 0.0, 0.0, 1.0]))
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.objective_value == pytest.approx(owed(plan), rel=1e-12)
    assert plan.gap == 0
    assert any("No order can influence" in note for note in plan.notes)


def test_what_no_order_can_influence_is_counted_and_named():
    store = drawn(0)
    short = dataclasses.replace(store, on_hand=store.on_hand * 0.5, service=cc.Service(0.6, "best"))
    plan = cc.plan(short, objective=AIM, inversion=NORMAL)
    constant = owed_without_orders(plan)
    assert constant > 0.01 * plan.objective_value
    assert any(f"{constant:.4g} of them beyond any order" in note for note in plan.notes)


def test_where_everything_is_certain_the_answer_is_that_of_a_linear_program():
    # 12 units may be bought: the two that cost 1 serve one weight each, those that cost 2 serve three
    sales = cc.demand.Normal([[0.0, 8.0], [0.0, 8.0]], np.zeros((2, 2)))
    store = cc.Store(
        [1.0, 2.0],
        [0.0, 0.0],
        [False, False],
        sales,
        cc.LeadTime([1.0]),
        budget=cc.Budget(12.0, 0.95),
        weight=[1.0, 3.0],
    )
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.order_mean[:, 0] == pytest.approx([0.0, 6.0], abs=1e-4)
    assert plan.objective_value == pytest.approx(8.0 + 3.0 * 2.0, rel=1e-6)


def test_the_number_of_tangents_must_be_one_at_least():
    with pytest.raises(cc.DataError, match="tangents: found 0"):
        cc.ExpectedBackorders(0)


def test_the_name_on_the_command_line_means_this_objective():
    assert settings_of(objective="backorders").objective == AIM


# units and order


@pytest.mark.parametrize("power", [-3, 5])
def test_units_and_currency_change_nothing_but_the_numbers(power):
    store = drawn(1)
    factor = 10.0**power
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    law = store.demand
    other = dataclasses.replace(
        store,
        unit_cost=store.unit_cost / factor * 7.0,
        on_hand=store.on_hand * factor,
        demand=cc.demand.Normal(law.mean * factor, law.sd * factor),
        budget=cc.Budget(store.budget.limit * 7.0, 0.95),
        weight=store.weight / factor,
    )
    same = cc.plan(other, objective=AIM, inversion=NORMAL)
    assert same.objective_value == pytest.approx(plan.objective_value, rel=1e-7)
    heavier = cc.plan(dataclasses.replace(store, weight=3.0 * store.weight), objective=AIM, inversion=NORMAL)
    assert heavier.objective_value == pytest.approx(3.0 * plan.objective_value, rel=1e-7)


def test_the_order_of_items_changes_nothing():
    store = drawn(4)
    order = np.random.default_rng(5).permutation(store.items)
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    turned = cc.plan(dataclasses.replace(store.rows(order), budget=store.budget), objective=AIM, inversion=NORMAL)
    assert turned.objective_value == pytest.approx(plan.objective_value, rel=5e-6)  # what is proven of either
    natural = store.demand.mean.mean(axis=1)[order][:, None]
    assert np.abs(turned.mean - plan.mean[order]).max() <= 0.02 * natural.max()
