"""Max-min to its end: nothing can rise that takes nothing, and a hopeless cell does not take what others need."""

from __future__ import annotations

import warnings
from dataclasses import replace

import cvxpy as cp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

import ccinv as cc
from ccinv import moments

FloatArray = NDArray[np.float64]
NORMAL = cc.inversion.Normal()
CAP = 0.999
RISE = 0.005  # of a probability
HAIR = 2e-6  # of a score, by which others may fall in the eyes of a solver
MODES = ("mean", "mean", "chance", "monotone")


def tight(seed: int) -> cc.Store:
    """A seeded store with money for 0.3 to 1.1 of the way from its promises to all items promised."""
    rng = np.random.default_rng([seed, 57])
    n, periods = int(rng.integers(3, 7)), int(rng.integers(4, 8))
    ages = 1 + seed % 4
    unit = 10.0 ** rng.uniform(-1, 2, n)
    season = 1 + 0.5 * np.sin(np.arange(periods) / 2 + rng.uniform(0, 6, (n, 1)))
    mean = rng.uniform(4, 12, (n, periods)) * unit[:, None] * season
    store = cc.Store(
        unit_cost=rng.uniform(1, 60, n) / unit,
        on_hand=rng.uniform(8, 14, n) * unit * (0.6 + ages / 1.5),
        important=np.arange(n) < n // 3,
        demand=cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.6, (n, periods))),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(ages), n)),
        service=cc.Service(0.9, "best"),
        orders=cc.Orders(nonnegative=MODES[seed % 4]),
    )
    every = replace(store, important=np.ones(n, dtype=bool))
    low, high = (cc.plan(one, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value for one in (store, every))
    return replace(store, budget=cc.Budget(low + (0.3 + 0.2 * (seed % 5)) * (high - low), 0.95))


def can_rise(plan: cc.Plan) -> list[int]:
    """Cells of items without a promise, flat, that could have RISE more while no other below the cap falls.

    A program of its own, from the moments: order rows, budget and promises, every other cell held to what it has.
    """
    store = plan.store
    layout = cc.rules.Cumulative().on(store)
    net, placed, dollars = (of(store, layout) for of in (moments.net_stock, moments.orders, moments.dollars))
    mean, sd = plan.mean.ravel(), plan.sd.ravel()
    score = mean / np.maximum(sd, 1e-12)
    unit = np.repeat(store.demand.mean.mean(axis=1), store.periods)
    promised = np.flatnonzero(store.promised)
    others = np.flatnonzero(store.controllable & ~store.important[:, None])
    held = np.minimum(score, ndtri(CAP))
    held[promised] = np.minimum(score[promised], ndtri(store.service.alpha))
    found, undecided = [], 0
    for cell in others:
        share = float(ndtr(score[cell]))
        if share >= CAP - RISE or score[cell] < 0:
            continue
        y = cp.Variable(layout.size)  # in natural amounts
        x = cp.multiply(layout.scale, y)
        gain = cp.Variable()

        def least(quantity, kappa, floor, size, x=x):  # type: ignore[no-untyped-def]
            rows = []
            for k in range(len(kappa)):
                part = slice(quantity.start[k], quantity.start[k + 1])
                tail = quantity.factor.matrix[part] @ x + quantity.factor.constant[part]
                margin = (quantity.mean.matrix[[k]] @ x)[0] + quantity.mean.constant[k] - floor[k]
                rows.append(margin / size[k] >= kappa[k] * cp.norm(tail / size[k]) if kappa[k] > 0 else margin >= 0)
            return rows

        rest = np.append(others[others != cell], promised)
        kappa = np.maximum(held[rest] - HAIR, 0.0)
        floor = np.where(held[rest] > 0, 0.0, np.minimum(mean[rest], 0.0)) - 1e-9 * unit[rest]
        goal = np.array([ndtri(share + RISE)])
        assert store.budget is not None
        left = dollars.below(store.budget.limits(store.periods))
        money = np.full(store.periods, float((store.unit_cost * store.demand.mean.mean(axis=1)).sum()))
        rows = [
            *least(net.at_cells(rest), kappa, floor, unit[rest]),
            *least(net.at_cells(np.array([cell])), goal, [gain * unit[cell]], unit[[cell]]),
            *least(left, np.full(store.periods, ndtri(0.95)), -1e-9 * money, money),
            layout.bounds.matrix @ x + layout.bounds.constant >= 0,
        ]
        if store.orders.nonnegative == "monotone":
            rows.append(layout.monotone.matrix @ x + layout.monotone.constant >= 0)
        else:
            order_kappa = ndtri(store.orders.confidence) if store.orders.nonnegative == "chance" else 0.0
            rows += least(placed, np.full(len(unit), order_kappa), -1e-9 * unit, unit)
        problem = cp.Problem(cp.Maximize(gain), [*rows, gain <= 1.0])
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                problem.solve(solver=cp.CLARABEL)
        except cp.SolverError:
            undecided += 1
            continue
        if problem.status == "optimal" and gain.value > 1e-4:
            found.append(int(cell))
    assert undecided <= len(others) / 3
    return found


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 6, 13])
def test_no_cell_can_rise_while_no_other_falls(seed):
    plan = cc.plan(tight(seed), inversion=NORMAL)
    assert can_rise(plan) == []


def hopeless(seed: int) -> cc.Store:
    """A store in which lead times, or promises of one item that exclude each other, keep a cell below its level."""
    rng = np.random.default_rng([seed, 58])
    n, periods = 4, 6
    mean = rng.uniform(6, 12, (n, periods))
    share = rng.uniform(0.55, 0.8)
    store = cc.Store(
        unit_cost=rng.uniform(1, 20, n),
        on_hand=mean[:, :2].sum(axis=1) * rng.uniform(0.75, 0.95, n) + (np.arange(n) > 0) * mean[:, 2],
        important=np.arange(n) < 2,
        demand=cc.demand.Normal(mean, 0.25 * mean),
        lead_time=cc.LeadTime(np.vstack([[share, 1 - share, 0.0], rng.dirichlet([3, 2, 1], n - 1)])),
        service=cc.Service(0.95, "best"),
    )
    every = replace(store, important=np.ones(n, dtype=bool))
    low, high = (cc.plan(one, objective=cc.MinimumBudget(), inversion=NORMAL).objective_value for one in (store, every))
    return replace(store, budget=cc.Budget(1.0 + 0.5 * (low + high), 0.95))


@pytest.mark.parametrize("seed", range(20))
def test_a_hopeless_cell_has_nearly_what_it_can_and_takes_no_more_from_the_others(seed):
    store = hopeless(seed)
    plan = cc.plan(store, inversion=NORMAL)
    others = store.controllable & ~store.important[:, None]
    if len(plan.out_of_reach) != 1:
        return  # several share what is there, none alone has a greatest
    (cell,) = plan.out_of_reach
    assert store.budget is not None
    strict = replace(store, service=cc.Service(0.95, "refuse"))

    def worst(level: float) -> float | None:
        """The least probability of the others where the cell is asked for this level; None where it cannot have it."""
        levels = np.full(store.demand.mean.shape, 0.95)
        levels[cell.item, cell.period] = level
        try:
            return float(cc.plan(strict, inversion=NORMAL, levels=levels).promised[others].min())
        except cc.InfeasibleError:
            return None

    low, high = 0.5, cell.asked
    while high - low > 2e-3:
        middle = (low + high) / 2
        low, high = (low, middle) if worst(middle) is None else (middle, high)
    assert cell.attained >= low - 0.02 - 3e-3
    asked_less = worst(max(high - 0.02, 0.5))
    assert asked_less is not None
    assert plan.promised[others].min() >= asked_less - 1e-3


@pytest.mark.parametrize("seed", range(10))
def test_levels_go_on_until_one_gains_next_to_nothing_or_none_is_left(seed):
    plan = cc.plan(tight(seed), inversion=NORMAL)
    levels = np.array(plan.levels)
    others = plan.store.controllable & ~plan.store.important[:, None]
    above = (plan.mean / plan.sd)[others] > levels[-1] + 0.05
    ended = len(levels) == 10 or levels[-1] >= ndtri(CAP) or (len(levels) > 1 and levels[-1] - levels[-2] < 0.01)
    # cells that no level has left may rise a little in the end, where others give a hair
    assert ended or above.mean() <= 0.2
