"""Calibrated multipliers: every promise holds as orders are executed, on paths that no calibration has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

import ccinv as cc
from ccinv.auditing import Levels, Tails, Verdict, tails
from ccinv.auditing.tails import kept
from ccinv.calibrate.acceptance import accepted
from ccinv.calibrate.ceiling import ceiling
from ccinv.calibrate.promises import Promises
from ccinv.inversion import Calibrated, Normal
from ccinv.inversion.chances import GRID, Chances
from ccinv.result import PooledRule
from ccinv.settings import settings_of

QUICK = Calibrated(paths=20_000)
FRESH = 31  # seed of audits: the calibration's is 1


def store_of(law: cc.demand.Law, lead_time: object, on_hand: object, important: object, **more: object) -> cc.Store:
    lead = lead_time if isinstance(lead_time, cc.LeadTime) else cc.LeadTime(np.atleast_2d(lead_time))
    given_cost = more.pop("unit_cost", np.full(law.mean.shape[0], 10.0))
    return cc.Store(given_cost, on_hand, important, law, lead, **more)


def skewed(**more: object) -> cc.Store:
    """Four items of skewed demand, a quarter of all orders late by a period, money for a little more than the least."""
    mean = np.array([20.0, 35.0, 12.0, 50.0])[:, None] * np.ones(9)
    law = cc.demand.Gamma(mean, mean * np.array([0.9, 0.5, 1.2, 0.7])[:, None])
    given_more = {"service": cc.Service(0.95, "best"), "unit_cost": np.array([5.0, 9.0, 20.0, 3.0])} | more
    return store_of(law, [0.75, 0.25], mean[:, 0] * 2.5, [True, False, True, False], **given_more)


def unasked(shape: tuple[int, int]) -> Levels:
    nothing = np.full(shape, np.nan)
    return Levels(nothing, nothing, nothing[0], np.zeros(0), np.zeros(shape, dtype=bool))


# tails


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.floats(0.5, 1.0))
def test_a_quantile_is_the_largest_amount_that_the_share_asked_is_not_below(values, level):
    sample = np.array(values)
    amount = float(kept(sample[None, :], np.array([level]))[0])
    assert (sample >= amount).mean() >= level - 1e-9
    larger = sample[sample > amount]
    assert larger.size == 0 or (sample >= larger.min()).mean() < level + 1e-9


def test_what_tails_find_is_what_the_audit_finds_and_does_not_hang_on_the_number_of_workers():
    plan = cc.plan(skewed(), objective=cc.MinimumBudget(), inversion=Normal())
    asked = unasked(plan.mean.shape)
    one, two = (tails(plan.store, plan.rule, plan.budget_limit, asked, 20_000, (5,), workers=k) for k in (1, 2))
    for name in ("service", "ordered", "owed", "afforded"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    audit = cc.audit(plan, 20_000, seed=8)
    error = np.sqrt(2 * 0.25 / 20_000)  # the largest standard error of a difference of two shares
    np.testing.assert_allclose(one.service, audit.service, atol=5 * error)
    np.testing.assert_allclose(one.afforded, audit.budget, atol=5 * error)
    np.testing.assert_allclose(one.ordered, audit.order, atol=5 * error)


# multipliers


@settings(max_examples=60)
@given(st.lists(st.floats(0, 3), min_size=len(GRID), max_size=len(GRID)), st.floats(-1, 6))
def test_a_standard_score_and_the_ratio_it_needs_are_each_others_inverse(rises, score):
    known = np.cumsum(np.array(rises) + 1e-3) - 1.0
    store = skewed()
    bend = np.broadcast_to(known - GRID, (*store.demand.mean.shape, len(GRID))).copy()
    chances = replace(Chances.of(Normal(), store), bend=bend)
    cells = np.array([0, 7, 20])
    needed = chances.raw(cells, score)
    if (needed > 0).all():
        # nothing below the first score of the grid is ever asked for but along the last known slope
        np.testing.assert_allclose(chances.standard(cells, needed)[0], score, rtol=1e-9, atol=1e-6 + (score < 0) * 9)
    assert (chances.raw(cells, score + 0.25) >= needed - 1e-12).all()


def test_without_a_simulation_every_row_is_as_the_inversion_has_it():
    chances = Chances.of(Normal(), skewed())
    np.testing.assert_allclose(chances.service, ndtri(0.95), rtol=1e-12)
    assert (chances.raw(np.arange(3), 1.5) == 1.5).all()
    assert (chances.standard(np.arange(3), np.array([1.0, 2.0, 3.0])) == [1.0, 2.0, 3.0]).all()


# what no order can change


def test_the_ceiling_is_what_enormous_orders_reach():
    late = cc.LeadTime([[0.6, 0.3, 0.1]] * 4)
    store = replace(skewed(), lead_time=late, on_hand=np.array([15.0, 20.0, 30.0, 10.0]))
    most = ceiling(store, 40_000, (3,))
    periods = store.periods
    much = PooledRule(np.zeros((4, periods)), np.cumsum(np.full((4, periods), 1e7), axis=1))
    reached = tails(store, much, None, unasked(store.demand.mean.shape), 40_000, (4,)).service
    np.testing.assert_allclose(most, reached, atol=5 * np.sqrt(2 * 0.25 / 40_000))
    idle = 1 - (1 - most[:, 1]) / 0.4  # in period 2 the order of period 1 has arrived with 0.6
    assert (idle >= -1e-12).all()


def test_a_promise_above_the_ceiling_is_refused_with_the_most_that_any_order_gives():
    law = cc.demand.Normal([[10.0] * 5], [[2.0] * 5])
    store = store_of(law, [0.8, 0.2], [10.0], [True], service=0.95)
    with pytest.raises(cc.InfeasibleError, match="beyond any order") as caught:
        cc.plan(store, objective=cc.MinimumBudget(), inversion=QUICK)
    assert "period 2" in str(caught.value)
    best = replace(store, service=cc.Service(0.95, "best"))
    plan = cc.plan(best, objective=cc.MinimumBudget(), inversion=QUICK)
    cells = {cell.period: cell for cell in plan.out_of_reach}
    # at the end of period 2 nothing is on hand with the order of period 1 still under way
    assert cells[1].alone == pytest.approx(0.8, abs=0.01)
    assert 0.77 < cells[1].attained <= cells[1].alone + 1e-9
    assert cells[1].blame == "lead time"
    assert plan.asked[0, 1] == cells[1].attained


# the loop


def test_a_row_that_is_normal_gets_the_normal_multiplier():
    law = cc.demand.Normal(np.full((1, 6), 100.0), np.full((1, 6), 12.0))
    store = store_of(law, [1.0], [180.0], [True], service=0.95)
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=Calibrated(paths=100_000))
    assert plan.calibration is not None
    assert plan.calibration.accepted
    binding = plan.promised < 0.96
    assert (binding & np.isfinite(plan.asked)).any()
    # levels come from 20,000 paths, and what independent paths find too little is put right
    error = np.sqrt(0.95 * 0.05 / 20_000) / np.exp(-(ndtri(0.95) ** 2) / 2) * np.sqrt(2 * np.pi)
    found = plan.calibration.kappa[binding & np.isfinite(plan.asked)]
    np.testing.assert_allclose(found, ndtri(0.95), atol=3 * error)


@pytest.mark.parametrize("objective", [cc.MinimumBudget(), cc.MaxMinService(), cc.ExpectedBackorders()])
def test_promises_that_break_under_the_normal_inversion_are_kept_under_the_calibrated_one(objective):
    store = skewed()
    if objective.limited:
        store = replace(store, budget=cc.Budget(2_900.0))
    usual = cc.audit(cc.plan(store, objective=objective, inversion=Normal()), 40_000, seed=FRESH)
    assert usual.counts[Verdict.BROKEN] > 0
    plan = cc.plan(store, objective=objective, inversion=QUICK)
    assert plan.calibration is not None
    assert plan.calibration.accepted
    found = cc.audit(plan, 40_000, seed=FRESH)
    assert found.counts[Verdict.BROKEN] == 0
    # what is promised is what was simulated
    np.testing.assert_allclose(plan.promised, found.service, atol=5 * np.sqrt(0.25 / 40_000 + 0.25 / 20_000))


def test_equal_scores_are_equal_probabilities_once_calibrated():
    mean = np.full((3, 8), 30.0)
    laws = [cc.demand.Normal(mean[:1], 9.0 * np.ones((1, 8))), cc.demand.Gamma(mean[1:], 36.0 * np.ones((2, 8)))]
    law = cc.demand.PerItem(laws, [np.array([0]), np.array([1, 2])])
    store = store_of(law, [1.0], [70.0] * 3, [False] * 3, budget=cc.Budget(3_200.0), unit_cost=np.ones(3) * 12.0)
    plans = {kind: cc.plan(store, inversion=kind) for kind in (Normal(), Calibrated(paths=60_000))}
    least = {}
    for kind, plan in plans.items():
        seen = cc.audit(plan, 60_000, seed=FRESH).service
        least[kind] = np.where(plan.controllable, seen, 1.0).min(axis=1)
    usual, even = least.values()
    # the same score is worth much less to the skewed items
    assert usual[0] - usual[1:].max() > 0.02
    assert np.ptp(even) < 0.012
    # the value is the score of that probability
    score = plans[list(plans)[1]].objective_value
    assert ndtr(score) == pytest.approx(even.min(), abs=0.01)


def test_orders_that_are_never_negative_need_not_be_paid_for():
    law = cc.demand.Gamma(np.full((1, 6), 10.0), np.full((1, 6), 21.5))
    store = store_of(
        law, [1.0], [80.0], [True], service=cc.Service(0.9, "best"),
        orders=cc.Orders(nonnegative="chance", confidence=0.9),
    )  # fmt: skip
    # as if sales could be negative, the normal inversion keeps far more in stock so that no order is
    usual = cc.plan(store, objective=cc.MinimumBudget(), inversion=Normal())
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=QUICK)
    assert plan.objective_value < 0.9 * usual.objective_value
    audit = cc.audit(plan, 20_000, seed=FRESH)
    assert audit.kept
    assert (plan.order_promised >= 0.9 - 0.005).all()


def test_whole_units_are_calibrated_as_they_are_executed():
    law = cc.demand.Poisson(np.full((2, 8), [[1.5]] * 2))
    store = store_of(
        law, [0.7, 0.3], [5.0, 6.0], [True, True], service=cc.Service(0.9, "best"), orders=cc.Orders(whole=True)
    )
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=QUICK)
    audit = cc.audit(plan, 20_000, seed=FRESH)
    assert audit.kept
    assert not any("half a unit" in note for note in plan.notes)
    orders = plan.orders(np.array([[2.0, 1.0], [0.0, 3.0]]))
    assert (orders == np.rint(orders)).all()


def test_the_same_seed_gives_the_same_plan_and_a_run_folder_gives_it_back(tmp_path):
    store = skewed()
    one, two = (cc.plan(store, objective=cc.MinimumBudget(), inversion=QUICK) for _ in range(2))
    np.testing.assert_array_equal(one.rule.intercept, two.rule.intercept)
    assert one.calibration is not None
    assert two.calibration is not None
    assert one.calibration.values == two.calibration.values
    cc.report(one).write(tmp_path / "run")
    again, _ = cc.load(tmp_path / "run")
    assert again.calibration is not None
    np.testing.assert_array_equal(again.calibration.kappa, one.calibration.kappa)
    assert again.calibration.words == one.calibration.words


# acceptance


def _seen(share: float, paths: int) -> Tails:
    nothing, cell = np.full((1, 1), np.nan), np.full((1, 1), share)
    pair = (nothing, nothing)
    return Tails(paths, cell, *[nothing] * 5, nothing[0], nothing[0], pair, pair, (nothing[0], nothing[0]))


@pytest.mark.parametrize(("share", "good"), [(0.955, True), (0.950, True), (0.9495, True), (0.947, False)])
def test_acceptance_allows_the_margin_and_no_more(share, good):
    nothing = np.full((1, 1), np.nan)
    promises = Promises(np.array([[0.95]]), nothing, nothing[0])
    verdict = accepted(promises, _seen(share, 400_000), 0.99, 0.002, 3)
    assert verdict.good is good
    # the limit is below the share by Φ⁻¹(1 − 0.01 / 3) standard errors
    assert verdict.within == pytest.approx(
        0.95 - share + ndtri(1 - 0.01 / 3) * np.sqrt(0.95 * 0.05 / 400_000), abs=1e-4
    )
    words = " ".join(verdict.words(store_of(cc.demand.Poisson([[2.0]]), [1.0], [1.0], [True])))
    assert ("not accepted" in words) is not good
    if not good:
        assert "item-1" in words
        assert "0.9470" in words


def test_a_calibration_that_cannot_be_accepted_says_which_promise_is_short():
    store = skewed(service=cc.Service(0.95, "best"))
    plan = cc.plan(store, objective=cc.MinimumBudget(), inversion=Calibrated(rounds=1, paths=20_000))
    assert plan.calibration is not None
    if plan.calibration.accepted:  # acceptance raises what is short three times: mostly that is enough
        assert cc.audit(plan, 20_000, seed=FRESH).kept
    else:
        assert "not accepted" in plan.notes[-1]


# choosing it


def test_calibrated_is_what_is_meant_where_nothing_is_said():
    assert isinstance(settings_of().inversion, Calibrated)
    assert settings_of(inversion="calibrated", confidence=0.95).inversion == Calibrated(confidence=0.95)
    with pytest.raises(cc.DataError, match="nu"):
        settings_of(inversion="calibrated", nu=5.0)
    with pytest.raises(cc.DataError, match="confidence"):
        settings_of(inversion="normal", confidence=0.9)


def test_every_fault_of_its_parameters_is_told_at_once():
    with pytest.raises(cc.DataError) as caught:
        Calibrated(confidence=1.0, margin=0.0, rounds=0, paths=3, seed=-1)
    assert len(caught.value.faults) == 5
