"""Policies of today: their levels are the published ones, their orders what the words say, their paths the audit's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import made_up_plan, made_up_store
from numpy.typing import NDArray
from scipy import stats

import ccinv as cc
from ccinv.auditing import audit, comparing
from ccinv.auditing.comparing import compare
from ccinv.errors import DataError
from ccinv.ledger import Movements, State, move, sample_open_ages
from ccinv.policies import BaseStock, Blocked, MinMax, Policy, ReorderPoint, customary, demand_ahead, placing
from ccinv.policies.base_stock import UpTo
from ccinv.policies.blocked import Fund, affordable
from ccinv.policies.min_max import power_amount, power_reorder
from ccinv.policies.reorder_point import Lots

FloatArray = NDArray[np.float64]
TODAY = customary(20.0, 0.02)
NAMES = ["(r,Q)", "(r,Q) blocked", "base stock", "(s,S)"]


def store_of(seed: int, items: int = 5, periods: int = 8, **changes: Any) -> cc.Store:
    """A store with seasonal demand, lead times that cross and now and then never end, orders under way, and a limit."""
    rng = np.random.default_rng([seed, 7])
    mean = rng.uniform(2, 30, (items, 1)) * rng.uniform(0.6, 1.4, (items, periods))
    weights = rng.dirichlet(np.ones(4), items)
    never = np.where(np.arange(items) % 2, 0.05, 0.0)
    given: dict[str, Any] = {
        "unit_cost": rng.uniform(1, 50, items),
        "on_hand": np.round(mean[:, 0] * rng.uniform(-0.3, 3, items)),
        "important": np.arange(items) % 2 == 0,
        "demand": cc.demand.Gamma(mean, mean * rng.uniform(0.2, 0.9, (items, 1))),
        "lead_time": cc.LeadTime(weights * (1 - never)[:, None], never),
        "open_orders": cc.OpenOrders([0, 3, 3], [0, -1, 0], [5.0, 8.0, 2.0]),
        "budget": cc.Budget(float(rng.uniform(1.2, 2.5) * (rng.uniform(1, 50, items) @ mean.max(axis=1)))),
    }
    return cc.Store(**(given | changes))


def moved(store: cc.Store, policy: Policy, paths: int = 200, seed: int = 1) -> tuple[Movements, list[State]]:
    """The store under a policy on fresh paths, and what the storekeeper saw at the end of each period."""
    rng = np.random.default_rng(seed)
    place, seen = placing(policy.on(store), store.orders.lag), []

    def watched(state: State) -> FloatArray:
        copies = {name: getattr(state, name).copy() for name in ("sales", "on_hand", "backlog", "under_way")}
        seen.append(State(state.period, **copies))
        return place(state)

    sales = store.demand.sample(rng, paths)
    ages = store.lead_time.sample(rng, (store.periods, paths))
    return move(store, sales, watched, ages, sample_open_ages(store, rng, paths)), seen


def position_of(state: State) -> FloatArray:
    return state.on_hand - state.backlog + state.under_way


# ---- the demand that an order has to last for


@pytest.mark.parametrize("lag", [0, 1, 3])
@pytest.mark.parametrize("correlated", [False, True])
def test_the_demand_ahead_has_mean_and_variance_of_the_mixture_over_lead_times(lag: int, correlated: bool) -> None:
    """Against loops over ages and a covariance matrix written out, with the last period going on beyond the horizon."""
    rng = np.random.default_rng(5)
    n, periods = 3, 6
    mean, sd = rng.uniform(1, 9, (n, periods)), rng.uniform(0.5, 4, (n, periods))
    factor = rng.normal(size=(n, periods, periods))
    correlation = factor @ factor.transpose(0, 2, 1)
    size = np.sqrt(np.diagonal(correlation, axis1=1, axis2=2))
    correlation = correlation / size[:, :, None] / size[:, None, :]
    correlation = (correlation + correlation.transpose(0, 2, 1)) / 2
    correlation[:, np.arange(periods), np.arange(periods)] = 1.0
    pmf = np.array([[0.2, 0.5, 0.3], [0.0, 0.0, 1.0], [0.3, 0.0, 0.3]])
    law = cc.demand.Normal(mean, sd, correlation=correlation if correlated else None)
    store = cc.Store(
        [1] * n, [0] * n, [True] * n, law, cc.LeadTime(pmf, [0, 0, 0.4]), orders=cc.Orders(lag=lag),
    )  # fmt: skip
    found = demand_ahead(store)
    for i in range(n):
        weights = pmf[i] / pmf[i].sum()
        covariance = np.zeros((periods + 3, periods + 3))
        inner = correlation[i] if correlated else np.eye(periods)
        covariance[:periods, :periods] = np.diag(sd[i]) @ inner @ np.diag(sd[i])
        covariance[range(periods, periods + 3), range(periods, periods + 3)] = sd[i, -1] ** 2
        longer = np.append(mean[i], [mean[i, -1]] * 3)
        for t in range(periods):
            windows = [slice(max(t + 1 - lag, 0), t + 2 + age) for age in range(3)]
            first = sum(w * longer[part].sum() for w, part in zip(weights, windows, strict=True))
            second = sum(
                w * (covariance[part, part].sum() + longer[part].sum() ** 2)
                for w, part in zip(weights, windows, strict=True)
            )
            assert found.mean[i, t] == pytest.approx(first, rel=1e-12)
            assert found.sd[i, t] ** 2 == pytest.approx(second - first**2, rel=1e-9)
        assert found.periods[i] == pytest.approx(weights @ [1, 2, 3] + lag)


# ---- base stock


def test_base_stock_with_one_certain_lead_time_has_the_closed_form_stock_and_service() -> None:
    """Net stock is S less the sales of the last L + 1 periods on every path, and is not short with probability α."""
    lead, periods, paths = 2, 9, 40_000
    store = cc.Store(
        unit_cost=[3.0, 5.0],
        on_hand=[0.0, 0.0],
        important=[True, False],
        demand=cc.demand.Normal(np.full((2, periods), 30.0), np.full((2, periods), 6.0)),
        lead_time=cc.LeadTime([0.0] * lead + [1.0]),
        service=0.95,
    )
    level = 30 * (lead + 1) + stats.norm.ppf([0.95, 0.84]) * 6 * np.sqrt(lead + 1)
    np.testing.assert_allclose(BaseStock().on(store).level, np.repeat(level[:, None], periods, axis=1), rtol=1e-12)
    store = replace(store, on_hand=level)
    found, _ = moved(store, BaseStock(), paths)
    ahead = np.cumsum(found.sales, axis=1)
    ahead[:, lead + 1 :] -= ahead[:, : -lead - 1].copy()
    np.testing.assert_allclose(found.net, level[:, None, None] - ahead, atol=1e-9)  # amounts of a hundred
    service = (found.net[:, lead:] >= 0).mean(axis=2)
    error = 4.5 * np.sqrt(0.25 / paths)
    np.testing.assert_allclose(service, np.repeat([[0.95], [0.84]], periods - lead, axis=1), atol=error)


@pytest.mark.parametrize("seed", range(4))
def test_base_stock_orders_what_was_sold_and_what_the_level_has_risen_by(seed: int) -> None:
    store = store_of(seed)
    found, seen = moved(store, BaseStock())
    level = BaseStock().on(store).level
    for t, state in enumerate(seen):
        expected = np.maximum(level[:, t, None] - position_of(state), 0)
        np.testing.assert_allclose(found.orders[:, t], expected, atol=1e-9)


# ---- (r,Q)


@given(
    reorder=st.floats(-50, 50, width=32),
    quantity=st.floats(0.125, 40, width=32),
    position=st.floats(-200, 200, width=32),
)
def test_after_ordering_the_position_is_above_the_reorder_point_by_one_quantity_at_most(
    reorder: float, quantity: float, position: float
) -> None:
    order = float(Lots(np.array([[reorder]]), np.array([quantity])).order(0, np.array([[position]]))[0, 0])
    if position > reorder:
        assert order == 0
        return
    lots = order / quantity
    assert lots == pytest.approx(round(lots))
    assert round(lots) >= 1
    rounding = 1e-9 * (abs(reorder) + abs(position) + quantity)
    assert reorder - rounding <= position + order <= reorder + quantity + rounding
    assert position + order - quantity <= reorder + rounding, "one quantity less would not have been enough"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_where_every_order_is_paid_positions_stay_within_one_quantity_above_the_reorder_point(
    seed: int, whole: bool
) -> None:
    store = store_of(seed, orders=cc.Orders(whole=whole))
    policy = ReorderPoint(20.0, 0.02)
    found, seen = moved(store, policy)
    lots = policy.on(store)
    assert isinstance(lots, Lots)
    for t, state in enumerate(seen):
        before, after = position_of(state), position_of(state) + found.orders[:, t]
        low, high = lots.reorder[:, t, None], (lots.reorder[:, t] + lots.quantity)[:, None]
        assert ((found.orders[:, t] == 0) == (before > low)).all()
        assert (after >= low - 1e-9).all()
        assert (np.where(before <= low, after, high) <= high + 1e-9).all()
    ratio = found.orders / lots.quantity[:, None, None]
    np.testing.assert_allclose(ratio, np.round(ratio), atol=1e-9)  # ratios of a few dozen


def test_the_economic_quantity_balances_orders_against_holding() -> None:
    """d/Q · K = Q/2 · hc: the cost of ordering per period equals that of holding half a quantity."""
    store = store_of(1)
    lots = ReorderPoint(order_cost=3.0, holding_rate=0.4).on(store)
    rate = store.demand.mean.mean(axis=1)
    assert (lots.quantity < store.demand.mean.sum(axis=1)).all()
    np.testing.assert_allclose(rate / lots.quantity * 3.0, lots.quantity / 2 * 0.4 * store.unit_cost, rtol=1e-12)
    cost = [
        rate / q * 3.0 + q / 2 * 0.4 * store.unit_cost
        for q in (lots.quantity, 0.9 * lots.quantity, 1.1 * lots.quantity)
    ]
    assert (cost[0] < cost[1]).all()
    assert (cost[0] < cost[2]).all()


def test_no_quantity_is_larger_than_what_the_horizon_needs() -> None:
    store = store_of(2, unit_cost=np.zeros(5))
    total = store.demand.mean.sum(axis=1)
    np.testing.assert_allclose(ReorderPoint(20.0, 0.02).on(store).quantity, total)
    levels = MinMax(20.0, 0.02).on(store)
    np.testing.assert_allclose(levels.level - levels.reorder, np.repeat(total[:, None], 8, axis=1))


def test_orders_that_cost_nothing_bring_the_position_to_the_reorder_point() -> None:
    store = store_of(3)
    lots = ReorderPoint(0.0, 0.02).on(store)
    position = np.full((5, 1), -4.0)
    np.testing.assert_allclose(position + lots.order(2, position), lots.reorder[:, 2, None])


def test_whole_units_are_rounded_up_in_levels_and_to_the_nearest_in_quantities() -> None:
    store = store_of(4)
    whole = replace(store, orders=cc.Orders(whole=True))
    policy = ReorderPoint(20.0, 0.02)
    np.testing.assert_array_equal(policy.on(whole).reorder, np.ceil(policy.on(store).reorder))
    np.testing.assert_array_equal(policy.on(whole).quantity, np.maximum(np.round(policy.on(store).quantity), 1))
    for each in TODAY:
        orders = moved(whole, each)[0].orders
        np.testing.assert_array_equal(orders, np.round(orders))


# ---- (s,S)


def test_the_power_approximation_gives_the_published_levels() -> None:
    """Snyder and Shen 2019, example 4.7: h = 0.18, p = 0.70, K = 2.5, demand of mean 50 and deviation 8."""
    mean, sd = np.array(50.0), np.array(8.0)
    amount = power_amount(mean, sd, np.array(2.5 / 0.18))
    reorder = power_reorder(mean, sd, amount, np.array(0.70 / 0.18))
    assert float(reorder) == pytest.approx(40.19461695647407, rel=1e-12)
    assert float(reorder + amount) == pytest.approx(74.29017010980579, rel=1e-12)


def cost_of(s: int, S: int, mean: float, lead: int, order: float, penalty: float) -> float:
    """Mean cost per period of (s,S) for Poisson demand, holding cost 1, by the Markov chain of the position."""
    one = stats.poisson(mean).pmf(np.arange(S - s + 1))
    states = np.arange(s + 1, S + 1)  # after ordering
    chain = np.zeros((len(states), len(states)))
    for row, y in enumerate(states):
        for d in range(y - s):
            chain[row, y - d - (s + 1)] += one[d]
        chain[row, -1] += 1 - one[: y - s].sum()  # at s or below: ordered up to S
    law = np.linalg.matrix_power(chain, 2**12)[0]
    ahead = stats.poisson(mean * (lead + 1))
    demand = np.arange(int(ahead.ppf(1 - 1e-12)) + 1)
    held = np.array([ahead.pmf(demand) @ np.maximum(y - demand, 0) for y in states])
    owed = np.array([ahead.pmf(demand) @ np.maximum(demand - y, 0) for y in states])
    ordered = np.array([1 - one[: y - s].sum() for y in states])
    return float(law @ (held + penalty * owed + order * ordered))


@pytest.mark.parametrize(("mean", "order"), [(4.0, 32.0), (10.0, 64.0)])
def test_min_max_levels_cost_no_more_than_two_per_cent_above_the_best(mean: float, order: float) -> None:
    """Poisson demand, two periods of lead time: against all levels near, each costed by its Markov chain."""
    store = cc.Store(
        unit_cost=[1.0],
        on_hand=[0.0],
        important=[True],
        demand=cc.demand.Poisson(np.full((1, 40), mean)),
        lead_time=cc.LeadTime([0.0, 0.0, 1.0]),
        service=0.9,
        orders=cc.Orders(whole=True),
    )
    levels = MinMax(order_cost=order, holding_rate=1.0).on(store)
    s, S = int(levels.reorder[0, 0]), int(levels.level[0, 0])
    assert (levels.level[0] == S).all()
    near = [cost_of(s + i, S + j, mean, 2, order, 9.0) for i in range(-4, 5) for j in range(-6, 7) if S + j > s + i + 1]
    assert cost_of(s, S, mean, 2, order, 9.0) <= 1.02 * min(near)


@given(position=st.floats(-100, 100), low=st.floats(-40, 40), gap=st.floats(0, 30), whole=st.booleans())
def test_min_max_orders_up_to_its_level_at_the_reorder_level_and_below_and_else_nothing(
    position: float, low: float, gap: float, whole: bool
) -> None:
    order = float(UpTo(np.array([[low]]), np.array([[low + gap]]), whole).order(0, np.array([[position]]))[0, 0])
    if position > low:
        assert order == 0
    elif whole:
        assert order == round(order)
        assert low + gap - 1e-6 <= position + order < low + gap + 1
    else:
        assert position + order == pytest.approx(low + gap, abs=1e-9)


def test_where_orders_are_small_min_max_does_not_exceed_the_base_stock() -> None:
    store = store_of(6)
    base = BaseStock().on(store).level
    levels = MinMax(order_cost=1e-4, holding_rate=0.5).on(store)
    np.testing.assert_allclose(levels.level, np.minimum(levels.level, base))
    assert (levels.reorder <= levels.level).all()


# ---- the fund


@given(st.data())
def test_what_the_fund_pays_is_what_going_through_the_orders_one_by_one_would_pay(data: st.DataObject) -> None:
    items, paths = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 4))
    whole = st.integers(0, 12)  # sums of whole numbers are exact in any sequence
    cost = np.array(
        data.draw(st.lists(st.lists(whole, min_size=paths, max_size=paths), min_size=items, max_size=items))
    )
    left = np.array(data.draw(st.lists(st.integers(-5, 40), min_size=paths, max_size=paths)))
    expected = np.zeros((items, paths))
    for path in range(paths):
        rest = float(left[path])
        for item in range(items):
            if cost[item, path] == 0 or cost[item, path] <= rest:
                expected[item, path] = 1.0
                rest -= cost[item, path]
    np.testing.assert_array_equal(affordable(cost.astype(float), left.astype(float)), expected)


@pytest.mark.parametrize("inner", [ReorderPoint(20.0, 0.02), BaseStock(0.95), MinMax(20.0, 0.02)])
@pytest.mark.parametrize("seed", range(3))
def test_blocked_orders_never_take_the_dollars_obligated_beyond_the_limit(seed: int, inner: Policy) -> None:
    store = store_of(seed)
    assert store.budget is not None
    limit = store.budget.limits(store.periods)
    found, seen = moved(store, Blocked(inner))
    free, _ = moved(store, inner)
    blocked = 0
    for t, state in enumerate(seen):
        wanted = inner.on(store).order(t, position_of(state))
        ordered = found.orders[:, t]
        assert ((ordered == wanted) | (ordered == 0)).all(), "an order goes out whole or not at all"
        assert (found.dollars[t] <= limit[t] * (1 + 1e-12))[ordered.sum(axis=0) > 0].all()
        waits = (ordered == 0) & (wanted > 0)
        cost = store.unit_cost[:, None] * wanted
        assert (cost > (limit[t] - found.dollars[t]) * (1 - 1e-12))[waits].all(), "what waits cannot be paid"
        blocked += int(waits.sum())
    assert blocked > 0, "the fund must matter here"
    assert (free.dollars > limit[:, None]).any()


def test_the_fund_serves_the_most_urgent_first_and_of_equals_the_first() -> None:
    """Rooms of −2, −1, −2 and 1 deviations; money for two of the four orders of one unit each."""
    store = replace(store_of(0, items=4, open_orders=None), unit_cost=np.full(4, 10.0))
    ahead = replace(demand_ahead(store), mean=np.zeros((4, 8)), sd=np.ones((4, 8)))
    position = np.array([[-2.0], [-1.0], [-2.0], [1.0]])
    need = UpTo(position, position + 1.0, False)
    spent = float(10.0 * position.sum())
    for money, first in ((10.0, [1, 0, 0, 0]), (20.0, [1, 0, 1, 0]), (39.0, [1, 1, 1, 0]), (40.0, [1, 1, 1, 1])):
        fund = Fund(need, ahead, store.unit_cost, np.array([spent + money]))
        np.testing.assert_array_equal(fund.order(0, position)[:, 0], first)


def test_a_limit_that_nothing_reaches_blocks_nothing() -> None:
    store = replace(store_of(1), budget=cc.Budget(1e9))
    for inner in (ReorderPoint(20.0, 0.02), BaseStock()):
        np.testing.assert_array_equal(moved(store, Blocked(inner))[0].orders, moved(store, inner)[0].orders)


# ---- the ledger, unit by unit


def by_hand(
    store: cc.Store, policy: str, levels: Any, sales: FloatArray, ages: Any, open_ages: Any
) -> list[list[float]]:
    """Net stock of every item and period on one path, in plain Python: a list of arrivals, one item after the other."""
    n, periods = sales.shape
    stock, expected, net = list(store.on_hand), [], [[0.0] * periods for _ in range(n)]
    for k, item in enumerate(store.open_item):
        expected.append((int(store.open_orders.placed[k]) + int(open_ages[k]) + 1, item, store.open_orders.quantity[k]))
    ordered = [sum(q for _, i, q in expected if i == item) for item in range(n)]
    sold = [0.0] * n
    for t in range(1, periods + 1):
        for usable, item, quantity in expected:
            if usable == t:
                stock[item] += quantity
        wanted = []
        for i in range(n):
            stock[i] -= sales[i, t - 1]
            sold[i] += sales[i, t - 1]
            net[i][t - 1] = stock[i]
            position = store.on_hand[i] + ordered[i] - sold[i]
            amount = 0.0
            if policy == "rq":
                while position + amount <= levels.reorder[i, t - 1]:
                    amount += levels.quantity[i]
            elif position <= levels.reorder[i, t - 1]:
                amount = max(levels.level[i, t - 1] - position, 0.0)
            wanted.append(amount)
        for i, amount in enumerate(wanted):
            if amount > 0:
                ordered[i] += amount
                if ages[i, t - 1] <= periods:
                    expected.append((t + int(ages[i, t - 1]) + 1, i, amount))
    return net


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["rq", "base-stock", "ss"])
def test_the_ledger_moves_policies_as_a_loop_over_units_of_paper_does(seed: int, name: str) -> None:
    store = store_of(seed)
    policy = {"rq": ReorderPoint(20.0, 0.02), "base-stock": BaseStock(), "ss": MinMax(20.0, 0.02)}[name]
    levels = policy.on(store)
    rng = np.random.default_rng([seed, 3])
    paths = 5
    sales = store.demand.sample(rng, paths)
    ages = store.lead_time.sample(rng, (store.periods, paths))
    open_ages = sample_open_ages(store, rng, paths)
    found = move(store, sales, placing(levels, 0), ages, open_ages)
    for path in range(paths):
        expected = by_hand(store, name, levels, sales[:, :, path], ages[:, :, path], open_ages[:, path])
        np.testing.assert_allclose(found.net[:, :, path], expected, atol=1e-8)  # amounts of a hundred


@pytest.mark.parametrize("policy", [*TODAY, Blocked(BaseStock())], ids=lambda policy: policy.name)
def test_nothing_appears_or_vanishes_under_a_policy(policy: Policy) -> None:
    store = store_of(2)
    found, seen = moved(store, policy)
    start = store.on_hand + store.on_order
    position = start[:, None, None] + np.cumsum(found.orders - found.sales, axis=1)
    after = np.array([position_of(state) for state in seen]).transpose(1, 0, 2) + found.orders
    np.testing.assert_allclose(after, position, atol=1e-8)  # amounts of a hundred
    np.testing.assert_allclose(found.dollars, np.einsum("i,itp->tp", store.unit_cost, position), rtol=1e-9, atol=1e-6)
    assert (found.orders >= 0).all()


@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize("policy", [*TODAY, Blocked(BaseStock())], ids=lambda policy: policy.name)
def test_sales_that_are_seen_late_are_not_ordered_for_before(policy: Policy, lag: int) -> None:
    store = store_of(3, orders=cc.Orders(lag=lag))
    rng = np.random.default_rng(9)
    sales = store.demand.sample(rng, 50)
    ages = store.lead_time.sample(rng, (store.periods, 50))
    open_ages = sample_open_ages(store, rng, 50)
    changed = sales.copy()
    changed[:, 4] += 7.0
    one, other = (move(store, s, placing(policy.on(store), lag), ages, open_ages).orders for s in (sales, changed))
    np.testing.assert_allclose(one[:, : 4 + lag], other[:, : 4 + lag], atol=1e-9)  # amounts of a hundred
    assert not np.allclose(one[:, 4 + lag], other[:, 4 + lag])


# ---- beside a plan


@pytest.fixture(scope="module")
def plan() -> cc.Plan:
    return made_up_plan(made_up_store(12, 6), too_much=2)


def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several blocks of paths and several pieces of items, in the audit and in the comparison alike."""
    monkeypatch.setattr("ccinv.auditing.pieces.CELLS", 6 * 5 * 300)
    monkeypatch.setattr("ccinv.auditing.pieces.FEWEST", 300)
    monkeypatch.setattr("ccinv.auditing.pieces.MOST", 300)


@pytest.mark.parametrize("pieces", [False, True])
def test_the_plan_meets_the_paths_of_its_audit(plan: cc.Plan, pieces: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last path: service, joint service, budget; means to rounding."""
    if pieces:
        small_pieces(monkeypatch)
    for seed in (1, 5):
        own = compare(plan, TODAY, paths=1_000, seed=seed).conducts[0]
        judged = audit(plan, 1_000, seed)
        np.testing.assert_array_equal(own.service, judged.service)
        np.testing.assert_array_equal(own.joint_controllable, judged.joint_controllable)
        np.testing.assert_array_equal(own.within, judged.budget)
        np.testing.assert_allclose(own.dollars, judged.budget_mean, rtol=1e-12)
        np.testing.assert_allclose(own.backlog, judged.backlog_mean, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(own.stock - own.backlog, judged.stock_mean, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(own.orders, judged.order_mean, rtol=1e-9, atol=1e-12)


def test_the_plan_meets_the_paths_of_its_audit_where_items_sell_together(
    plan: cc.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And policies that see all items at once meet them too, however the draws are cut."""
    small_pieces(monkeypatch)
    monkeypatch.setattr(comparing, "HELD", 12 * 6 * 170)
    law = cc.demand.FactorCopula(plan.store.demand, np.linspace(0.2, 0.9, 12))
    together = replace(plan, store=replace(plan.store, demand=law))
    judged, apart = audit(together, 1_000), compare(plan, [], paths=1_000).conducts[0]
    own = compare(together, [], paths=1_000).conducts[0]
    np.testing.assert_array_equal(own.service, judged.service)
    np.testing.assert_array_equal(own.within, judged.budget)
    assert own.within[-1] < apart.within[-1] - 0.01, "sales that rise and fall together make dollars vary more"
    rich = replace(together, budget_limit=np.full(6, 1e9))
    _, alone, paid = compare(rich, [BaseStock(), Blocked(BaseStock())], paths=1_000).conducts
    np.testing.assert_array_equal(paid.service, alone.service)
    np.testing.assert_allclose(paid.dollars_high, alone.dollars_high, rtol=1e-12)


def test_policies_meet_the_sales_and_arrivals_of_the_plan(plan: cc.Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy that orders what the plan orders comes to the same numbers, asked item by item or all together."""
    small_pieces(monkeypatch)
    position = (plan.store.on_hand + plan.store.on_order)[:, None] + np.linspace(5, 40, 6)
    as_rule = replace(plan, rule=type(plan.rule)(np.ones((12, 6)), np.linspace(5, 40, 6) * np.ones((12, 1))))

    class Same:
        name = words = "same"

        def on(self, store: cc.Store) -> UpTo:
            return UpTo(position, position, store.orders.whole)

    class Unlimited:
        name = words = "same, from a fund without end"

        def on(self, store: cc.Store) -> Fund:
            return Fund(Same().on(store), demand_ahead(store), store.unit_cost, np.full(6, 1e12))

    monkeypatch.setattr(comparing, "HELD", 12 * 6 * 170)  # the paths of a block in two shares
    monkeypatch.setattr(comparing, "MOVED", 12 * 6 * 50)  # and each of them in four
    first, *others = compare(as_rule, [Same(), Unlimited()], paths=1_000).conducts
    for other in others:
        np.testing.assert_array_equal(other.service, first.service)
        np.testing.assert_allclose(other.dollars_high, first.dollars_high, rtol=1e-12)
        np.testing.assert_allclose(other.backlog, first.backlog, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(other.orders, first.orders, rtol=1e-9)


def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_workers(
    plan: cc.Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_pieces(monkeypatch)
    one, two = (compare(plan, TODAY, paths=900, seed=3, workers=workers) for workers in (1, 2))
    for a, b in zip(one.conducts, two.conducts, strict=True):
        for name in ("service", "stock", "backlog", "orders", "ordered", "dollars", "dollars_high", "within"):
            assert getattr(a, name).tobytes() == getattr(b, name).tobytes()


def test_the_table_says_what_the_cells_say(plan: cc.Plan) -> None:
    found = compare(plan, TODAY, paths=2_000)
    lines = found.figures()
    assert [line.name for line in lines] == ["plan", *NAMES]
    store = plan.store
    for line, one in zip(lines, found.conducts, strict=True):
        important = [
            one.service[i, t] for i in range(12) for t in range(6) if store.important[i] and store.controllable[i, t]
        ]
        assert line.service == pytest.approx(np.mean(important))
        assert line.least == min(important)
        asked = [(one.service[i, t], plan.asked[i, t]) for i, t in np.argwhere(np.isfinite(plan.asked))]
        assert line.met == pytest.approx(np.mean([found >= level - 0.005 for found, level in asked]))
        assert line.within == one.within.min()
        assert line.dollars_high == one.dollars_high.max() >= line.dollars
        assert line.stock - line.backlog == pytest.approx((store.unit_cost @ (one.stock - one.backlog)).mean())
    assert lines[1].orders < lines[3].orders, "(r,Q) orders less often than base stock"
    assert lines[3].dollars < lines[1].dollars, "and ties up more money"


def test_policies_can_be_told_apart_by_name(plan: cc.Plan) -> None:
    rich = BaseStock(0.99, name="base stock, 99 %")
    found = compare(plan, [BaseStock(), rich, Blocked(rich)], paths=500).figures()
    assert [line.name for line in found[1:]] == ["base stock", "base stock, 99 %", "base stock, 99 % blocked"]
    assert (found[2].others or 0) > (found[1].others or 0)


def test_real_sales_are_met_as_they_were(plan: cc.Plan) -> None:
    """With sales given there is nothing random in positions: dollars and orders are the same on every path."""
    rng = np.random.default_rng(2)
    sales = plan.store.demand.sample(rng, 1)[:, :, 0]
    found = compare(plan, TODAY, paths=500, sales=sales)
    for one in found.conducts:
        np.testing.assert_allclose(one.dollars, one.dollars_high, rtol=1e-12)
        assert set(np.unique(one.within)) <= {0.0, 1.0}
        assert set(np.unique(one.ordered)) <= {0.0, 1.0}
    np.testing.assert_allclose(found.conducts[0].orders, plan.orders(sales), rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(found.sales, sales)


def test_the_limit_is_the_one_that_the_plan_was_held_to(plan: cc.Plan) -> None:
    """A plan of least money has a limit that its store does not know of."""
    free = replace(plan, store=replace(plan.store, budget=None))
    assert free.store.budget is None
    found = compare(free, [Blocked(BaseStock())], paths=200)
    assert found.store.budget is not None
    np.testing.assert_array_equal(found.store.budget.limits(6), plan.budget_limit)
    none = replace(free, budget_limit=None)
    assert compare(none, [BaseStock()], paths=200).figures()[1].within is None


def faults_of(policy: Policy, store: cc.Store) -> list[str]:
    with pytest.raises(DataError) as caught:
        policy.on(store)
    return [str(fault) for fault in caught.value.faults]


def test_every_item_whose_costs_are_not_known_is_named() -> None:
    store = store_of(1)
    cost = np.array([1.0, np.nan, 2.0, -3.0, 4.0])
    for policy in (ReorderPoint(cost, 0.02), MinMax(cost, 0.02)):
        one, two = faults_of(policy, store)
        assert "order_cost, item item-2: found nothing" in one
        assert "[policies] order_cost" in one
        assert "item-4" in two
        assert "-3" in two
    assert "holding_rate: found 0" in faults_of(ReorderPoint(1.0, 0.0), store)[0]
    assert "shape (2,)" in faults_of(ReorderPoint([1.0, 2.0], 0.1), store)[0]
    for others in (95, 0.3, 1.0, float("nan"), "0.9", None):
        assert "a probability" in faults_of(BaseStock(others), store)[0]  # type: ignore[arg-type]
    assert "[budget] limit" in faults_of(Blocked(BaseStock()), replace(store, budget=None))[0]


def test_what_cannot_be_replayed_is_said(plan: cc.Plan) -> None:
    hole = np.ones((12, 6))
    hole[3, 2] = np.nan
    for wrong, words in (
        ({"paths": 0}, "paths"),
        ({"seed": -1}, "seed"),
        ({"sales": np.ones((12, 5))}, "shape"),
        ({"sales": hole}, f"item {plan.store.item_id[3]}, period {plan.store.calendar[2]}"),
    ):
        with pytest.raises(DataError, match=words):
            compare(plan, TODAY, **wrong)
