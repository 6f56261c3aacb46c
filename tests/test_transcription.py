"""The planner against the model transcribed constraint by constraint: one optimum, whatever the units and the order."""

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

import ccinv as cc
from benchmarks import transcription

FloatArray = NDArray[np.float64]

FORMS = (
    (transcription.cumulative, cc.rules.Cumulative()),
    (transcription.thesis, cc.rules.Thesis()),
    (transcription.static, cc.rules.Static()),
)
INVERSIONS = ((transcription.normal, cc.inversion.Normal()), (transcription.cantelli, cc.inversion.Cantelli()))
MODES = ("mean", "chance", "monotone", "none")
SIZES = ((2, 4), (3, 6), (5, 8), (4, 12), (1, 24), (8, 5), (2, 2), (12, 3), (6, 6), (3, 10), (50, 2), (2, 18))
AGREED = 1e-7


def seeded_store(seed: int, rng: np.random.Generator) -> cc.Store:
    """A store whose promises can be kept under every rule, but not for nothing; items in units of 1e-2 to 1e5.

    Sizes, modes, lags, open orders and correlation take turns with the seed. Without any condition on orders ("none")
    all items are important: an order of minus infinity for another item would be the optimum (math.md §6, E10).
    """
    n, periods = SIZES[seed % len(SIZES)]
    ages = 1 + seed % 6
    mode = MODES[seed // 3 % 4]
    unit = 10.0 ** rng.uniform(-2, 5, n)
    mean = rng.uniform(5, 15, (n, periods)) * unit[:, None]
    sd = mean * rng.uniform(0.1, 0.4, (n, periods)) * (rng.random((n, periods)) < 0.9)
    lead_time = cc.LeadTime(rng.dirichlet(np.ones(ages), n))
    important = rng.random(n) < 0.5
    important[0], important[-1] = True, n == 1
    if mode == "none":
        important[:] = True
    under_way = None
    if seed % 2 and ages > 1:
        item = np.repeat(np.arange(n), 2)
        quantity = rng.uniform(2, 10, 2 * n) * unit[item]
        under_way = cc.OpenOrders(item, -rng.integers(0, ages - 1, 2 * n), quantity)
    correlation = None
    if seed % 5 in (1, 2):
        apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
        correlation = rng.uniform(0.2, 0.8) ** apart if seed % 5 == 1 else np.ones((periods, periods))
    return cc.Store(
        unit_cost=rng.uniform(1, 100, n) / unit,
        on_hand=rng.uniform(15, 45, n) * unit * (1 + ages / 2),
        important=important,
        demand=cc.demand.Normal(mean, sd, correlation),
        lead_time=lead_time,
        service=float(rng.choice([0.8, 0.9, 0.95])),
        orders=cc.Orders(nonnegative=mode, confidence=0.9, lag=int(seed % 7 == 3)),
        open_orders=under_way,
    )


def with_enough_money(store: cc.Store, model: transcription.Transcription, share: float) -> cc.Store:
    """The store with a budget `share` above what a score of one half for all other items costs at the least."""
    least = model.minimum_budget(gamma=0.5)
    assert least.status == "optimal"
    return dataclasses.replace(store, budget=cc.Budget(least.value + share * abs(least.value), 0.95))


def instance(seed: int):
    """A seeded store, its rule and inversion in the package, its transcription, and the share of money to spare."""
    rng = np.random.default_rng([seed, 30])
    store = seeded_store(seed, rng)
    form, rule = FORMS[seed % 3]
    kappa, inversion = INVERSIONS[seed // 6 % 2]
    return store, rule, inversion, lambda known: transcription.Transcription(known, form, kappa), rng.uniform(0.01, 0.2)


def others_take_part(seed: int) -> bool:
    """Whether the seeded store has items that are not important: without them there is no score to raise."""
    return MODES[seed // 3 % 4] != "none" and SIZES[seed % len(SIZES)][0] > 1


IMPOSSIBLE = (19, 200, 223)  # seeds whose promises cannot be kept for any money
VAGUE = (219,)  # the transcription, solved near the planner's score, has errors of 1e-5 (planner's score 10.23)
LEAST = [seed for seed in range(26) if seed not in IMPOSSIBLE]
MOST = [seed for seed in range(100, 124) if MODES[seed // 3 % 4] != "none"]
SCORE = [seed for seed in range(200, 234) if others_take_part(seed) and seed not in IMPOSSIBLE + VAGUE]


def test_sixty_instances_are_compared():
    assert len(LEAST) + len(MOST) + len(SCORE) >= 60


@pytest.mark.parametrize("seed", LEAST)
def test_the_least_budget_is_that_of_the_transcription(seed):
    store, rule, inversion, transcribed, _ = instance(seed)
    exact = transcribed(store).minimum_budget()
    assert exact.status == "optimal"
    plan = cc.plan(store, rule=rule, objective=cc.MinimumBudget(), inversion=inversion)
    assert plan.objective_value == pytest.approx(exact.value, rel=AGREED)


@pytest.mark.parametrize("seed", MOST)
def test_the_most_expected_stock_is_that_of_the_transcription(seed):
    store, rule, inversion, transcribed, share = instance(seed)
    store = with_enough_money(store, transcribed(store), share)
    exact = transcribed(store).expected_stock()
    assert exact.status == "optimal"
    plan = cc.plan(store, rule=rule, objective=cc.ExpectedStock(), inversion=inversion)
    assert plan.objective_value == pytest.approx(exact.value, rel=AGREED)


@pytest.mark.parametrize("seed", SCORE)
def test_the_least_score_can_be_had_in_the_transcription_and_not_a_ten_millionth_more(seed):
    store, rule, inversion, transcribed, share = instance(seed)
    store = with_enough_money(store, transcribed(store), share)
    gamma = cc.plan(store, rule=rule, objective=cc.MaxMinService(), inversion=inversion).objective_value
    less, more = (transcribed(store).shortfall(gamma * (1 + change)) for change in (-AGREED, AGREED))
    # where the solver calls its last digits inaccurate, two answers of opposite sign this close are accurate enough
    assert {less.status, more.status} <= {"optimal", "optimal_inaccurate"}
    assert less.value < 0 < more.value < less.value + 1e-4


@pytest.mark.parametrize("seed", IMPOSSIBLE)
def test_what_is_impossible_in_the_transcription_is_impossible_for_the_planner(seed):
    store, rule, inversion, transcribed, _ = instance(seed)
    assert transcribed(store).minimum_budget(gamma=0.5).status == "infeasible"
    enough = dataclasses.replace(store, budget=cc.Budget(1e3 * store.unit_cost @ store.demand.mean.sum(axis=1)))
    with pytest.raises(cc.InfeasibleError):
        cc.plan(enough, rule=rule, objective=cc.MaxMinService(), inversion=inversion)


def test_a_rule_that_never_falls_keeps_its_slope_where_the_first_sales_are_known():
    sales = cc.demand.Normal([[2.0, 2.0, 2.0]], [[0.0, 1.0, 1.0]])
    monotone = cc.Orders(nonnegative="monotone")
    store = cc.Store([1.0], [10.0], [False], sales, cc.LeadTime([1.0]), cc.Budget(10.0, 0.95), orders=monotone)
    # O(t) = D(t) keeps dollars at 10 for certain: X = 8, 8, 8
    plan = cc.plan(store, rule=cc.rules.Cumulative(), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
    assert plan.objective_value == pytest.approx(24.0, rel=AGREED)


def recounted(store: cc.Store, unit: FloatArray | float = 1.0, currency: float = 1.0) -> cc.Store:
    """The same store with items counted in other units (each of the items its own) and money in another currency."""
    factor = np.broadcast_to(unit, (store.items,))
    orders = store.open_orders
    assert orders is not None
    assert store.budget is not None
    return dataclasses.replace(
        store,
        unit_cost=store.unit_cost * currency / factor,
        on_hand=store.on_hand * factor,
        demand=cc.demand.Normal(store.demand.mean * factor[:, None], store.demand.sd * factor[:, None]),
        open_orders=cc.OpenOrders(orders.item, orders.placed, orders.quantity * factor[store.open_item]),
        budget=cc.Budget(store.budget.limit * currency, store.budget.confidence),
    )


def reordered(store: cc.Store, order: list[int]) -> cc.Store:
    """The same store with its items in another order."""
    index = np.array(order)
    position = np.argsort(index)
    orders = store.open_orders
    assert orders is not None
    return dataclasses.replace(
        store,
        unit_cost=store.unit_cost[index],
        on_hand=store.on_hand[index],
        important=store.important[index],
        weight=store.weight[index],
        demand=store.demand.rows(index),
        lead_time=store.lead_time.rows(index),
        item_id=[store.item_id[i] for i in index],
        open_orders=cc.OpenOrders(position[store.open_item], orders.placed, orders.quantity),
    )


def plain_store() -> cc.Store:
    """Four items, six periods, open orders, a budget that binds."""
    rng = np.random.default_rng(31)
    mean = rng.uniform(5, 15, (4, 6))
    store = cc.Store(
        unit_cost=rng.uniform(5, 50, 4),
        on_hand=rng.uniform(20, 60, 4),
        important=[True, False, True, False],
        demand=cc.demand.Normal(mean, 0.3 * mean),
        lead_time=cc.LeadTime(rng.dirichlet(np.ones(3), 4)),
        open_orders=cc.OpenOrders([0, 1, 3], [0, -1, 0], [5.0, 8.0, 3.0]),
    )
    return with_enough_money(
        store, transcription.Transcription(store, transcription.cumulative, transcription.normal), 0.1
    )


POWERS = range(-6, 7)
OBJECTIVES = (cc.MinimumBudget(), cc.ExpectedStock(), cc.MaxMinService())
SAME = 1e-9


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_the_optimum_does_not_depend_on_the_unit_of_count(objective):
    store = plain_store()
    base = cc.plan(store, objective=objective, inversion=cc.inversion.Normal()).objective_value
    for power in POWERS:
        grows = 10.0**power if isinstance(objective, cc.ExpectedStock) else 1.0
        value = cc.plan(
            recounted(store, unit=10.0**power), objective=objective, inversion=cc.inversion.Normal()
        ).objective_value
        assert value / grows == pytest.approx(base, rel=SAME), power


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_the_optimum_does_not_depend_on_the_currency(objective):
    store = plain_store()
    base = cc.plan(store, objective=objective, inversion=cc.inversion.Normal()).objective_value
    for power in POWERS:
        grows = 10.0**power if isinstance(objective, cc.MinimumBudget) else 1.0
        value = cc.plan(
            recounted(store, currency=10.0**power), objective=objective, inversion=cc.inversion.Normal()
        ).objective_value
        assert value / grows == pytest.approx(base, rel=SAME), power


@pytest.mark.parametrize("objective", [cc.MinimumBudget(), cc.MaxMinService()], ids=lambda aim: type(aim).__name__)
def test_every_item_may_be_counted_in_its_own_unit(objective):
    store = plain_store()
    base = cc.plan(store, objective=objective, inversion=cc.inversion.Normal()).objective_value
    value = cc.plan(
        recounted(store, unit=np.array([1e-6, 1e6, 1e3, 1.0])), objective=objective, inversion=cc.inversion.Normal()
    ).objective_value
    assert value == pytest.approx(base, rel=SAME)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: type(objective).__name__)
def test_the_optimum_does_not_depend_on_the_order_of_the_items(objective):
    store = plain_store()
    base = cc.plan(store, objective=objective, inversion=cc.inversion.Normal()).objective_value
    for order in ([3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]):
        value = cc.plan(reordered(store, order), objective=objective, inversion=cc.inversion.Normal()).objective_value
        assert value == pytest.approx(base, rel=SAME), order
