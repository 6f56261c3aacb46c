"""Rules on fixed paths: orders as they are executed, slopes, lattices, and what can be computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulator import simulate

import ccinv as cc
from ccinv.inversion import Normal
from ccinv.ledger import replay_known
from ccinv.models.multi_period.program import money_unit
from ccinv.result import PooledRule
from ccinv.rules import Cumulative, Static, Thesis
from ccinv.rules.layout import seen_mean
from ccinv.sample_path import Loss, Question
from ccinv.sample_path.atoms import Wanted, placed
from ccinv.sample_path.climbing import climbed
from ccinv.sample_path.coefficients import decision, levels_of, order_up_to
from ccinv.sample_path.descent import Point
from ccinv.sample_path.draws import drawn
from ccinv.sample_path.exact import certain
from ccinv.sample_path.exchanges import exchanged
from ccinv.sample_path.lattice import divisor, lattice
from ccinv.sample_path.moving import moved, wanted
from ccinv.sample_path.placing import Placing
from ccinv.sample_path.problem import Problem, allowed_falls
from ccinv.sample_path.program import Corner, Move
from ccinv.sample_path.reading import read
from ccinv.solve.simplex import vertex


def crossing(law: cc.demand.Law, **more: object) -> cc.Store:
    """Orders of age 0 to 2, one of twenty never, and open orders."""
    items = len(law.mean)
    lead = cc.LeadTime(np.tile([0.3, 0.35, 0.3], (items, 1)), never=0.05)
    some = {"on_hand": np.full(items, 30.0), "open_orders": cc.OpenOrders([0, 0], [0, -1], [12.0, 7.0])} | more
    return cc.Store(np.arange(1.0, items + 1), important=[True] * items, demand=law, lead_time=lead, **some)


def gammas() -> cc.Store:
    mean = np.array([[10.0, 14, 6, 12, 9, 15], [20.0, 18, 25, 22, 19, 24]])
    return crossing(cc.demand.Gamma(mean, 0.6 * mean))


def ladder(store: cc.Store, rng: np.random.Generator) -> np.ndarray:
    """Some levels, rising and falling."""
    mean = store.demand.mean
    return np.round(mean * rng.uniform(1.5, 4.0, mean.shape), 1)


# orders, stock and slopes


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("lag", [0, 2])
def test_stock_on_fixed_paths_is_what_the_ledger_has_for_the_same_sales_and_ages(whole, lag):
    rng = np.random.default_rng(4)
    store = crossing(gammas().demand, orders=cc.Orders(whole=whole, lag=lag), open_orders=None)
    draws = drawn(store, 400, (1, 2)).pieces[0]
    slope, level = rng.uniform(0.5, 1.5, draws.sold.shape[:2]), rng.normal(10, 15, draws.sold.shape[:2])
    now = moved(draws, wanted(draws, slope, level), whole)
    rule = PooledRule(slope, level - slope * seen_mean(store), lag)
    sales = np.diff(draws.sold, axis=1, prepend=0.0)
    ledger = replay_known(store, rule, sales, draws.age.astype(np.int64), np.zeros((0, 400), dtype=np.int64))
    np.testing.assert_allclose(now.net, ledger.net, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(now.ordered, np.cumsum(ledger.orders, axis=1), rtol=1e-9, atol=1e-9)


def test_open_orders_arrive_on_fixed_paths_as_they_do_event_by_event():
    store = gammas()
    paths = drawn(store, 200_000, (3, 1))
    idle = np.concatenate([draws.idle for draws in paths.pieces])
    seen = simulate(store, PooledRule(np.zeros((2, 6)), np.zeros((2, 6))), 200_000, 8)
    error = seen.stock_sd / np.sqrt(100_000)
    np.testing.assert_allclose(idle.mean(axis=2), seen.stock_mean, atol=float(5 * error.max()))


def question(store: cc.Store, **more: object) -> Question:
    level = np.where(store.promised, 0.9, np.nan)
    return Question(level, 0.95, Normal(), **more)


@pytest.mark.parametrize("lag", [0, 1])
def test_slopes_are_what_a_small_step_changes(lag):
    rng = np.random.default_rng(5)
    store = crossing(gammas().demand, orders=cc.Orders(lag=lag))
    loss = Loss(np.full((2, 6), 3.0), np.ones((2, 6)), np.full(2, 0.5))
    ask = question(store, loss=loss, limit=np.full(6, 400.0), rising=0.8)
    paths = drawn(store, 4_000, (1, 7))
    slope = rng.uniform(0.8, 1.4, (2, 6))
    level = ladder(store, rng) - (store.on_hand + store.on_order)[:, None] + seen_mean(store)
    before = read(paths, slope, level, ask, 0.0, np.ones(2))
    turn, bend = 1e-4 * rng.normal(size=(2, 6)), 1e-5 * rng.normal(size=(2, 6))
    after = read(paths, slope + bend, level + turn, ask, 0.0, np.ones(2))
    item = before.cells // 6

    def moves(slopes, row):
        return (slopes.level * turn[row]).sum(axis=-1) + (slopes.seen * bend[row]).sum(axis=-1)

    # a path that changes its place among those averaged over is one of some eighty
    close = {"rtol": 0.02, "atol": 2e-5}
    np.testing.assert_allclose(after.reserve - before.reserve, moves(before.reserve_slopes, item), **close)
    np.testing.assert_allclose(
        (after.orders - before.orders).ravel(), moves(before.order_slopes, np.repeat([0, 1], 6)), **close
    )
    by_period = np.einsum("tir,ir->t", before.dollar_slopes.level, turn)
    by_period += np.einsum("tir,ir->t", before.dollar_slopes.seen, bend)
    np.testing.assert_allclose(after.dollars - before.dollars, by_period, rtol=0.05, atol=1e-4)
    change = (before.loss_slopes.level * turn).sum() + (before.loss_slopes.seen * bend).sum()
    assert after.loss - before.loss == pytest.approx(change, rel=0.02)


def test_a_reserve_of_zero_is_a_share_as_asked():
    store = gammas()
    rng = np.random.default_rng(6)
    paths = drawn(store, 20_000, (2, 2))
    level = ladder(store, rng) - (store.on_hand + store.on_order)[:, None] + seen_mean(store)
    seen = read(paths, np.ones((2, 6)), level, question(store), 0.0, np.ones(2))
    share = seen.share.ravel()[seen.cells]
    assert (seen.reserve > 0.3).any()
    assert (seen.reserve < -0.3).any()
    assert (share[seen.reserve > 0.3] > 0.9).all()
    assert (share[seen.reserve < -0.3] < 0.9).all()


# lattices


@given(st.integers(1, 400), st.lists(st.integers(1, 500), min_size=1, max_size=20), st.sampled_from([1.0, 0.1, 2.5]))
def test_the_divisor_of_multiples_divides_them_and_is_a_multiple_of_their_grain(grain, counts, unit):
    values = np.array(counts) * grain * unit
    found = divisor(values)
    steps = values / found
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    assert found / (grain * unit) == pytest.approx(np.gcd.reduce(counts), rel=1e-6)


def test_amounts_have_no_lattice_and_every_kind_of_count_has_its_own():
    mean = np.full((1, 4), 8.0)
    laws = [
        cc.demand.Poisson(mean),
        cc.demand.NegativeBinomial(mean, mean),
        cc.demand.Discrete([0.0, 12.0, 30.0], [0.2, 0.5, 0.3], periods=4),
        cc.demand.Empirical([[5.0, 0.0, 15.0, 10.0]]),
        cc.demand.Gamma(mean, mean / 2),
        cc.demand.Poisson(1e8 * mean),
    ]
    store = crossing(cc.demand.PerItem(laws), open_orders=None)
    np.testing.assert_allclose(lattice(store), [1, 1, 6, 5, 0, 0])


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
@example(1187)  # no single level helps: a rise makes the next order smaller, which may come sooner
@example(161)  # a level that is lowered until it sleeps
@example(1046)  # a level that is raised far too high on the way
def test_levels_on_a_lattice_keep_every_promise_and_none_can_be_a_grain_lower(seed):
    rng = np.random.default_rng(seed)
    mean = rng.uniform(2, 12, (2, 6))
    store = crossing(cc.demand.Poisson(mean))
    paths = drawn(store, 4_000, (seed, 1))
    asked = np.where(store.promised & (np.arange(6) > 2), 0.85, np.nan)
    everything, free = np.ones(2, dtype=bool), np.full((2, 6), np.inf)
    ask = Wanted(everything, np.ones(6), 0.0, np.zeros((2, 6)), free)
    levels = placed(paths, ladder(store, rng), asked, ask)
    np.testing.assert_allclose(levels, np.rint(levels))

    def shares(tried):
        level = tried - (store.on_hand + store.on_order)[:, None] + seen_mean(store)
        draws = paths.pieces[0]
        return (moved(draws, wanted(draws, np.ones((2, 6)), level), False).net >= -1e-9).mean(axis=2)

    assert (shares(levels) >= np.nan_to_num(asked) - 1e-9).all()
    matters = 0
    for item, period in np.argwhere(levels > 0):
        lower = levels.copy()
        lower[item, period] -= 1
        if (shares(lower) != shares(levels)).any():
            matters += 1
            assert (shares(lower) < np.nan_to_num(asked) - 1e-9).any()
    assert matters > 0


def test_a_level_is_raised_over_a_gap_between_atoms():
    """Sales of 0, 17 or 90: a grain more helps no path where the next atom is far."""
    law = cc.demand.Discrete([0.0, 17.0, 90.0], [0.6, 0.3, 0.1], periods=6)
    store = crossing(cc.demand.PerItem([law]), open_orders=None)
    paths = drawn(store, 4_000, (2, 1))
    np.testing.assert_allclose(paths.grain, 1.0)
    asked = np.where(np.arange(6) > 2, 0.85, np.nan)[None]
    free = np.full((1, 6), np.inf)
    ask = Wanted(np.ones(1, dtype=bool), np.ones(6), 0.0, np.zeros((1, 6)), free)
    for lowers in (True, False):
        levels = placed(paths, np.full((1, 6), 34.0), asked, replace(ask, lowers=lowers))
        x = order_up_to(Cumulative().on(store), levels, np.ones(1, dtype=bool))
        level = Cumulative().on(store).level.at(x).reshape(1, 6)
        seen = read(paths, np.ones((1, 6)), level, Question(asked, 0.95, Normal()), 0.0, np.ones(1))
        assert (np.count_nonzero(seen.share < np.nan_to_num(asked) - 1e-9)) == 0


def test_where_all_paths_are_short_a_slope_still_tells_what_helps():
    store = crossing(cc.demand.Gamma(np.full((1, 5), 50.0), np.full((1, 5), 9.0)), open_orders=None)
    paths = drawn(store, 2_000, (2, 3))
    asked = np.where(np.arange(5) > 2, 0.8, np.nan)[None]
    seen = read(paths, np.ones((1, 5)), np.full((1, 5), -60.0), Question(asked, 0.95, Normal()), 0.0, np.ones(1))
    np.testing.assert_allclose(seen.share[0, 3:], 0.0)
    assert (seen.reserve < -10).all()
    assert np.isfinite(seen.reserve_slopes.level).all()


def placing_of(store: cc.Store, **more: object) -> tuple[Placing, Point]:
    """The question on few paths, and levels that cover three periods."""
    layout = Cumulative().on(store)
    problem = Problem.of(layout, money_unit(store), allowed_falls(store, 2_000, (1, 2)), slopes=False)
    ask = Question(np.where(store.promised & (np.arange(store.periods) > 2), 0.85, np.nan), 0.95, Normal(), **more)
    placing = Placing(problem, ask, drawn(store, 4_000, (2, 5)))
    x = order_up_to(layout, np.round(3.5 * store.demand.mean), np.ones(store.items, dtype=bool))
    return placing, problem.descent(ask).at(placing.paths, x, 0.0)


def test_exchanged_levels_need_no_more_money_and_keep_every_promise():
    mean = np.array([[30.0, 30, 4, 4, 4, 25], [6.0, 6, 40, 40, 6, 6]])
    store = crossing(cc.demand.Poisson(mean), open_orders=None)
    placing, start = placing_of(store, least=True)
    now = placing.placed(start)
    then = exchanged(placing, now)
    assert placing.keeps(now)
    assert placing.keeps(then)
    assert then.reading.spent.max() <= now.reading.spent.max() * (1 + 1e-9)


def test_the_weakest_item_climbs_within_the_limit():
    mean = np.full((2, 6), 12.0)
    store = crossing(cc.demand.Poisson(mean), open_orders=None, on_hand=np.full(2, 20.0))
    raised = np.zeros((2, 6), dtype=bool)
    raised[:, 3:] = True
    limit = np.full(6, 175.0)
    placing, start = placing_of(store, raised=raised, most=np.full((2, 6), 0.95), limit=limit)
    placing = replace(placing, question=replace(placing.question, level=np.full((2, 6), np.nan)))
    now = placing.placed(replace(start, score=-0.5))
    assert placing.affordable(now)
    then = climbed(placing, now, free=True)
    assert placing.affordable(then)
    assert placing.weakest(then) > placing.weakest(now)


def test_a_corner_says_no_less_of_a_reserve_than_it_is_and_follows_a_move():
    """A move that crosses a bend: the slopes at its end, seen from its start, are those of the end."""
    store = gammas()
    placing, start = placing_of(store, limit=np.full(6, 400.0))
    descent = placing.problem.descent(placing.question)
    before = start.reading
    columns, scales = descent.columns, descent.scales
    dx = np.zeros(len(columns.free))
    dx[:6] = 20.0
    x = start.x.copy()
    x[columns.free] += dx
    after = descent.at(placing.paths, x, 0.0).reading
    move = Move(dx, 0.0, 0.0, np.zeros(len(before.cells)), np.zeros(6))
    corner = Corner.of(columns, scales, before, after, move)
    assert len(corner.cells) + len(corner.periods) > 0
    at = np.searchsorted(after.cells, corner.cells)
    unit = scales.unit[corner.cells // 6]
    there = corner.moved(dx, 0.0)
    np.testing.assert_allclose(there.reserve, after.reserve[at] / unit, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(there.dollars, after.dollars[corner.periods] / scales.money, rtol=1e-9)
    assert len(corner.among(np.zeros(0, dtype=np.int64)).cells) == 0


# what can be computed


def exact_store() -> cc.Store:
    mean = np.array([[40.0] * 4 + [4.0] * 4, [4.0] * 4 + [40.0] * 4])
    law = cc.demand.PerItem(
        [
            cc.demand.Poisson(mean),
            cc.demand.NegativeBinomial(mean, 1.7 * np.sqrt(mean)),
            cc.demand.Discrete(np.arange(10.0, 101.0, 10.0), np.full(10, 0.1), periods=8),
        ]
    )
    lead = cc.LeadTime([[1, 0, 0], [0, 1, 0], [0, 0, 1.0], [0, 1, 0], [1, 0, 0]])
    under_way = cc.OpenOrders([1, 2, 2, 3], [0, 0, -1, 0], [7.0, 40.0, 40.0, 5.0])
    return cc.Store(np.ones(5), [60, 10, 60, 20, 100.0], [True] * 5, law, lead, open_orders=under_way)


def test_computed_service_is_what_a_simulation_sees():
    store = exact_store()
    rng = np.random.default_rng(7)
    levels = np.rint(ladder(store, rng) / 10) * 10
    rule = PooledRule(np.ones((5, 8)), levels - (store.on_hand + store.on_order)[:, None])
    seen = simulate(store, rule, 200_000, 4)
    known = certain(store, lattice(store))
    assert sorted(known) == [0, 1, 2, 3, 4]
    for item, one in known.items():
        service = one.service(levels[item])
        some = np.isfinite(service)
        assert (some == store.controllable[item]).all()
        error = np.sqrt(0.25 / 200_000)
        np.testing.assert_allclose(service[some], seen.service[item][some], atol=5 * error)


def test_the_least_levels_keep_what_is_asked_and_no_less_would():
    store = exact_store()
    for item, one in certain(store, lattice(store)).items():
        asked = np.where(store.controllable[item], 0.9, np.nan)
        levels = one.least(asked, np.full(8, -np.inf))
        service = one.service(levels)
        assert (service[store.controllable[item]] >= 0.9 - 1e-12).all()
        for s in range(8 - 1 - one.lead):
            lower = levels.copy()
            lower[s] -= one.grain
            less = one.service(lower)
            # where a level never orders, one less changes nothing
            assert less[s + 1 + one.lead] < 0.9 or np.array_equal(less, service, equal_nan=True)


def test_laws_that_are_no_lattice_are_left_to_simulation():
    assert certain(gammas(), lattice(gammas())) == {}
    assert certain(crossing(cc.demand.Poisson(gammas().demand.mean)), np.ones(2)) == {}


# rules


@pytest.mark.parametrize(("rule", "contained"), [(Cumulative(), True), (Thesis(), False), (Static(), False)])
def test_only_a_rule_with_free_levels_contains_order_up_to_levels(rule, contained):
    store = gammas()
    free = np.full((2, 6), np.inf)
    assert Problem.of(rule.on(store), money_unit(store), free, slopes=False).contains_levels is contained


def test_levels_become_a_decision_and_come_back():
    store = gammas()
    layout = Cumulative().on(store)
    levels = ladder(store, np.random.default_rng(8))
    x = order_up_to(layout, levels, np.ones(2, dtype=bool))
    np.testing.assert_allclose(levels_of(layout, x), levels)
    rule = layout.rule_at(x)
    np.testing.assert_allclose(rule.a, 1.0)
    np.testing.assert_allclose(rule.intercept, levels - (store.on_hand + store.on_order)[:, None])
    slope, level = np.full((2, 6), 1.3), np.arange(12.0).reshape(2, 6)
    thesis = Thesis().on(store)
    b = thesis.rule_at(decision(thesis, slope, level))
    np.testing.assert_allclose(b.a * seen_mean(store) + b.intercept, level)


@pytest.mark.parametrize("kind", ["chance", "monotone", "mean"])
def test_levels_are_raised_no_more_than_orders_must_not_be_negative(kind):
    store = crossing(gammas().demand, orders=cc.Orders(kind, confidence=0.8))
    paths = drawn(store, 40_000, (1, 1))
    falls = allowed_falls(store, 40_000, (1, 1))
    problem = Problem.of(Cumulative().on(store), money_unit(store), falls, slopes=False)
    levels = np.full((2, 6), 5.0)
    lawful = problem.lawful(levels)
    start = np.concatenate([(store.on_hand + store.on_order)[:, None], lawful[:, :-1]], axis=1)
    sales = np.diff(np.concatenate([draws.sold for draws in paths.pieces]), axis=1, prepend=0.0)
    rises = (lawful - start)[:, :, None] + sales >= 0
    if kind == "mean":
        np.testing.assert_array_equal(lawful, levels)
    elif kind == "monotone":
        assert rises.all()
    else:
        assert (rises.mean(axis=2) >= 0.8).all()
        assert (rises.mean(axis=2) < 0.82)[lawful > levels].any()


# the linear program


def test_a_vertex_has_the_duals_that_the_rows_cost():
    rows = np.array([[1.0, 1.0], [1.0, -1.0]])
    found = vertex(np.array([1.0, 2.0]), rows, np.array([2.0, -1.0]), np.zeros(2), np.full(2, 10.0))
    assert found is not None
    np.testing.assert_allclose(found.x, [2.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(found.duals, [1.0, 0.0], atol=1e-9)
    assert vertex(np.ones(1), np.array([[1.0]]), np.array([5.0]), np.zeros(1), np.ones(1)) is None
