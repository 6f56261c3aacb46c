"""The weakest cell as strong as it can be: no better point exists, later levels take nothing back, no cell rules."""

import dataclasses
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from test_transcription import with_enough_money

import ccinv as cc
from benchmarks import transcription
from ccinv.models.multi_period.program import state
from ccinv.objectives.max_min import together
from ccinv.solve.elastic import reach
from ccinv.verify import recompute, scores

FloatArray = NDArray[np.float64]

SIZES = ((2, 4), (2, 12), (3, 8), (5, 6), (8, 4), (12, 3), (4, 10), (20, 4), (2, 24), (30, 2))
MODES = ("mean", "chance", "mean", "monotone")
CAP = 3.0902323061678132  # score of probability 0.999
GIVEN_BACK = 1e-4  # of a score: what the weakest cells give at most so that others, without a limit of price, can rise
NORMAL = cc.inversion.Normal()


def drawn(seed: int) -> cc.Store:
    """A seeded store without a budget; lead times of one to four periods, sizes and order rows in turn."""
    rng = np.random.default_rng([seed, 41])
    n, periods = SIZES[seed % len(SIZES)]
    ages = 1 + seed % 4
    unit = 10.0 ** rng.uniform(-1, 3, n)
    mean = rng.uniform(4, 12, (n, periods)) * unit[:, None]
    important = rng.random(n) < 0.4
    important[0], important[-1] = True, False
    return cc.Store(
        unit_cost=rng.uniform(1, 60, n) / unit,
        on_hand=rng.uniform(10, 20, n) * unit * (1 + ages),
        important=important,
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.6, (n, periods))),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(ages), n)),
        service=float(rng.choice([0.8, 0.9, 0.95])),
        orders=cc.Orders(nonnegative=MODES[seed % 4]),
    )


def transcribed(store: cc.Store) -> transcription.Transcription:
    return transcription.Transcription(store, transcription.cumulative, transcription.normal)


def limited(seed: int) -> cc.Store:
    """The store with a budget some per cent above what a score of one half for every other item costs."""
    store = drawn(seed)
    return with_enough_money(store, transcribed(store), 0.02 + 0.03 * (seed % 5))


SEEDS = tuple(range(15))


def found_scores(plan: cc.Plan) -> FloatArray:
    """Scores of the final rule, (n, N), from its numbers alone."""
    numbers = recompute(plan.store, plan.rule)
    store = plan.store
    unit = np.maximum(store.demand.mean.mean(axis=1), np.sqrt((store.demand.sd**2).mean(axis=1)))[:, None]
    return scores(numbers.mean, numbers.sd, np.where(unit > 0, unit, 1.0))


def raised(store: cc.Store) -> NDArray[np.bool_]:
    """Controllable cells of items that are not important."""
    return store.controllable & ~store.important[:, None]


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_a_millionth_better_than_the_first_level_which_takes_eight_cone_programs_at_most(seed):
    store = limited(seed)
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    gamma = plan.objective_value
    assert gamma == plan.levels[0]
    # the oracle: the least v with mean ≥ γ · sd − v in all these cells, under all promises, written out one by one
    less, more = (transcribed(store).shortfall(gamma * (1 + change)) for change in (-1e-6, 1e-6))
    assert {less.status, more.status} <= {"optimal", "optimal_inaccurate"}
    assert less.value <= 0 < more.value
    program = state(store, cc.rules.Cumulative(), cc.MaxMinService(), NORMAL)
    reached = reach(program, serves_others=True)
    ready = program.with_reach(reached)
    before = len(program.outcomes)
    assert together(ready, ready.open_cells, ready.start) == pytest.approx(gamma, rel=1e-9)
    assert len(program.outcomes) - before <= 8


@pytest.mark.parametrize("seed", SEEDS)
def test_levels_rise_and_none_takes_back_what_an_earlier_one_gave(seed):
    store = limited(seed)
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    levels = np.array(plan.levels)
    assert np.all(np.diff(levels) >= 0)
    score = found_scores(plan)[raised(store)]
    # what is held may fall by a millionth of itself and of the item's natural amount, so that there is room to raise
    slack = 2e-6 * (1 + np.maximum(1.0, store.demand.mean.mean(axis=1)[:, None] / plan.sd)[raised(store)])
    slack += np.where(score <= levels[0] * (1 + 1e-3), GIVEN_BACK, 3 * GIVEN_BACK)
    assert np.all(score >= levels[0] - slack * max(1.0, levels[0]))
    below = [int((score < level - slack * max(1.0, level)).sum()) for level in levels]
    assert below[0] == 0
    assert below == sorted(below)
    for earlier, now in itertools.pairwise(levels):
        # some cell holds the earlier level down: it has that level, and not the next
        assert ((score >= earlier * (1 - 1e-5)) & (score < now * (1 - 1e-5))).any() or now - earlier < 0.01


def apart(budget: float | None, never: float = 0.3, stock: float = 24.0, periods: int = 2) -> cc.Store:
    """Item A costs nothing and may never arrive; item B arrives for certain and costs money: no common limit."""
    sales = cc.demand.Normal(np.full((2, periods), 10.0), np.full((2, periods), 3.0))
    return cc.Store(
        unit_cost=[0.0, 5.0],
        on_hand=[stock, 25.0],
        important=[False, False],
        demand=sales,
        lead_time=cc.LeadTime([[1 - never], [1.0]], [never, 0.0]),
        budget=None if budget is None else cc.Budget(budget, 0.95),
        item_id=("A", "B"),
    )


# fixed orders y: B may spend up to 5 (25 + y − 10 + κ · 3) = 130 in period 1, and has (25 + y − 20) / √18 in period 2
WITH_MONEY = (5.0 + 130.0 / 5.0 - 15.0 - 3.0 * 1.6448536269514722) / np.sqrt(18.0)


def test_levels_of_items_with_nothing_in_common_are_what_each_can_have():
    plan = cc.plan(apart(130.0), rule=cc.rules.Static(), inversion=cc.inversion.Normal())
    # A has (4 + 0.7 y) / √(18 + 0.21 y²), greatest at y = 15
    assert plan.levels == pytest.approx((np.sqrt(16 / 18 + 0.7 / 0.3), WITH_MONEY), rel=1e-6)
    assert found_scores(plan)[:, 1] == pytest.approx(plan.levels, rel=1e-5)
    assert plan.order_mean[0, 0] == pytest.approx(15.0, rel=1e-2)


def test_one_hopeless_item_does_not_rule_the_plan():
    # A has (−6 + 0.4 y) / √(18 + 0.24 y²), less than √(2/3) whatever is ordered
    plan = cc.plan(apart(130.0, never=0.6, stock=14.0), rule=cc.rules.Static(), inversion=cc.inversion.Normal())
    assert 0.7 < plan.objective_value < np.sqrt(2 / 3)
    assert plan.levels[1] == pytest.approx(WITH_MONEY, rel=1e-6)
    assert found_scores(plan)[1, 1] == pytest.approx(WITH_MONEY, rel=1e-5)
    assert plan.order_mean[0].sum() <= 10.0 * 2 * 10.0 * (1 + 1e-6)


def test_where_all_items_are_important_they_are_raised_above_their_promise():
    store = dataclasses.replace(drawn(2), important=np.ones(3, dtype=bool), service=cc.Service(0.8))
    least = transcribed(store).minimum_budget()
    assert least.status == "optimal"
    store = dataclasses.replace(store, budget=cc.Budget(1.1 * least.value, 0.95))
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    gamma = plan.objective_value
    assert gamma > float(NORMAL.kappa(0.8))
    assert found_scores(plan)[store.controllable].min() >= gamma * (1 - 2e-6) - GIVEN_BACK
    # the transcription, asked for that much from all of them, needs this budget and no less
    level = float(NORMAL.probability(gamma))
    needed = transcribed(dataclasses.replace(store, service=cc.Service(level))).minimum_budget()
    assert needed.value == pytest.approx(1.1 * least.value, rel=1e-6)


def test_where_neither_money_nor_time_is_short_the_cheapest_plan_of_999_in_1000_is_found():
    sales = cc.demand.Normal(np.full((2, 5), 10.0), np.full((2, 5), 3.0))
    store = cc.Store([4.0, 5.0], [30.0, 25.0], [False, False], sales, cc.LeadTime([1.0]))
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    assert plan.objective_value == np.inf
    assert plan.levels == (np.inf,)
    assert any("0.999" in note for note in plan.notes)
    assert found_scores(plan)[:, 1:].min() == pytest.approx(CAP, rel=1e-6)
    promised = dataclasses.replace(store, service=cc.Service(0.999))
    form = transcribed(dataclasses.replace(promised, important=np.array([True, True])))
    numbers = recompute(store, plan.rule)
    most = (numbers.dollars_mean + float(NORMAL.kappa(0.95)) * numbers.dollars_sd).max()
    # important items must cover due-outs as well: they cannot be cheaper than items that need not
    assert most <= form.minimum_budget().value * (1 + 1e-7)


def test_an_item_that_lead_times_limit_and_one_that_nothing_limits_are_told_apart():
    plan = cc.plan(apart(None, stock=14.0, periods=6), inversion=cc.inversion.Normal())
    # one order with arrival probability p: mean/sd of what arrives is √(p/(1 − p)) at the most
    assert 1.4 < plan.objective_value < np.sqrt(0.7 / 0.3)
    assert plan.objective_value == plan.levels[0]
    score = found_scores(plan)
    assert score[0, 1:].min() == pytest.approx(plan.objective_value, abs=2e-5 + GIVEN_BACK)
    assert score[1, 1:].min() >= CAP * (1 - 1e-6)
    assert plan.order_mean.sum(axis=1).max() <= 10.0 * 6 * 10.0 * (1 + 1e-6)


def test_without_a_budget_the_lead_time_alone_limits_the_score():
    sales = cc.demand.Normal(np.full((2, 6), 10.0), np.full((2, 6), 2.0))
    lead_time = cc.LeadTime([[0.5, 0.5], [0.7, 0.3]])
    store = cc.Store([4.0, 5.0], [40.0, 24.0], [True, False], sales, lead_time)
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    gamma = plan.objective_value
    assert 0 < gamma < CAP
    less, more = (transcribed(store).shortfall(gamma * (1 + change)) for change in (-1e-6, 1e-6))
    assert less.value <= 0 < more.value


@pytest.mark.parametrize("important", [[True, True], [False, False], [True, False]])
def test_a_store_that_no_order_can_help_is_planned_and_said_to_be_so(important):
    sales = cc.demand.Normal(np.full((2, 3), 10.0), np.full((2, 3), 2.0))
    store = cc.Store([4.0, 5.0], [40.0, 34.0], important, sales, cc.LeadTime([0.0, 0.0, 0.0, 1.0]))
    assert not store.controllable.any()
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    assert np.isnan(plan.objective_value)
    assert any("No order can influence" in note for note in plan.notes)
    assert np.isnan(plan.asked).all()
    # without any arrival net stock is what is left of the stock on hand
    assert plan.mean == pytest.approx(np.array([[30.0, 20.0, 10.0], [24.0, 14.0, 4.0]]), rel=1e-12)
    assert np.abs(plan.order_mean).max() < 1e-6


def test_items_whose_sales_are_certain_do_not_hold_the_others_down():
    mean = np.full((3, 5), 10.0)
    sd = np.array([[0.0], [3.0], [3.0]]) * np.ones(5)
    store = cc.Store(
        [4.0, 5.0, 6.0], [30.0, 30.0, 25.0], [False, True, False], cc.demand.Normal(mean, sd), cc.LeadTime([1.0])
    )
    least = transcribed(store).minimum_budget(gamma=0.5)
    store = dataclasses.replace(store, budget=cc.Budget(1.05 * least.value, 0.95))
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    score = found_scores(plan)
    assert np.all(score[0, 1:] == np.inf)
    assert 0.5 < plan.objective_value < np.inf
    assert score[2, 1:].min() == pytest.approx(plan.objective_value, rel=1e-5)
    assert plan.mean[0].min() >= -1e-5


def test_where_everything_is_certain_every_score_is_without_end():
    sales = cc.demand.Normal(np.full((2, 4), 10.0), np.zeros((2, 4)))
    store = cc.Store([4.0, 5.0], [20.0, 25.0], [True, False], sales, cc.LeadTime([1.0]), budget=cc.Budget(400.0, 0.95))
    plan = cc.plan(store, inversion=cc.inversion.Normal())
    assert plan.objective_value == np.inf
    assert plan.mean.min() >= -1e-5
    assert np.all(plan.promised == 1.0)


def test_progress_is_told_of_every_cone_program():
    told: list[str] = []
    plan = cc.plan(limited(3), progress=told.append, inversion=cc.inversion.Normal())
    assert len(told) == plan.solves
