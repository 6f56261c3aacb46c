"""Lot sizing: plans against enumeration, the textbook program, a published case, and simulated demand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lot_oracles import all_tried, drawn_many, drawn_single, on_hand, textbook

import ccinv as cc
from ccinv.lots import Static, StaticDynamic
from ccinv.models.lot_sizing.cycles import shortest_paths, speculative
from ccinv.models.lot_sizing.location import location_form
from ccinv.models.lot_sizing.needs import backlog, needs_of, range_sd
from ccinv.models.lot_sizing.solving import lines
from ccinv.models.lot_sizing.stock import elastic_capacity, stock_form
from ccinv.models.lot_sizing.verify import misses
from ccinv.solve.milp import Ended, solve_mixed

NORMAL = cc.inversion.Normal()
LEVELS, PROGRAM = StaticDynamic(), StaticDynamic(program=True)
EXACT = 1e-7  # gap asked of the solver where its optimum is compared
MEAN = np.array([[20.0, 40.0, 60.0, 40.0]])
PUBLISHED = cc.Lots(cc.demand.Normal(MEAN, 0.25 * MEAN), setup_cost=100, holding_cost=1, service=0.9)


def relaxed(form: object) -> float:
    """The optimum without whole numbers."""
    program = form.program  # type: ignore[attr-defined]
    return solve_mixed(replace(program, whole=np.zeros_like(program.whole))).objective


@pytest.mark.parametrize("strategy", [LEVELS, PROGRAM])
def test_the_published_case_comes_out_by_shortest_path_and_by_program(strategy: StaticDynamic) -> None:
    plan = cc.lot_sizing(PUBLISHED, strategy, gap=EXACT)
    assert plan.cost == pytest.approx(356.246, abs=5e-4)  # three decimals are published
    assert {t: round(level, 2) for t, level in plan.levels[0].items()} == {1: 74.33, 3: 123.10}
    assert plan.bound == pytest.approx(plan.cost, rel=1e-6)
    assert plan.promised[0, [1, 3]] == pytest.approx(0.9)


def test_the_published_cost_counts_stock_on_hand_which_is_more_than_net_stock() -> None:
    plan = cc.lot_sizing(PUBLISHED, LEVELS)
    net = plan.setup_costs + plan.stock.sum()
    assert net == pytest.approx(354.863, abs=5e-4)
    owed = sum(on_hand(m, s) - m for m, s in zip(plan.stock[0], plan.sd_stock[0], strict=True))
    assert plan.cost == pytest.approx(net + owed, rel=1e-12)


def agreement(count: int, seed: int) -> tuple[int, int]:
    """Shortest path, program and enumeration on random questions; how many had a negative order, or opening stock."""
    rng = np.random.default_rng(seed)
    labelled = stocked = 0
    for _ in range(count):
        known = drawn_single(rng)
        best = all_tried(known, renewed=True)
        by_path = cc.lot_sizing(known, LEVELS)
        assert by_path.method.startswith("shortest path")
        by_program = cc.lot_sizing(known, PROGRAM, gap=EXACT)
        # relative to what there is to pay; some questions cost nothing
        assert by_path.cost == pytest.approx(best, rel=1e-9, abs=1e-9)
        assert by_program.cost == pytest.approx(best, rel=1e-6, abs=1e-5)
        assert by_program.bound <= best * (1 + 1e-6) + 1e-5
        labelled += int(shortest_paths(known, needs_of(known, NORMAL)).labelled.sum())
        stocked += int(known.on_hand[0] > 0)
    return labelled, stocked


def test_shortest_path_program_and_enumeration_agree_on_two_hundred_questions() -> None:
    labelled, stocked = agreement(200, 2)
    assert labelled >= 20, "some need a level that is raised to the stock that is there"
    assert stocked >= 20


def test_fixed_orders_are_the_best_of_all_there_are_under_uncertain_demand() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        known = drawn_single(rng, most_periods=6)
        plan = cc.lot_sizing(known, Static(), gap=EXACT)
        best = all_tried(known, renewed=False)
        assert plan.cost == pytest.approx(best, rel=1e-6, abs=1e-5)
        assert plan.bound <= best * (1 + 1e-6) + 1e-5


def test_shared_capacity_is_planned_as_the_textbook_program_does_or_both_refuse() -> None:
    rng = np.random.default_rng(4)
    refused = limited = 0
    for _ in range(40):
        known = drawn_many(rng, loose=rng.choice([0.9, 1.2, 1.6]))
        best = textbook(known)
        if best is None:
            refused += 1
            with pytest.raises(cc.InfeasibleError):
                cc.lot_sizing(known)
            continue
        plan = cc.lot_sizing(known, gap=EXACT)
        assert plan.cost == pytest.approx(best, rel=2e-6)
        again = cc.lot_sizing(known, PROGRAM, gap=EXACT)  # nothing is uncertain: levels are orders
        assert again.cost == pytest.approx(best, rel=2e-6)
        limited += int(plan.cost > 1.0001 * cc.lot_sizing(replace(known, capacity=np.full(known.periods, np.inf))).cost)
    assert refused >= 5
    assert limited >= 10


def test_the_location_form_has_the_better_relaxation_and_without_a_capacity_a_whole_one() -> None:
    rng = np.random.default_rng(5)
    better = 0
    for _ in range(20):
        known = replace(drawn_many(rng, loose=1.6), min_lot=np.zeros(1))
        needs = needs_of(known, NORMAL)
        free = replace(known, capacity=np.full(known.periods, np.inf))
        location, stock = relaxed(location_form(known, needs, [])), relaxed(stock_form(known, needs, [], False))
        assert location >= stock * (1 - 1e-9)
        better += location > 1.05 * stock
        whole = relaxed(location_form(free, needs, []))
        assert whole == pytest.approx(cc.lot_sizing(free, gap=EXACT).cost, rel=1e-6)
    assert better >= 10


def test_rows_of_whole_cycles_close_the_relaxation_and_cut_no_plan_off() -> None:
    rng = np.random.default_rng(6)
    for _ in range(15):
        known = drawn_single(rng)
        needs = needs_of(known, NORMAL)
        scores = lines(known, needs)
        loose, tight = (stock_form(known, needs, scores, True, tight) for tight in (False, True))
        assert solve_mixed(loose.program, EXACT).objective == pytest.approx(
            solve_mixed(tight.program, EXACT).objective, rel=1e-6, abs=1e-6
        )
        assert relaxed(tight) >= relaxed(loose) * (1 - 1e-9) - 1e-9


def test_units_that_get_dearer_are_bought_ahead_which_only_the_program_sees() -> None:
    known = cc.Lots(np.full((1, 4), 10.0), setup_cost=1, holding_cost=0.1, unit_cost=[[1, 1, 5, 5]])
    assert speculative(known, needs_of(known, NORMAL)).all()
    plan = cc.lot_sizing(known, LEVELS, gap=EXACT)
    assert plan.method == "mixed-integer program"
    assert plan.cost == pytest.approx(textbook(known), rel=1e-9)
    assert plan.order[0, 2:].sum() == pytest.approx(0.0, abs=1e-9)


def test_deviations_of_ranges_follow_the_correlation() -> None:
    rng = np.random.default_rng(7)
    root = rng.normal(size=(5, 5))
    joint = root @ root.T
    sd = np.sqrt(np.diag(joint))
    law = cc.demand.Normal(np.full((1, 5), 100.0), sd[None], joint / np.outer(sd, sd))
    found = range_sd(law)
    for j in range(5):
        for t in range(j, 5):
            assert found[0, j, t] == pytest.approx(np.sqrt(joint[j : t + 1, j : t + 1].sum()), rel=1e-9)
    assert (found[0][np.tril_indices(5, -1)] == 0).all()


def test_the_backlog_is_that_of_the_normal_law() -> None:
    mean, sd = np.array([5.0, 0.0, -3.0, 2.0, -2.0]), np.array([2.0, 1.0, 4.0, 0.0, 0.0])
    wanted = [on_hand(m, s) - m for m, s in zip(mean, sd, strict=True)]
    assert backlog(mean, sd) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    "inversion", [NORMAL, cc.inversion.Cantelli(), cc.inversion.Unimodal(), cc.inversion.Student(5)]
)
@pytest.mark.parametrize("strategy", [Static(), LEVELS])
def test_targets_are_the_multiplier_of_the_inversion_times_the_deviation(
    inversion: object, strategy: Static | StaticDynamic
) -> None:
    plan = cc.lot_sizing(PUBLISHED, strategy, inversion)
    assert plan.target == pytest.approx(float(inversion.kappa(0.9)) * plan.sd_stock)  # type: ignore[attr-defined]
    assert (plan.stock >= plan.target - 1e-6).all()
    assert (plan.promised >= 0.9 - 1e-9).all()
    variance = np.cumsum(PUBLISHED.demand.sd[0] ** 2)
    if isinstance(strategy, Static):
        assert plan.sd_stock[0] ** 2 == pytest.approx(variance)
    else:
        starts = np.flatnonzero(plan.setup[0])
        before = np.append(0.0, variance)[starts]
        last = np.searchsorted(starts, np.arange(4), side="right") - 1
        assert plan.sd_stock[0] ** 2 == pytest.approx(variance - before[last])


def test_levels_keep_the_service_where_demand_is_simulated_with_nothing_to_spare_at_the_ends_of_cycles() -> None:
    rng = np.random.default_rng(8)
    exact = 0
    for k in range(25):
        periods = int(rng.integers(3, 9))
        mean = rng.uniform(40, 100, (1, periods))
        known = cc.Lots(
            cc.demand.Normal(mean, rng.uniform(0.05, 0.2) * mean), rng.uniform(20, 400), 1.0, service=[0.9, 0.95][k % 2]
        )
        plan = cc.lot_sizing(known, LEVELS)
        audit = cc.audit_lots(plan, 20_000, seed=k)
        assert audit.kept
        level = float(known.service[0])
        error = np.sqrt(level * (1 - level) / audit.paths)
        ends = np.append(plan.setup[0, 1:], True) & (np.abs(plan.stock - plan.target)[0] < 1e-6)
        free = audit.held_back.max() == 0
        assert (audit.service >= level - 5 * error).all()
        if free:
            assert np.abs(audit.service[0, ends] - level).max() <= 5 * error
            assert abs(audit.cost - plan.cost) <= 5 * audit.cost_error
            exact += int(ends.sum())
    assert exact >= 20


def test_an_order_that_would_be_negative_is_not_placed_which_costs_money_and_no_service() -> None:
    mean = np.array([[100.0, 2.0, 2.0, 100.0]])
    known = cc.Lots(cc.demand.Normal(mean, 0.4 * mean), setup_cost=[[1, 1, 1, 1]], holding_cost=1, service=0.95)
    plan = cc.lot_sizing(known, LEVELS)
    assert plan.setup[0, 1]
    assert plan.level[0, 1] == pytest.approx(plan.stock[0, 0]), "the level is raised to the stock expected there"
    assert plan.order[0, 1] == pytest.approx(0.0, abs=1e-9)
    audit = cc.audit_lots(plan, 50_000, seed=1)
    assert audit.held_back[0, 1] == pytest.approx(0.5, abs=0.02)
    assert audit.cost > plan.cost + 20 * audit.cost_error
    assert audit.kept


def test_safety_stock_for_the_deviation_of_one_period_does_not_serve_a_plan_of_fixed_orders() -> None:
    mean = np.full((1, 12), 100.0)
    law = cc.demand.Normal(mean, 0.2 * mean)
    folk = cc.Lots(law, setup_cost=300, holding_cost=1, safety_stock=float(NORMAL.kappa(0.95)) * 20.0)
    asked = cc.Lots(law, setup_cost=300, holding_cost=1, service=0.95)
    assert cc.audit_lots(cc.lot_sizing(folk), 20_000).service[0, -1] < 0.75
    audit = cc.audit_lots(cc.lot_sizing(asked), 20_000)
    assert audit.kept
    assert audit.service.min() > 0.94


def test_a_capacity_that_is_too_small_is_told_by_period_and_amount() -> None:
    known = cc.Lots(MEAN, setup_cost=100, holding_cost=1, capacity=30, item_id=["paint"])
    with pytest.raises(cc.InfeasibleError) as caught:
        cc.lot_sizing(known)
    said = str(caught.value)
    # 20 + 40 + 60 + 40 are wanted and 4 × 30 can be had: 40 are missing; by the end of period 3, 30 of them
    assert "all periods together, is 40" in said
    assert "paint, period 4: 40 short, -40 can be had at its end where 0 is wanted" in said
    assert "paint, period 3: 30 short" in said


def test_with_the_capacity_that_is_said_to_be_missing_there_is_a_plan_and_with_less_there_is_none() -> None:
    rng = np.random.default_rng(9)
    seen = 0
    while seen < 12:
        known = drawn_many(rng, loose=0.8)
        if textbook(known) is not None:
            continue
        seen += 1
        elastic = elastic_capacity(known, needs_of(known, NORMAL), False)
        found = solve_mixed(elastic.program, 1e-9)
        assert found.ended is Ended.OPTIMAL
        missing = found.x[elastic.column] * elastic.size
        assert missing.sum() > 0
        assert textbook(replace(known, capacity=known.capacity + missing * (1 + 1e-6) + 1e-5)) is not None
        assert textbook(replace(known, capacity=known.capacity + 0.99 * missing)) is None


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_other_units_of_goods_and_of_money_give_the_same_plan(seed: int, goods: float, money: float) -> None:
    known = drawn_single(np.random.default_rng(seed), most_periods=6)
    other = replace(
        known,
        demand=cc.demand.Normal(goods * known.demand.mean, goods * known.demand.sd),
        setup_cost=money * known.setup_cost,
        holding_cost=money / goods * known.holding_cost,
        unit_cost=money / goods * known.unit_cost,
        on_hand=goods * known.on_hand,
        safety_stock=goods * known.safety_stock,
    )
    first, second = cc.lot_sizing(known, LEVELS), cc.lot_sizing(other, LEVELS)
    assert second.cost == pytest.approx(money * first.cost, rel=1e-9, abs=1e-9)


@settings(max_examples=15)
@given(st.integers(0, 10**6), st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_a_program_is_as_good_in_very_small_and_very_large_units(seed: int, goods: float, money: float) -> None:
    known = drawn_many(np.random.default_rng(seed), loose=1.6)
    other = replace(
        known,
        demand=cc.demand.Normal(goods * known.demand.mean, goods * known.demand.sd),
        setup_cost=money * known.setup_cost,
        holding_cost=money / goods * known.holding_cost,
        unit_cost=money / goods * known.unit_cost,
        on_hand=goods * known.on_hand,
        unit_time=known.unit_time / goods,
        min_lot=goods * known.min_lot,
        safety_stock=goods * known.safety_stock,
    )
    best = textbook(known)
    if best is None:
        with pytest.raises(cc.InfeasibleError):
            cc.lot_sizing(other)
        return
    assert cc.lot_sizing(other, gap=EXACT).cost == pytest.approx(money * best, rel=1e-5)


def test_set_ups_that_cost_nothing_are_not_made_for_nothing() -> None:
    known = cc.Lots([[5.0, 3.0, 0.0, 2.0]], setup_cost=0, holding_cost=1)
    assert cc.lot_sizing(known).setup.tolist() == [[True, True, False, True]]


@settings(max_examples=25)
@given(st.integers(0, 10**6))
def test_more_service_never_costs_less(seed: int) -> None:
    known = drawn_single(np.random.default_rng(seed), most_periods=6)
    plans = [cc.lot_sizing(replace(known, service=np.array([level])), LEVELS).cost for level in (0.6, 0.8, 0.95)]
    assert plans[0] <= plans[1] * (1 + 1e-9) + 1e-9
    assert plans[1] <= plans[2] * (1 + 1e-9) + 1e-9


def test_a_plan_that_does_not_hold_is_not_believed() -> None:
    known = replace(PUBLISHED, capacity=np.full(4, 130.0), min_lot=np.array([50.0]))
    plan = cc.lot_sizing(known, LEVELS)
    assert misses(plan) == []
    wrong = {
        "stock that orders and demand do not add up to": {"order": plan.order + np.array([0, 0, 1.0, 0])},
        "stock below its target": {"target": plan.target + 10.0},
        "a negative order": {"order": plan.order - 200.0},
        "an order without a set-up": {"setup": np.zeros_like(plan.setup)},
        "an order below the minimum lot": {"known": replace(known, min_lot=np.array([120.0]))},
        "a level that does not give the stock": {"level": plan.level + 1.0},
        "capacity of period 3": {"known": replace(known, capacity=np.full(4, 100.0))},
        "less than the service asked": {"promised": plan.promised - 0.1},
        "a cost of": {"cost": plan.cost + 1.0},
        "a bound of": {"bound": plan.cost + 1.0},
    }
    for said, changed in wrong.items():
        assert any(line.startswith(said) for line in misses(replace(plan, **changed))), said


def test_everything_wrong_with_a_question_is_told_at_once_by_item_and_period() -> None:
    with pytest.raises(cc.DataError) as caught:
        cc.Lots(
            demand=[[1.0, 2.0], [3.0, 4.0]], setup_cost=[1.0, -2.0], holding_cost=[[1.0, np.nan], [1.0, 1.0]],
            on_hand=[1.0, 2.0, 3.0], capacity=[5.0, -1.0], service=0.3, min_lot="much", item_id=["a", "a"],
        )  # fmt: skip
    said = str(caught.value)
    for phrase in (
        "setup_cost, item item-2, period 1: found -2", "holding_cost, item item-1, period 2: found nan",
        "on_hand: found shape (3,)", "capacity, period 2: found -1", "service, item item-1: found 0.3",
        "min_lot: found", "item_id: found 1 different names",
    ):  # fmt: skip
        assert phrase in said, (phrase, said)


def test_what_cannot_be_planned_is_refused_before_anything_is_solved() -> None:
    with pytest.raises(cc.DataError, match="Lots are not calibrated"):
        cc.lot_sizing(PUBLISHED, inversion=cc.inversion.Calibrated())
    with pytest.raises(cc.DataError, match="strategy"):
        cc.lot_sizing(PUBLISHED, "static")  # type: ignore[arg-type]
    with pytest.raises(cc.DataError, match="2 faults"):
        cc.lot_sizing(PUBLISHED, gap=0.0, seconds=-1.0)
    with pytest.raises(cc.DataError, match="2 faults"):
        cc.audit_lots(cc.lot_sizing(PUBLISHED, LEVELS), 0, -1)


def test_a_plan_cannot_be_changed_and_an_audit_is_the_same_every_time() -> None:
    plan = cc.lot_sizing(PUBLISHED, LEVELS)
    with pytest.raises(FrozenInstanceError):
        plan.cost = 0.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        plan.order[0, 0] = 1.0
    first, again, other = (cc.audit_lots(plan, 5_000, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.service, again.service)
    assert first.cost == again.cost
    assert first.cost != other.cost


def test_levels_of_many_items_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(10)
    mean = rng.uniform(0, 100, (20, 12)) * (rng.random((20, 12)) < 0.7)
    known = cc.Lots(
        cc.demand.Normal(mean, 0.3 * mean), rng.uniform(10, 500, 20), rng.uniform(0.1, 3, 20), 2.0,
        rng.uniform(-20, 200, 20), service=rng.uniform(0.6, 0.99, 20),
    )  # fmt: skip
    plan = cc.lot_sizing(known, LEVELS)
    alone = [cc.lot_sizing(known.rows([i]), LEVELS) for i in range(20)]
    assert plan.cost == pytest.approx(sum(one.cost for one in alone), rel=1e-12)
    assert np.array_equal(plan.setup, np.vstack([one.setup for one in alone]))


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_that_costs_nothing_has_no_gap(seed: int) -> None:
    """Without set-up costs every period orders what it sells, and no stock is left to pay for."""
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.integers(-6, 7)
    known = cc.Lots(rng.random((2, 3)) * size, setup_cost=0, holding_cost=rng.random((2, 3)))
    plan = cc.lot_sizing(known)
    assert plan.cost == pytest.approx(0.0, abs=1e-9 * size)
    assert plan.bound == pytest.approx(0.0, abs=1e-9 * size)
    assert plan.gap == 0.0


@pytest.mark.parametrize("names", [5, "ab", None])
def test_names_of_items_that_are_no_list_are_refused(names: object) -> None:
    with pytest.raises(cc.errors.DataError, match=r"item_id: found .*, expected 1 different texts. Give a list"):
        cc.Lots([[5.0]], 1, 1, item_id=names)  # type: ignore[arg-type]
