"""The upper bound on the sum of service: above every decision, and as close as the ends of deviations allow."""

import dataclasses

import cvxpy as cp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr
from test_sum_of_service import drawn, program_of

import ccinv as cc
from ccinv.models.multi_period.program import MultiPeriod
from ccinv.objectives.ascent import total
from ccinv.objectives.ceiling import ceiling
from ccinv.objectives.deviations import least, most
from ccinv.verify import recompute

FloatArray = NDArray[np.float64]


def random_decisions(program: MultiPeriod, number: int) -> list[FloatArray]:
    """Decisions under the hard rows that differ as much as they can: corners for random prices."""
    rng = np.random.default_rng(92)
    size, level = program.layout.scale, program.layout.level.matrix
    room = 30 * program.store.periods * program.unit - level @ program.x - program.layout.level.constant >= 0
    bounded = cp.norm_inf(program.x / size) <= 100
    found = []
    for _ in range(number):
        price = rng.standard_normal(len(size)) / size
        outcome = program.solve(
            cp.Maximize(price @ program.x), [room, bounded, *program.held(program.important)], digits=7
        )
        assert outcome.said
        found.append(np.asarray(program.x.value))
    return found


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 6, 11])
@pytest.mark.parametrize("rule", [cc.rules.Cumulative(), cc.rules.Affine()], ids=lambda rule: type(rule).__name__)
def test_no_decision_has_more_than_the_bound_whatever_the_weights(seed, rule):
    program = program_of(drawn(seed), rule)
    cells, _ = cc.SumOfService().counted(program)
    rng = np.random.default_rng(seed)
    decisions = [*random_decisions(program, 12), program.start]
    for _ in range(3):
        weight = rng.uniform(0, 1, len(cells)) ** 4  # few of them large
        bound = ceiling(program, cells, weight).bound
        assert bound <= weight.sum() * (1 + 1e-9)
        assert max(total(program, cells, weight, x) for x in decisions) <= bound + 1e-7 * weight.sum()


@pytest.mark.parametrize("seed", [0, 1, 2, 5, 7])
@pytest.mark.parametrize("rule", [cc.rules.Cumulative(), cc.rules.Affine()], ids=lambda rule: type(rule).__name__)
def test_no_deviation_is_below_the_least_or_above_the_most_and_no_score_above_the_greatest(seed, rule):
    store = drawn(seed)
    program = program_of(store, rule)
    cells, _ = cc.SumOfService().counted(program)
    net, unit = program.net.at_cells(cells), program.unit[cells]
    narrow, score = least(net, program.layout.scale)
    wide = most(program, cells)
    assert wide is not None
    assert store.budget is not None
    for x in random_decisions(program, 10):
        mean, sd = net.mean_at(x), net.sd_at(x)
        assert np.all(sd >= narrow - 1e-9 * unit)
        assert np.all(mean <= score * sd + 1e-9 * unit)
        program.x.value = x
        found = program.layout.rule_at(x)
        items = np.unique(cells // store.periods)
        # what each item makes the dollars deviate, from its own numbers: as much as the budget allows at most
        dollars = np.stack([recompute(store.rows(i), found.rows(i)).dollars_sd for i in items[:, None]])
        left = store.budget.limit - program.dollars.mean_at(x)
        assert np.all(
            1.6448 * np.linalg.norm(dollars, axis=0) <= left + 1e-5 * program.money
        )  # corners to seven digits
        (spread,) = (variable for variable in wide.value.variables() if variable is not program.x)
        spread.value = dollars / (store.unit_cost * program.unit[:: store.periods])[items, None]
        assert np.all(sd <= wide.value.value * (1 + 1e-7) + 1e-7 * unit)


def test_the_greatest_score_of_the_first_cell_is_what_its_arrival_allows():
    # one order with arrival probability 0.7: (4 + 0.7 y) / √(18 + 0.21 y²), greatest at y = 15
    sales = cc.demand.Normal(np.full((1, 2), 10.0), np.full((1, 2), 3.0))
    store = cc.Store([1.0], [24.0], [False], sales, cc.LeadTime([0.7], [0.3]), budget=cc.Budget(100.0))
    program = program_of(store, cc.rules.Static())
    narrow, score = least(program.net.at_cells(np.array([1])), program.layout.scale)
    assert narrow == pytest.approx([np.sqrt(18)], rel=1e-12)
    assert score == pytest.approx([np.sqrt(16 / 18 + 0.7 / 0.3)], rel=1e-12)


def test_where_items_share_factors_the_budget_says_nothing_of_one_item_and_the_bound_still_holds():
    store = drawn(1)
    law = store.demand
    shared = dataclasses.replace(
        store, demand=cc.demand.FactorCopula(cc.demand.Normal(law.mean, law.sd), [0.8, 0.7, 0.9, 0.6])
    )
    program = program_of(shared)
    cells, weight = cc.SumOfService().counted(program)
    assert most(program, cells) is None
    assert most(program_of(store), cells) is not None
    bound = ceiling(program, cells, weight).bound
    assert max(total(program, cells, weight, x) for x in random_decisions(program, 8)) <= bound
    assert bound < weight.sum()


def test_where_orders_may_be_negative_only_the_greatest_scores_are_known():
    store = drawn(1)
    free = dataclasses.replace(store, orders=cc.Orders(nonnegative="none"))
    program = program_of(free)
    cells, weight = cc.SumOfService().counted(program)
    _, score = least(program.net.at_cells(cells), program.layout.scale)
    assert most(program, cells) is None
    assert ceiling(program, cells, weight).bound == pytest.approx(float(weight @ ndtr(score)), rel=1e-12)
