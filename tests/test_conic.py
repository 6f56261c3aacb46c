"""The solver's adapter and what stands on it: nothing stale, no item lost beside a larger one, no claim at the edge."""

import dataclasses

import cvxpy as cp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtri

import ccinv as cc
from benchmarks import transcription
from ccinv.objectives.program import Status
from ccinv.solve.conic import Precision, solve
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]

KAPPA = float(ndtri(0.95))
ROUNDING = 1e-6  # of an item's natural amount, or of the money: what counts as nothing in planner and replay alike


def missed(store: cc.Store, rule: object, limit: FloatArray | None) -> dict[str, float]:
    """By how much promises are missed by the recomputed numbers, each relative to its natural amount."""
    numbers = recompute(store, rule)
    unit = np.maximum(store.demand.mean.mean(axis=1), np.sqrt((store.demand.sd**2).mean(axis=1)))[:, None]
    kappa = float(ndtri(store.service.alpha))
    promised = store.controllable & store.important[:, None]
    service = (kappa * numbers.sd - numbers.mean) / np.maximum(unit, numbers.sd)
    found = {"service": float(np.max(service[promised], initial=0.0))}
    if store.orders.nonnegative == "mean":
        found["orders"] = float((-numbers.order_mean / unit).max())
    if store.orders.nonnegative == "chance":
        kappa = float(ndtri(store.orders.confidence))
        short = (kappa * numbers.order_sd - numbers.order_mean) / np.maximum(unit, numbers.order_sd)
        found["orders"] = float(short.max())
    if limit is not None:
        confidence = 0.95 if store.budget is None else store.budget.confidence
        spent = numbers.dollars_mean + float(ndtri(confidence)) * numbers.dollars_sd
        money = float((store.unit_cost * unit[:, 0]).sum())
        found["budget"] = float(((spent - limit) / np.maximum(money, np.abs(limit))).max())
    return found


def small() -> tuple[cp.Problem, cp.Variable]:
    """min Σ x under ‖x − 3‖ ≤ 1 in two dimensions: 6 − √2."""
    x = cp.Variable(2)
    return cp.Problem(cp.Minimize(cp.sum(x)), [cp.SOC(cp.Constant(1.0), x - 3.0)]), x


def test_a_solve_finds_the_optimum_and_leaves_it_in_the_variables():
    problem, x = small()
    outcome = solve(problem, {x: np.ones(2)})
    assert outcome.status is Status.SOLVED
    assert outcome.value == pytest.approx(6 - np.sqrt(2), rel=1e-8)
    assert x.value == pytest.approx(np.full(2, 3 - np.sqrt(0.5)), rel=1e-6)
    assert outcome.gap < 1e-8
    assert outcome.iterations > 0


@pytest.mark.parametrize(
    "hurried", [Precision(most_iterations=1), Precision(most_iterations=2), Precision(seconds=1e-9)]
)
def test_a_solve_that_was_cut_short_gives_no_value_and_nothing_to_the_next_one(hurried):
    problem, x = small()
    cut = solve(problem, {x: np.ones(2)}, hurried)
    assert cut.status is Status.UNDECIDED
    assert np.isnan(cut.value)
    assert x.value is None
    again = solve(problem, {x: np.ones(2)})
    assert again.status is Status.SOLVED
    assert again.value == pytest.approx(6 - np.sqrt(2), rel=1e-8)


def test_loose_tolerances_are_not_inherited():
    problem, x = small()
    solve(problem, {x: np.ones(2)}, Precision(gap=1e-1, feasibility=1e-1))
    assert solve(problem, {x: np.ones(2)}).value == pytest.approx(6 - np.sqrt(2), rel=1e-8)


def test_an_infeasible_program_has_no_value_although_its_variable_had_one():
    problem, x = small()
    solve(problem, {x: np.ones(2)})
    worse = cp.Problem(cp.Minimize(cp.sum(x)), [*problem.constraints, x >= 5.0])
    outcome = solve(worse, {x: np.ones(2)})
    assert outcome.status is Status.INFEASIBLE
    assert np.isnan(outcome.value)


def test_an_unbounded_program_leaves_the_direction_in_the_variables():
    x = cp.Variable(2)
    outcome = solve(cp.Problem(cp.Minimize(x[0] + x[1]), [x[0] >= -1.0, x[1] <= 7.0]), {x: np.ones(2)})
    assert outcome.status is Status.UNBOUNDED
    assert np.isnan(outcome.value)
    assert x.value[0] >= -1e-6
    assert x.value[1] <= 1e-6
    assert x.value.sum() < -0.5


def test_quadratic_objectives_and_numbers_that_are_not_finite_are_refused():
    x = cp.Variable(2)
    with pytest.raises(cc.SolverError, match="linear objectives"):
        solve(cp.Problem(cp.Minimize(cp.sum_squares(x)), [x >= 1]), {x: np.ones(2)})
    with pytest.raises((cc.SolverError, ValueError), match=r"not finite|NaN or Inf"):
        solve(cp.Problem(cp.Minimize(cp.sum(x)), [x >= np.array([1.0, np.inf])]), {x: np.ones(2)})


@pytest.mark.parametrize("seed", range(6))
def test_scales_change_neither_the_optimum_nor_the_duals(seed):
    rng = np.random.default_rng([seed, 61])
    size, cost = 10.0 ** rng.uniform(-6, 6, 6), rng.uniform(1, 2, 6)
    least, gain, head = rng.uniform(0, 0.1, 6), rng.normal(size=(4, 6)), rng.uniform(1, 2, 6)

    def rows(y: object) -> list[cp.Constraint]:
        return [y >= least, cp.SOC(head @ y, gain @ y + 1), cp.sum(y) == 12.0]

    x, z = cp.Variable(6), cp.Variable(6)
    wide, plain = rows(cp.multiply(1 / size, x)), rows(z)
    outcome = solve(cp.Problem(cp.Minimize(cost @ cp.multiply(1 / size, x)), wide), {x: size})
    natural = cp.Problem(cp.Minimize(cost @ z), plain)
    natural.solve(solver=cp.CLARABEL, tol_gap_rel=1e-10, tol_feas=1e-10, tol_gap_abs=1e-10)
    assert outcome.value == pytest.approx(natural.value, rel=1e-7)
    assert x.value / size == pytest.approx(z.value, rel=1e-4, abs=1e-5)
    assert wide[0].dual_value == pytest.approx(plain[0].dual_value, abs=1e-5)
    assert wide[2].dual_value == pytest.approx(plain[2].dual_value, rel=1e-5)


def wide_store(seed: int, mode: str) -> cc.Store:
    """Ten items over eight periods: demand spans ten decades, unit costs eight (trust.md, F1)."""
    rng = np.random.default_rng([seed, 77])
    unit = 10.0 ** rng.permutation(np.linspace(-5, 5, 10))
    mean = rng.uniform(5, 15, (10, 8)) * unit[:, None]
    return cc.Store(
        unit_cost=10.0 ** rng.permutation(np.linspace(-4, 4, 10)),
        on_hand=rng.uniform(60, 90, 10) * unit,
        important=np.ones(10, dtype=bool),
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.5, (10, 8))),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(3), 10)),
        service=0.95,
        orders=cc.Orders(nonnegative=mode),
    )


@pytest.mark.parametrize("seed", range(20))
def test_no_item_is_lost_beside_one_of_ten_decades_more(seed):
    store = wide_store(seed, ("mean", "chance")[seed % 2])
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    limit = np.full(8, plan.objective_value)
    worst = missed(store, plan.rule, limit)
    assert max(worst.values()) <= ROUNDING, worst
    exact = transcription.Transcription(store, transcription.cumulative, transcription.normal).minimum_budget()
    if exact.status == "optimal":
        assert plan.objective_value == pytest.approx(exact.value, rel=1e-6)


def edge_store(seed: int) -> cc.Store:
    """Five items, eight periods: with even seeds service needs the money, with odd ones what is in stock already."""
    rng = np.random.default_rng([seed, 78])
    mean = rng.uniform(5, 15, (5, 8))
    important = np.array([True, True, False, True, False])
    return cc.Store(
        unit_cost=rng.uniform(1, 50, 5),
        on_hand=mean[:, :3].sum(axis=1) * 0.7 if seed % 2 == 0 else rng.uniform(50, 90, 5),
        important=important,
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.4, (5, 8))),
        lead_time=cc.LeadTime([0.9, 0.1]),
        service=0.9,
    )


STEPS = (1e-10, 1e-8, 1e-7, 1e-6, 1e-5, 1e-3, 1e-1)


@pytest.mark.parametrize(
    ("objective", "seed"),
    [(cc.MaxMinService(), 0), (cc.MaxMinService(), 1), *((cc.ExpectedStock(), k) for k in range(4))],
)
def test_near_the_least_budget_nothing_false_is_claimed(objective, seed):
    store = edge_store(seed)
    least = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()).objective_value
    exact = transcription.Transcription(store, transcription.cumulative, transcription.normal).minimum_budget()
    assert least == pytest.approx(exact.value, rel=1e-7)
    said: dict[float, str] = {}
    for step in (*(-np.array(STEPS)), *STEPS):
        tried = dataclasses.replace(store, budget=cc.Budget(least * (1 + step), 0.95))
        try:
            plan = cc.plan(tried, objective=objective, inversion=cc.inversion.Normal())
        except cc.InfeasibleError:
            said[step] = "impossible"
            continue
        except cc.SolverError:
            said[step] = "undecided"
            continue
        said[step] = "planned"
        assert np.isfinite(plan.objective_value)
        worst = missed(tried, plan.rule, plan.budget_limit)
        assert max(worst.values()) <= ROUNDING, (step, worst)
        # no absurd order: nothing that the money and the value of what is sold could not buy
        wealth = least + store.unit_cost @ store.demand.mean.sum(axis=1)
        assert np.all(plan.order_mean * store.unit_cost[:, None] <= 2 * wealth)
    assert all(said[step] == "planned" for step in STEPS if step >= 1e-6), said
    assert all(said[-step] == "impossible" for step in STEPS if step >= 1e-6), said
    assert all(said[step] != "impossible" for step in STEPS), said


@pytest.mark.parametrize("mode", ["mean", "chance", "none"])
@pytest.mark.parametrize("sd", [0.0, 1e-12, 1e-6, 1e-3])
def test_nearly_certain_sales_are_served(sd, mode):
    sales = cc.demand.Normal(np.full((2, 6), 100.0), np.full((2, 6), sd))
    store = cc.Store([1.0, 2.0], [150.0, 130.0], [True, True], sales, cc.LeadTime([1.0]),
                     orders=cc.Orders(nonnegative=mode))  # fmt: skip
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    # short is less than a millionth of a period's demand: what is bought is what is sold, and κ · sd beside it
    assert np.all(plan.mean[:, 1:] >= KAPPA * plan.sd[:, 1:] - ROUNDING * 100.0)
    assert plan.promised[:, 1:].min() >= 0.95 - 1e-6
    # 50 + 60 dollars are left after the first sales, then what the second period needs
    assert plan.objective_value == pytest.approx(300.0, rel=1e-4)
    audit = cc.audit(plan, paths=2000, seed=3)
    assert audit.service[:, 1:].min() >= 0.9


def test_sales_that_vary_a_thousand_times_their_mean_are_not_called_impossible():
    sales = cc.demand.Normal(np.full((1, 4), 100.0), np.full((1, 4), 1e5))
    store = cc.Store([1.0], [1e6], [True], sales, cc.LeadTime([1.0]))
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    assert max(missed(store, plan.rule, np.full(4, plan.objective_value)).values()) <= ROUNDING


def plain_store() -> cc.Store:
    rng = np.random.default_rng(62)
    mean = rng.uniform(5, 15, (3, 5))
    return cc.Store(
        unit_cost=rng.uniform(5, 50, 3),
        on_hand=rng.uniform(20, 40, 3),
        important=[True, False, True],
        demand=cc.demand.Normal(mean, 0.3 * mean),
        lead_time=cc.LeadTime([0.8, 0.2]),
        budget=cc.Budget(3000.0, 0.95),
    )


@pytest.mark.parametrize(
    "objective", [cc.MaxMinService(), cc.ExpectedStock(), cc.MinimumBudget()], ids=lambda aim: type(aim).__name__
)
def test_a_users_own_rows_are_kept(objective):
    store = plain_store()
    m = cc.model(store, objective=objective, inversion=cc.inversion.Normal())
    level = m.layout.level
    orders = level.matrix @ m.x + level.constant  # E O(t), item by item
    own = [
        orders[0 * 5 + 3] == orders[0 * 5 + 2],  # item 1 orders nothing in period 4, on average
        orders[2 * 5 + 1] <= 12.0,
        cp.SOC(cp.Constant(30.0), orders[5:10] - orders[10:15]),  # items 2 and 3 stay close to each other
    ]
    free = cc.plan(store, objective=objective, inversion=cc.inversion.Normal())
    plan = cc.plan(store, objective=objective, constraints=own, inversion=cc.inversion.Normal())
    total = plan.order_mean.cumsum(axis=1)
    assert plan.order_mean[0, 3] == pytest.approx(0.0, abs=1e-5)
    assert total[2, 1] <= 12.0 + 1e-5
    assert np.linalg.norm(total[1] - total[2]) <= 30.0 + 1e-5
    sign = 1.0 if isinstance(objective, cc.MinimumBudget) else -1.0
    assert sign * plan.objective_value >= sign * free.objective_value - 1e-6 * abs(free.objective_value)


@pytest.mark.parametrize("periods", [4, 5, 9, 11])
def test_where_holds_leave_hardly_any_interior_the_plan_is_found_all_the_same(periods):
    """A cell of the first item is raised as far as the budget goes; what that leaves is all that the others may have.

    The sets left to the later programs are a hundred-thousandth of a unit wide.
    """
    past = np.random.default_rng(1).poisson([[20], [12], [5]], (3, 40)).astype(float)
    store = cc.Store(
        unit_cost=[40, 35, 5],
        on_hand=[60, 30, 16],
        important=[True, False, True],
        demand=cc.demand.fit(past[:, :-periods], periods),
        lead_time=cc.LeadTime([0, 0.6, 0.4]),
        budget=cc.Budget(9000.0, 0.9),
        service=cc.Service(0.9, "best"),
    )
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    (beyond,) = plan.out_of_reach
    assert (beyond.item, beyond.period) == (0, 2)
    kept = np.isfinite(plan.asked)
    kept[0, 2] = False
    assert plan.promised[kept].min() >= 0.9 - 1e-6
    assert plan.promised[0, 2] == pytest.approx(beyond.attained, abs=1e-4)
    # the whole budget is used somewhere, as it must be where the weakest cell is as strong as it can be
    spent = plan.budget_mean + float(ndtri(0.9)) * plan.budget_sd
    assert spent.max() == pytest.approx(9000.0, rel=1e-5)
    numbers = recompute(store, plan.rule)
    served = store.controllable & (numbers.mean >= -ROUNDING)
    served[[0, 2]] = False
    score = numbers.mean / numbers.sd
    assert score[served].min() >= plan.levels[0] - 1e-5
    assert plan.levels[0] > 0.1
    assert plan.gap < 1e-6


def test_a_users_own_variables_and_other_cones_are_let_in():
    store = plain_store()
    m = cc.model(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    level = m.layout.level
    orders = level.matrix @ m.x + level.constant
    largest = cp.Variable()
    own = [orders <= largest, cp.exp(orders[4] / 50.0) <= 2.0, largest <= 60.0]
    plan = cc.plan(store, objective=cc.MinimumBudget(), constraints=own, inversion=cc.inversion.Normal())
    total = plan.order_mean.cumsum(axis=1)
    assert total.max() <= 60.0 + 1e-5
    assert total[0, 4] <= 50.0 * np.log(2.0) + 1e-4


def test_a_users_own_variables_may_have_the_size_of_the_rule():
    store = plain_store()
    m = cc.model(store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    shadow = cp.Variable(m.x.size)
    plain, other = (
        cc.plan(store, objective=cc.MinimumBudget(), constraints=own, inversion=cc.inversion.Normal())
        for own in ([m.x <= 40.0], [shadow <= 40.0, m.x <= shadow])
    )
    assert other.objective_value == pytest.approx(plain.objective_value, rel=1e-6)


def test_rows_that_are_not_on_the_x_of_one_model_of_this_store_are_refused():
    store = plain_store()
    m, other = (cc.model(store, inversion=cc.inversion.Normal()) for _ in range(2))
    with pytest.raises(cc.DataError, match=r"expected a model's x"):
        cc.plan(store, constraints=[cp.Variable(m.x.size) >= 0], inversion=cc.inversion.Normal())
    with pytest.raises(cc.DataError, match="the x of 2 models"):
        cc.plan(store, constraints=[m.x >= 0, other.x >= 0], inversion=cc.inversion.Normal())
    with pytest.raises(cc.DataError, match=f"an x of size {m.x.size}"):
        cc.plan(store, cc.rules.Static(), constraints=[m.x >= 0], inversion=cc.inversion.Normal())
