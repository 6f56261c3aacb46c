"""The sum of the probabilities: never below its surrogates, never above its bound, and able to leave bad starts."""

import dataclasses
from typing import Any, ClassVar

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr

import ccinv as cc
from ccinv.models.multi_period.program import MultiPeriod, state
from ccinv.objectives.ascent import ascended, curvature, total
from ccinv.objectives.program import Answer, Program
from ccinv.settings import settings_of
from ccinv.solve.elastic import reach
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]

NORMAL = cc.inversion.Normal()
AIM = cc.SumOfService()
SURROGATES = (cc.MaxMinService(), cc.ExpectedBackorders(), cc.ExpectedStock())
MODES = ("mean", "mean", "chance", "monotone")


def drawn(seed: int, mode: str | None = None) -> cc.Store:
    """A seeded store with money for some of the other items' cells, from hardly any to nearly all of them."""
    rng = np.random.default_rng([seed, 91])
    n, periods, ages = 3 + seed % 2, 3 + seed % 3, 1 + seed % 3
    unit = 10.0 ** rng.uniform(-1, 2, n)
    mean = rng.uniform(4, 12, (n, periods)) * unit[:, None]
    store = cc.Store(
        unit_cost=rng.uniform(1, 60, n) / unit,
        on_hand=rng.uniform(8, 14, n) * unit * (0.6 + ages / 1.5),
        important=np.arange(n) == 0,
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.6, (n, periods))),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(ages), n)),
        service=cc.Service(0.9, "best"),
        orders=cc.Orders(nonnegative=mode or MODES[seed % 4]),
        weight=rng.uniform(0.5, 2.0, n) if seed % 2 else np.ones(n),
    )
    every = dataclasses.replace(store, important=np.ones(n, dtype=bool))
    low, high = (cc.plan(one, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value for one in (store, every))
    return dataclasses.replace(store, budget=cc.Budget(low + (0.1 + 0.2 * (seed % 5)) * (high - low), 0.95))


def program_of(store: cc.Store, rule: Any = None) -> MultiPeriod:
    """The program that the objective is given."""
    program = state(store, rule or cc.rules.Cumulative(), AIM, NORMAL)
    reached = reach(program, serves_others=False)
    assert reached is not None
    return program.with_reach(reached)


def summed(store: cc.Store) -> NDArray[np.bool_]:
    others = ~store.important if (~store.important).any() else np.ones(store.items, dtype=bool)
    return store.controllable & others[:, None]


def service(plan: cc.Plan) -> float:
    """Σ weight · Φ(mean / sd) of a plan's final rule, from its numbers alone."""
    numbers = recompute(plan.store, plan.rule)
    cells = summed(plan.store)
    weight = np.broadcast_to(plan.store.weight[:, None], cells.shape)[cells]
    return float(weight @ ndtr(numbers.mean[cells] / numbers.sd[cells]))


# measured: how far the bound is above the sum that was found, as a share of it
GAPS = (
    0.044, 0.056, 0.021, 0.016, 0.016, 0.120, 0.063, 0.004, 0.068, 0.000,
    0.089, 0.023, 0.068, 0.007, 0.026, 0.192, 0.042, 0.062, 0.000, 0.011,
)  # fmt: skip


@pytest.mark.parametrize("seed", range(len(GAPS)))
def test_the_sum_is_never_below_the_better_surrogate_and_never_above_its_bound(seed):
    store = drawn(seed)
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.objective_value == pytest.approx(service(plan), rel=1e-9)
    for surrogate in SURROGATES:
        other = service(cc.plan(store, objective=surrogate, inversion=NORMAL))
        assert plan.objective_value >= other - 1e-6 * summed(store).sum()
        assert other <= plan.objective_value * (1 + plan.gap) + 1e-9
    assert 0 <= plan.gap <= GAPS[seed] + 0.005


def every(plan: cc.Plan) -> float:
    """Σ weight · Φ(mean / sd) over all controllable cells, promised ones included."""
    cells = plan.store.controllable
    weight = np.broadcast_to(plan.store.weight[:, None], cells.shape)[cells]
    return float(weight @ ndtr(plan.mean[cells] / plan.sd[cells]))


@pytest.mark.parametrize("seed", range(8))
def test_the_sum_over_all_items_counts_promised_ones_too(seed):
    store = drawn(seed)
    plan = cc.plan(store, objective=cc.SumOfService(of="all"), inversion=NORMAL)
    others = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.objective_value == pytest.approx(every(plan), rel=1e-9)
    assert plan.objective_value >= every(others) - 1e-4 * every(others)
    assert every(others) <= plan.objective_value * (1 + plan.gap) * (1 + 1e-9)


def test_what_is_summed_is_one_of_two_words():
    with pytest.raises(cc.DataError, match="others"):
        cc.SumOfService(of="none")  # type: ignore[arg-type]


def test_weights_say_which_items_are_served():
    store = drawn(6)
    sums = []
    for weight in (0.1, 1.0, 10.0):
        weights = np.ones(store.items)
        weights[1] = weight
        plan = cc.plan(dataclasses.replace(store, weight=weights), objective=AIM, inversion=NORMAL)
        sums.append(ndtr(plan.mean / plan.sd)[1][store.controllable[1]].sum())
    assert sums[0] < sums[-1]
    assert sums == sorted(sums)


def knapsack(seed: int) -> tuple[cc.Store, FloatArray, FloatArray]:
    """One period in disguise: nothing is sold in the first, fixed orders arrive in it, normal demand follows."""
    rng = np.random.default_rng([seed, 71])
    mean = rng.uniform(10, 40, 3)
    sd = mean * rng.uniform(0.1, 0.5, 3)
    cost, weight = rng.uniform(1, 10, 3), rng.uniform(0.5, 2, 3)
    none = np.zeros(3)
    demand = cc.demand.Normal(np.stack([none, mean], axis=1), np.stack([none, sd], axis=1))
    budget = cc.Budget(float(cost @ mean) * rng.uniform(0.3, 1.2), 0.95)
    return cc.Store(cost, none, [False] * 3, demand, cc.LeadTime([1.0]), budget=budget, weight=weight), mean, sd


def on_a_grid(store: cc.Store, mean: FloatArray, sd: FloatArray) -> float:
    """The greatest sum that any orders on a fine grid have, the third item getting what is left of the money."""
    assert store.budget is not None
    tried = [np.append(0.0, np.linspace(max(0.0, mean[i] - 4 * sd[i]), mean[i] + 4 * sd[i], 400)) for i in range(2)]
    one, two = np.meshgrid(*tried, indexing="ij")
    left = store.budget.limit[0] - store.unit_cost[0] * one - store.unit_cost[1] * two
    orders = np.stack([one, two, left / store.unit_cost[2]])
    value = np.einsum("i,iab->ab", store.weight, ndtr((orders - mean[:, None, None]) / sd[:, None, None]))
    return float(value[left >= 0].max())


LOCAL = (2, 4)  # seeds where the ascent ends below the best of the grid


@pytest.mark.parametrize("seed", range(12))
def test_of_a_knapsack_of_three_items_the_best_is_found_in_ten_of_twelve_and_the_bound_is_above_it_in_all(seed):
    store, mean, sd = knapsack(seed)
    plan = cc.plan(store, rule=cc.rules.Static(), objective=AIM, inversion=NORMAL)
    best = on_a_grid(store, mean, sd)
    assert plan.objective_value * (1 + plan.gap) >= best
    # the grid is a hundredth of a deviation wide
    assert plan.objective_value >= best - (0.07 if seed in LOCAL else 2e-3)


@dataclasses.dataclass(frozen=True)
class Given:
    """A surrogate that is no good: whatever decision it is given."""

    share: float
    limited: ClassVar[bool] = True
    greatest: ClassVar[bool] = True
    serves_others: ClassVar[bool] = False

    def pursue(self, program: Program) -> Answer:
        return Answer(self.share * program.start, 0.0, 0.0)

    def stated(self, program: Program) -> tuple[Any, list[Any]]:
        raise NotImplementedError


@pytest.mark.parametrize("seed", [1, 3, 4, 8, 9, 14])
def test_cells_below_zero_come_up_where_it_pays(seed):
    store = drawn(seed)
    program = program_of(store)
    cells, weight = AIM.counted(program)
    before = program.net.mean_at(program.start).ravel()[cells]
    assert (before < 0).any()  # the first decision serves nobody without a promise
    x = ascended(program, cells, weight, program.start)
    after = program.net.mean_at(x).ravel()[cells]
    assert ((before < 0) & (after > 0)).any()
    risen, whole = total(program, cells, weight, x), cc.plan(store, objective=AIM, inversion=NORMAL).objective_value
    assert risen > total(program, cells, weight, program.start) + 0.02 * whole
    # from the worst of starts most of the way is found
    assert risen >= 0.75 * whole


def test_cells_with_a_mean_of_zero_come_up():
    # three items with exactly their mean demand ordered: every score is zero, and money is left
    store, mean, sd = knapsack(5)
    assert store.budget is not None
    store = dataclasses.replace(store, budget=cc.Budget(1.15 * float(store.unit_cost @ mean), 0.95))
    program = program_of(store, cc.rules.Static())
    cells, weight = AIM.counted(program)
    zero = np.linalg.lstsq(program.net.mean.matrix.toarray()[cells], -program.net.mean.constant[cells], rcond=None)[0]
    assert np.abs(program.net.mean_at(zero).ravel()[cells]).max() <= 1e-9
    assert total(program, cells, weight, zero) == pytest.approx(weight.sum() / 2)
    x = ascended(program, cells, weight, zero)
    assert total(program, cells, weight, x) >= on_a_grid(store, mean, sd) - 2e-3


def test_a_start_that_is_no_good_is_left_behind():
    store = drawn(9)
    plan = cc.plan(store, objective=cc.SumOfService((Given(1.0),)), inversion=NORMAL)
    whole = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.objective_value >= 0.95 * whole.objective_value
    assert plan.objective_value * (1 + plan.gap) >= whole.objective_value * (1 - 1e-9)


@settings(deadline=None, max_examples=300)
@given(at=st.floats(-6, 8), away=st.floats(-12, 12))
def test_the_parabola_touches_the_normal_law_and_is_never_above_it(at, away):
    bend = float(curvature(np.array([at]))[0])
    slope = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    assert ndtr(at) + slope * away - bend * away**2 / 2 <= ndtr(at + away) + 1e-12
    assert bend <= 1.02 * 0.2420 + 1e-3  # the greatest |Φ″|, at one


# questions without an answer, and other edges


def test_without_a_budget_or_a_price_no_plan_is_best():
    with pytest.raises(cc.ModelError, match="SumOfService without a budget has no best plan"):
        cc.plan(dataclasses.replace(drawn(0), budget=None), objective=AIM, inversion=NORMAL)
    store = drawn(0)
    cost = store.unit_cost.copy()
    cost[1] = 0.0
    with pytest.raises(cc.ModelError, match="item item-2 costs nothing"):
        cc.plan(dataclasses.replace(store, unit_cost=cost), objective=AIM, inversion=NORMAL)


def test_orders_that_may_be_negative_and_are_not_missed_leave_no_best_plan():
    store = cc.Store(
        unit_cost=[10.0, 10.0], on_hand=[40.0, 20.0], important=[False, False],
        demand=cc.demand.Normal(np.full((2, 5), 10.0), np.full((2, 5), 2.0)),
        lead_time=cc.LeadTime([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]),
        budget=cc.Budget(700.0, 0.95), orders=cc.Orders(nonnegative="none"), item_id=("slow", "fast"),
    )  # fmt: skip
    with pytest.raises(cc.ModelError, match="SumOfService is unbounded: item slow can have ever larger negative"):
        cc.plan(store, objective=AIM, inversion=NORMAL)


def test_where_all_items_are_important_they_are_what_is_summed():
    store = drawn(2, "mean")
    store = dataclasses.replace(store, important=np.ones(store.items, dtype=bool), service=cc.Service(0.6, "best"))
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert plan.objective_value == pytest.approx(service(plan), rel=1e-9)
    assert plan.objective_value >= service(cc.plan(store, inversion=NORMAL)) - 1e-6
    asked = np.isfinite(plan.asked)
    assert np.all(plan.promised[asked] >= plan.asked[asked] - 1e-6)


def test_a_store_that_no_order_can_help_has_nothing_to_raise():
    sales = cc.demand.Normal(np.full((2, 3), 10.0), np.full((2, 3), 2.0))
    store = cc.Store([4.0, 5.0], [20.0, 24.0], [True, False], sales, cc.LeadTime([0.0, 0.0, 0.0, 1.0]))
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert (plan.objective_value, plan.gap) == (0.0, 0.0)
    assert any("nothing to raise" in note for note in plan.notes)


def test_items_whose_sales_are_certain_are_served_or_not():
    mean = np.full((3, 4), 10.0)
    sales = cc.demand.Normal(mean, np.array([[0.0], [0.0], [3.0]]) * np.ones(4))
    store = cc.Store(
        [5.0, 1.0, 2.0], [15.0, 15.0, 15.0], [False] * 3, sales, cc.LeadTime([1.0]), budget=cc.Budget(90.0, 0.95)
    )
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    least_served = cc.plan(store, objective=cc.ExpectedBackorders(), inversion=NORMAL)
    with np.errstate(divide="ignore"):
        sums = [
            np.where(one.sd > 1e-9, ndtr(one.mean / one.sd), one.mean >= -1e-5)[store.controllable].sum()
            for one in (plan, least_served)
        ]
    assert plan.objective_value == pytest.approx(sums[0], abs=1e-6)
    assert sums[0] >= sums[1] - 1e-6


def test_what_serves_nobody_is_not_ordered():
    store = drawn(12, "mean")
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    # the last order comes too late for everything
    assert (plan.order_mean[:, -1] / store.demand.mean[:, -1]).max() <= 0.1


def test_the_name_on_the_command_line_means_this_objective():
    assert settings_of(objective="sum-of-service").objective == AIM


def test_the_program_that_is_stated_is_the_upper_bound():
    store = drawn(4)
    model = cc.model(store, objective=AIM, inversion=NORMAL)
    model.problem.solve(solver=cp.CLARABEL)
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    assert model.problem.value >= plan.objective_value * (1 + plan.gap) * (1 - 1e-6)


# units and order


def test_units_and_currency_change_nothing():
    store = drawn(7)
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    for factor, money in ((2.0**20, 2.0**-10), (1e-3, 7.0)):
        law = store.demand
        other = dataclasses.replace(
            store,
            unit_cost=store.unit_cost / factor * money,
            on_hand=store.on_hand * factor,
            demand=cc.demand.Normal(law.mean * factor, law.sd * factor),
            budget=cc.Budget(store.budget.limit * money, 0.95),
        )
        same = cc.plan(other, objective=AIM, inversion=NORMAL)
        # every step ends where the solver stops: rounding moves the end of an ascent a little
        assert same.objective_value == pytest.approx(plan.objective_value, rel=1e-5)
        assert same.gap == pytest.approx(plan.gap, abs=1e-4)


def test_the_order_of_items_changes_nothing():
    store = drawn(10)
    order = np.random.default_rng(5).permutation(store.items)
    plan = cc.plan(store, objective=AIM, inversion=NORMAL)
    turned = cc.plan(dataclasses.replace(store.rows(order), budget=store.budget), objective=AIM, inversion=NORMAL)
    assert turned.objective_value == pytest.approx(plan.objective_value, rel=1e-4)
