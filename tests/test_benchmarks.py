"""Each benchmark runs on tiny stores and its own check of correctness holds; times are measured, never asserted."""

import dataclasses
import importlib
from functools import partial

import numpy as np
import pytest
from scipy.special import ndtri

import ccinv as cc
from benchmarks import (
    bare,
    calibrated_worlds,
    clock,
    cone_solve,
    linear_growth,
    lot_sizing,
    order_up_to,
    owed,
    perishables,
    reliability,
    reliability_simulated,
    run,
    single_period,
    transcription_ratio,
    worlds,
)
from benchmarks.cases import AGES, LEAST, TIGHT, case
from benchmarks.row import Row, at_most
from ccinv.solve import conic

TINY = ((6, 4), (20, 8))


@pytest.mark.parametrize("size", TINY)
def test_the_least_limit_on_record_is_what_the_planner_finds(size):
    plan = cc.plan(case(*size).store(), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    assert plan.objective_value == pytest.approx(LEAST[size], rel=1e-7)
    assert case(*size).limit == pytest.approx(TIGHT * plan.objective_value, rel=1e-7)


@pytest.mark.parametrize("size", TINY)
def test_the_limit_of_a_case_binds_and_yet_every_promise_can_be_kept(size):
    plan = cc.plan(case(*size).store(), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
    left = plan.budget_limit - plan.budget_mean - ndtri(0.95) * plan.budget_sd
    assert left.min() / plan.budget_limit[0] == pytest.approx(0, abs=1e-6)
    assert not plan.out_of_reach


def test_a_cone_written_by_hand_has_at_most_4J_2_deviation_rows_and_the_late_ones_have_them_all():
    given = case(3, 12)
    program = bare.minimum_budget(given)
    service = bare._Program(given, with_limit=True).dimensions[: 11 * int(given.important.sum())]
    assert max(service) == 4 * AGES - 2 + 1
    assert service[-1] == max(service)
    assert program.a.shape == (len(program.b), len(program.q))


@pytest.mark.parametrize(("objective", "hand"), cone_solve.OBJECTIVES)
@pytest.mark.parametrize("size", TINY)
def test_the_package_and_bare_clarabel_reach_one_optimum(size, objective, hand):
    row = cone_solve.against_bare(*size, objective, hand, 1)
    assert float(row.found) > 0
    assert "iterations" in row.detail


def test_a_program_by_hand_that_differs_from_the_package_s_is_noticed():
    def slightly_wrong(given):
        return bare.minimum_budget(dataclasses.replace(given, sd=given.sd * 1.0001))

    with pytest.raises(AssertionError, match="differ by"):
        cone_solve.against_bare(6, 4, cc.MinimumBudget(), slightly_wrong, 1)


@pytest.mark.parametrize("objective", [cc.MinimumBudget(), cc.ExpectedStock(), cc.MaxMinService()])
def test_the_overhead_of_a_plan_is_measured_and_without_a_limit_where_it_is_small(objective):
    row = cone_solve.overhead(6, 4, objective, 1)
    assert float(row.found) > 1
    assert row.holds is None


@pytest.mark.parametrize("objective", [cc.MinimumBudget(), cc.ExpectedStock()])
def test_the_package_and_its_transcription_reach_one_optimum(objective):
    assert float(transcription_ratio.ratio(6, 4, objective).found) > 0


def test_a_transcription_with_another_optimum_is_noticed(monkeypatch):
    honest = transcription_ratio.transcribed

    def off(store, objective):
        found = honest(store, objective)
        return dataclasses.replace(found, value=found.value * (1 + 1e-6))

    monkeypatch.setattr(transcription_ratio, "transcribed", off)
    with pytest.raises(AssertionError, match="differ by"):
        transcription_ratio.ratio(6, 4, cc.MinimumBudget())


def test_growth_is_measured_along_items_and_periods_with_every_part_of_the_work():
    rows = [job() for job in linear_growth.jobs(items=(6, 12), periods=(4, 8), fixed=(6, 4))]
    assert [row.size for row in rows] == ["6–12 × 4"] * 4 + ["6 × 4–8"] * 4
    assert rows[-1].holds is None
    assert all(row.holds is not None for row in rows[:-1])


def test_the_exponent_of_a_power_law_is_its_power():
    assert linear_growth.exponent((10, 20, 50), [3.0 * n**1.5 for n in (10, 20, 50)]) == pytest.approx(1.5)


def test_moments_that_are_wrong_are_noticed():
    store = case(4, 8).store()
    layout = cc.rules.Cumulative().on(store)
    net = cc.moments.net_stock(store, layout)
    linear_growth._correct(store, net)
    wrong = dataclasses.replace(net, mean=net.mean.plus(np.full(32, 1e-3)))
    with pytest.raises(AssertionError, match="mean of net stock"):
        linear_growth._correct(store, wrong)


@pytest.mark.parametrize("integer", [False, True])
def test_levels_of_a_single_period_are_proven_before_they_are_timed(integer):
    row = single_period.seconds(40, 5, integer, 1)
    assert float(row.found) >= 0
    assert row.holds is None


def test_levels_that_are_not_optimal_are_noticed(monkeypatch):
    honest = single_period.Stand.levels

    def thriftless(stand, integer):
        found = honest(stand, integer)
        return dataclasses.replace(found, objective=found.objective * (1 + 1e-8))

    monkeypatch.setattr(single_period.Stand, "levels", thriftless)
    with pytest.raises(AssertionError, match="above a bound"):
        single_period.seconds(40, 5, False, 1)


def test_the_solver_s_clock_is_put_back():
    kept = conic.time
    with clock.solver_on_processor_time():
        assert conic.time is not kept
    assert conic.time is kept


@pytest.mark.parametrize(("found", "holds"), [(1.0, True), (1.2, False)])
def test_a_claim_holds_up_to_its_limit(found, holds):
    assert at_most("claim", "1 × 1", found, 1.1, "").holds is holds


@pytest.fixture
def one_thread(monkeypatch):
    for name in run.THREADS:
        monkeypatch.setenv(name, "1")


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(("holds", "code"), [(True, 0), (None, 0), (False, 1)])
def test_a_run_ends_with_1_where_a_claim_does_not_hold(monkeypatch, capsys, holds, code):
    row = Row("claim", "1 × 1", "1.00", "", holds, "made up")
    monkeypatch.setattr(cone_solve, "jobs", lambda: [partial(lambda: row)])
    assert run.main(["cone_solve"]) == code
    assert row.markdown() in capsys.readouterr().out


@pytest.mark.usefixtures("one_thread")
def test_a_benchmark_whose_check_fails_is_a_line_of_the_table_and_the_rest_still_runs(monkeypatch, capsys):
    def wrong(_size):
        raise AssertionError("two optima")

    right = Row("claim", "1 × 1", "1.00", "", True, "")
    monkeypatch.setattr(cone_solve, "jobs", lambda: [partial(wrong, 7), partial(lambda: right)])
    assert run.main(["cone_solve"]) == 1
    shown = capsys.readouterr().out
    assert "FAILED | two optima" in shown
    assert right.markdown() in shown


def test_an_unknown_benchmark_is_refused_by_name(capsys):
    assert run.main(["cone_sovle"]) == 2
    assert "cone_sovle" in capsys.readouterr().err


@pytest.mark.parametrize("name", run.NAMES)
def test_every_benchmark_named_has_jobs_for_the_sizes_of_the_table(name):
    assert len(importlib.import_module(f"benchmarks.{name}").jobs()) >= 4


def test_an_accepted_plan_of_a_random_world_keeps_on_fresh_paths_what_the_normal_inversion_breaks():
    found = calibrated_worlds.case(worlds.world(7), cc.MinimumBudget(), paths=100_000)
    assert found.accepted
    error = np.sqrt(0.95 * 0.05 / 100_000)
    assert found.calibrated.worst < 0.002 + 4 * error
    assert found.normal.worst > 0.5


def test_plans_and_levels_found_by_plain_simulation_are_judged_alike():
    one = order_up_to.case(27, paths=50_000)
    assert one.accepted
    assert one.within(order_up_to.MOST)
    assert max(one.short, one.rival_short) < 0.005
    assert str(one.place.number) in one.told()


def test_what_is_claimed_to_be_owed_is_held_against_replays():
    row = owed.claim("backorders", stores=1, paths=50_000)
    assert row.holds
    assert row.size == "1 stores"


@pytest.mark.parametrize("cv", [0.0, 0.2])
def test_both_forms_of_lots_are_relaxed_and_solved(cv):
    row = lot_sizing.forms(4, 8, cv, 10.0, False)
    assert float(row.found) > 1
    assert row.detail.count("%") == 4


def test_levels_of_lots_are_timed_and_verified():
    assert lot_sizing.levels(5, 8, 1, False).holds is None


@pytest.mark.parametrize("name", reliability.MATERIALS)
def test_the_reliability_that_is_timed_is_exact_and_agrees_with_simulation(name):
    row = reliability.one_value(name, 1)
    assert "exact to" in row.detail


def test_materials_are_stocked_jointly_and_proven_before_their_seconds_count():
    row = reliability.together(20)
    assert row.holds is None
    assert "reliability 0.95" in row.detail


@pytest.mark.slow
def test_penalties_and_direct_search_reach_the_optimum_that_is_proven():
    row = reliability.against_penalties(exact=True)
    assert "for cost 1.2149" in row.detail


def test_the_simulated_reliability_is_near_the_exact_one():
    assert all(job().holds for job in reliability_simulated.jobs(3, 50_000))


@pytest.mark.parametrize("packs", [False, True])
def test_the_perishables_that_are_timed_are_proven_and_replayed(packs):
    row = perishables.planned(perishables.Size(4, packs, 2, 40, 90, 1e-2, 30.0, claimed=False))
    assert row.holds is None
    assert "demand lost" in row.detail
