"""Promises that cannot be kept: which, by how much, who is to blame, and that what the message offers can be had."""

import dataclasses
import re

import cvxpy as cp
import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy.special import ndtr

import ccinv as cc
from benchmarks import transcription

UP = 1e-4
CERTAIN = cc.LeadTime([1.0])


def store_of(
    mean: ArrayLike, sd: ArrayLike, on_hand: ArrayLike, important: ArrayLike, lead_time: cc.LeadTime, **more: object
) -> cc.Store:
    sales = np.asarray(mean, dtype=float)
    items = len(sales)
    return cc.Store(
        unit_cost=np.linspace(5.0, 6.0, items),
        on_hand=on_hand,
        important=important,
        demand=cc.demand.Normal(sales, np.broadcast_to(np.asarray(sd, dtype=float), sales.shape)),
        lead_time=lead_time,
        **more,
    )


def two_items(limit: float, important: bool, unattainable: str = "refuse") -> cc.Store:
    """Two items that order ten units each to be served half of the time: for 50 and 60 dollars."""
    return store_of(
        [[10.0, 10.0]] * 2, 3.0, [10.0, 10.0], [important, important], CERTAIN,
        budget=cc.Budget(limit, 0.5),
        service=cc.Service(0.5, unattainable),
        calendar=("2026-01", "2026-02"),
        item_id=("bolt", "nut"),
    )  # fmt: skip


NORMAL = {"inversion": cc.inversion.Normal()}


def refused(store: cc.Store, **choice: object) -> str:
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.plan(store, **NORMAL | choice)
    return str(caught.value)


def best(store: cc.Store, **choice: object) -> cc.Plan:
    return cc.plan(dataclasses.replace(store, service=cc.Service(store.service.alpha, "best")), **NORMAL | choice)


def offered(message: str) -> tuple[float, float]:
    """By how much the budget is short, and the least that would do."""
    found = re.search(r"short by ([\d,.]+): the least [a-z ]+ is ([\d,.]+) instead", message)
    assert found, message
    return float(found[1].replace(",", "")), float(found[2].rstrip(".").replace(",", ""))


def test_promises_that_can_be_kept_one_by_one_but_not_together_are_refused_and_one_is_given_up():
    # at the end of period 1 each item holds what it ordered: 50 dollars for the one, 60 for the other
    for limit in (70.0, 100.0):
        for kept in (0, 1):
            one = two_items(limit, important=True)
            alone = dataclasses.replace(one.rows(np.array([kept])), budget=cc.Budget(limit, 0.5))
            assert cc.plan(alone, inversion=cc.inversion.Normal()).promised[0, 1] >= 0.5 - 1e-6
        message = refused(two_items(limit, important=True))
        assert "1 of 2 promises of service cannot be kept" in message
        assert "1 could be kept with more money" in message
        plan = best(two_items(limit, important=True))
        assert len(plan.out_of_reach) == 1
        (cell,) = plan.out_of_reach
        # the dear one is given up: its share of a score costs most
        assert (cell.item, cell.period, cell.asked, cell.blame) == (1, 1, 0.5, "budget")
        assert plan.promised[0, 1] >= 0.5 - 1e-6
        assert plan.promised[1, 1] == pytest.approx(cell.attained, abs=1e-4)
        # what it gets is what 50 dollars for the other leave: (limit − 50) / 6 of the ten units
        assert plan.mean[1, 1] == pytest.approx((limit - 50.0) / 6 - 10.0, abs=1e-3)
        assert cell.alone == pytest.approx(0.5)
        assert plan.asked[1, 1] == pytest.approx(plan.promised[1, 1])
        assert plan.asked[0, 1] == 0.5


def test_items_without_a_promise_that_cannot_be_served_together_are_named_and_do_not_rule_the_plan():
    plan = cc.plan(two_items(70.0, important=False), inversion=cc.inversion.Normal())
    assert plan.out_of_reach == ()
    (note,) = [note for note in plan.notes if "half of the time" in note]
    assert "nut in 2026-02" in note
    assert "bolt" not in note
    # the other one has what is left
    assert plan.objective_value >= 0
    assert plan.promised[0, 1] >= 0.5 - 1e-6


def test_the_message_names_items_and_periods_as_the_user_does():
    message = refused(two_items(70.0, important=True))
    assert "item nut, period 2026-02: asked 0.5" in message
    assert 'unattainable = "best"' in message


LATE = {"mean": [[10.0, 10.0, 10.0, 10.0]], "sd": 3.0, "on_hand": [22.0], "important": [True]}


def test_what_no_order_can_mend_is_blamed_on_the_lead_time():
    # in period 3 an order of period 1 has arrived with 0.6: mean/sd is (−8 + 0.6 y) / √(27 + 0.24 y²) at the most
    store = store_of(**LATE, lead_time=cc.LeadTime([0.0, 0.6, 0.4]))
    message = refused(store, rule=cc.rules.Static())
    assert "1 of 2 promises" in message
    assert "beyond any order" in message
    plan = best(store, rule=cc.rules.Static())
    (cell,) = plan.out_of_reach
    assert (cell.period, cell.blame) == (2, "lead time")
    y = np.linspace(0, 100 * 10 * 4, 400_001)
    most = float(ndtr(((-8 + 0.6 * y) / np.sqrt(27 + 0.24 * y**2)).max()))
    assert cell.alone == pytest.approx(most, abs=1e-3)
    assert cell.attained <= cell.alone + 1e-9
    # not the least shortfall, which is no order at all, and not the last that hundreds of units buy
    assert most - 0.02 - 1e-3 <= plan.promised[0, 2] <= most - 0.01
    assert plan.order_mean[0].sum() < 250.0
    assert plan.promised[0, 3] >= 0.95 - 1e-6


def test_money_does_not_take_the_blame_for_the_lead_time():
    store = store_of(**LATE, lead_time=cc.LeadTime([0.0, 0.6, 0.4]), budget=cc.Budget(1e6, 0.95))
    assert {cell.blame for cell in best(store).out_of_reach} == {"lead time"}
    assert "budget" not in refused(store)


def test_a_rule_that_cannot_order_before_the_first_sale_is_blamed_where_a_richer_one_can():
    # math.md §2: with I1 + Q = 0 and cv = 1 the thesis rule has mean/sd at most 1 in period 2 (order a S(1))
    sales = {"mean": [[10.0] * 4], "sd": 10.0, "on_hand": [0.0], "important": [True], "lead_time": CERTAIN}
    for alpha, fits in ((0.84, True), (0.85, False)):
        store = store_of(**sales, service=alpha)
        if fits:
            plan = cc.plan(store, rule=cc.rules.Thesis(), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
            assert plan.promised[0, 1:].min() >= alpha - 1e-6
            continue
        message = refused(store, rule=cc.rules.Thesis(), objective=cc.MinimumBudget())
        assert "beyond this kind of rule" in message
        cells = best(store, rule=cc.rules.Thesis(), objective=cc.MinimumBudget()).out_of_reach
        assert {cell.blame for cell in cells} == {"rule"}
        assert cells[0].period == 1
        assert cells[0].alone == pytest.approx(float(ndtr(1.0)), abs=2e-3)
        cc.plan(store, rule=cc.rules.Cumulative(), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())


@pytest.mark.parametrize(("stock", "exclusive"), [(18.0, False), (24.0, True), (27.0, None)])
def test_promises_of_one_item_that_exclude_each_other_are_told_from_what_is_impossible(stock, exclusive):
    """A large order for period 2, half of it late, makes the next uncertain: with 24 units each can be had alone."""
    store = store_of([[10.0] * 5], 2.0, [stock], [True], cc.LeadTime([0.5, 0.5]))
    cells = best(store, objective=cc.MinimumBudget()).out_of_reach
    alone = can_be_had(store, [1])
    assert can_be_had(store, [1, 2, 3, 4]) == (exclusive is None)
    if exclusive is None:
        assert cells == ()
        return
    (cell,) = cells
    assert cell.period == 1
    assert alone == exclusive
    assert cell.blame == ("together" if exclusive else "lead time")
    message = refused(store, objective=cc.MinimumBudget())
    assert ("could be kept alone, but not along with the other promises of the same item" in message) == exclusive


def can_be_had(store: cc.Store, periods: list[int]) -> bool:
    """Whether one rule gives a one-item store its service in the given periods: a cone program of its own."""
    layout = cc.rules.Cumulative().on(store)
    x = cp.Variable(layout.size)
    excess = cp.Variable()
    rows = [layout.bounds.matrix @ x + layout.bounds.constant >= 0]
    orders = cc.moments.orders(store, layout)
    rows.append(orders.mean.matrix @ x + orders.mean.constant >= 0)
    net = cc.moments.net_stock(store, layout)
    kappa = float(cc.inversion.Normal().kappa(store.service.alpha))
    for t in periods:
        cell = net.at_cells(np.array([t]))
        mean = cell.mean.matrix @ x + cell.mean.constant
        rows.append(kappa * cp.norm(cell.factor.matrix @ x + cell.factor.constant) <= mean[0] + excess)
    problem = cp.Problem(cp.Minimize(excess), [*rows, x <= 1e4, excess >= -1.0])
    problem.solve(solver=cp.CLARABEL)
    return float(problem.value) <= 1e-6


def seeded(seed: int) -> cc.Store:
    rng = np.random.default_rng([seed, 51])
    n, periods = 4, 5
    mean = rng.uniform(5, 15, (n, periods))
    return cc.Store(
        unit_cost=rng.uniform(2, 40, n),
        on_hand=mean[:, :2].sum(axis=1) * rng.uniform(0.55, 0.8, n),
        important=[True, True, False, True],
        demand=cc.demand.Normal(mean, 0.25 * mean),
        lead_time=cc.LeadTime([[0.95, 0.05], [1.0, 0.0], [0.5, 0.5], [1.0, 0.0]]),
        service=0.9,
        item_id=("valve", "hose", "seal", "pump"),
        calendar=tuple(f"2026-W{k:02d}" for k in range(1, periods + 1)),
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_least_budget_of_the_message_is_the_least(seed):
    store = seeded(seed)
    needed = transcription.Transcription(store, transcription.cumulative, transcription.normal).minimum_budget()
    assert needed.status == "optimal"
    short = dataclasses.replace(store, budget=cc.Budget(0.93 * needed.value, 0.95))
    message = refused(short)
    missing, least = offered(message)
    assert least == pytest.approx(needed.value, rel=1e-5)
    assert least >= needed.value * (1 - 1e-8)
    assert missing == pytest.approx(0.07 * needed.value, rel=2e-4)
    cc.plan(dataclasses.replace(store, budget=cc.Budget(least, 0.95)), inversion=cc.inversion.Normal())
    refused(dataclasses.replace(store, budget=cc.Budget(least * (1 - UP), 0.95)))
    for row in message.splitlines():
        if row.startswith("    item"):
            assert re.match(r"    item (valve|hose|pump), period 2026-W0[2-5]: asked 0\.9,", row), row


@pytest.mark.parametrize("seed", range(5))
def test_the_best_service_level_of_the_message_is_the_best(seed):
    store = seeded(seed)
    needed = transcription.Transcription(store, transcription.cumulative, transcription.normal).minimum_budget()
    short = dataclasses.replace(store, budget=cc.Budget(0.97 * needed.value, 0.95))
    message = refused(short)
    found = re.search(r"accept a service level of ([\d.]+)% instead of 90\.00%", message)
    assert found, message
    level = float(found[1]) / 100
    assert 0.5 <= level < 0.9
    # rounded down to a hundredth of a per cent: it can be had as printed, and not a little more
    cc.plan(dataclasses.replace(short, service=level), inversion=cc.inversion.Normal())
    refused(dataclasses.replace(short, service=level + 3e-4))


def test_a_budget_that_no_plan_can_keep_is_told_by_how_much():
    # 100 dollars' worth in stock, 5 (20 − 10) = 50 after the first sales, for certain: no plan has less in period 1
    store = store_of([[10.0] * 3], 0.0, [20.0], [False], CERTAIN, budget=cc.Budget(45.0, 0.95))
    message = refused(store)
    assert "even with no promise of service" in message
    missing, least = offered(message)
    assert (missing, least) == (pytest.approx(5.0, rel=1e-6), pytest.approx(50.0, rel=1e-6))
    cc.plan(dataclasses.replace(store, budget=cc.Budget(least, 0.95)), inversion=cc.inversion.Normal())
    refused(dataclasses.replace(store, budget=cc.Budget(least * (1 - UP), 0.95)))


@pytest.mark.parametrize("currency", [1e-6, 1e6])
def test_amounts_keep_their_digits_in_any_currency(currency):
    store = store_of([[10.0] * 3], 0.0, [20.0], [False], CERTAIN, budget=cc.Budget(45.0 * currency, 0.95))
    store = dataclasses.replace(store, unit_cost=store.unit_cost * currency)
    missing, least = offered(refused(store))
    assert missing == pytest.approx(5.0 * currency, rel=1e-3)
    assert least == pytest.approx(50.0 * currency, rel=2e-5)
    assert least >= 50.0 * currency * (1 - 1e-9)


def test_contradictory_rows_are_told_from_a_budget_that_is_short():
    store = two_items(1e6, important=True)
    m = cc.model(store, inversion=cc.inversion.Normal())
    with pytest.raises(cc.InfeasibleError, match="contradict"):
        cc.plan(store, constraints=[m.x[-1] >= 50.0, m.x[-1] <= 10.0], inversion=cc.inversion.Normal())


def test_the_best_is_planned_where_nothing_is_short_just_as_without_it():
    store = seeded(0)
    assert cc.plan(
        store, objective=cc.MinimumBudget(), inversion=cc.inversion.Normal()
    ).objective_value == pytest.approx(best(store, objective=cc.MinimumBudget()).objective_value, rel=1e-9)
    assert best(store, objective=cc.MinimumBudget()).out_of_reach == ()
