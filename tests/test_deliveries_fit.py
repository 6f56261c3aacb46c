"""Delivery processes from past cycles: the paper's own numbers, three ways to them, and histories that cannot be."""

from __future__ import annotations

import itertools

import delivery_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

import ccinv as cc
from ccinv import deliveries as pk
from ccinv.deliveries.fit import mark_fit
from ccinv.deliveries.fitting import nearest_places
from ccinv.deliveries.history import MarkHistory, history
from ccinv.deliveries.likelihood import log_likelihood, resolved
from ccinv.deliveries.marks import Marks

FloatArray = NDArray[np.float64]


def numbers(found: cc.Deliveries) -> tuple[list[int], int, float, list[int], int, float]:
    """(j, N, γ, k, L, δ)."""
    times, amounts = found.time_marks, found.amount_marks
    return (
        times.positions.tolist(), times.sample, round(times.step, 12),
        amounts.positions.tolist(), amounts.sample, round(amounts.step, 12),
    )  # fmt: skip


# --- Tables 2, 3 and 4


def test_rounding_as_in_the_paper_gives_the_numbers_of_the_paper() -> None:
    found = cc.Deliveries.fit(cases.DAYS, cases.AMOUNTS, period=90, method=pk.PaperRounding())
    assert numbers(found) == ([3, 5, 7, 9], 10, 0.1, [5, 7, 11], 20, 0.16)
    # what they were rounded from: .298 .493 .728 .903 as printed, .255 .35 .555 (.558 to three digits)
    past = history(cases.DAYS, cases.AMOUNTS, 90)
    times = (past.times.marks.mean(axis=0) - 0.1 * np.arange(1, 5)) / 0.6
    amounts = (past.amounts.marks.mean(axis=0) - 0.16 * np.arange(1, 4)) / 0.36
    np.testing.assert_allclose(times, [0.298, 0.493, 0.728, 0.903], atol=0.0015)
    np.testing.assert_allclose(amounts, [0.255, 0.35, 0.555], atol=0.003)


def test_with_the_expectation_of_an_order_statistic_other_places_fit_and_more_stock_is_needed() -> None:
    found = cc.Deliveries.fit(
        cases.DAYS, cases.AMOUNTS, 90, method=pk.ExactMoments(sample=10), amount_method=pk.ExactMoments(sample=20)
    )
    assert numbers(found) == ([3, 5, 8, 10], 10, 0.1, [5, 7, 12], 20, 0.16)
    # E x_(j) is j/(N + 1): the last delivery comes on day 85.1 by this fit, on day 80.2 by the paper's, where
    # the history has 84.8
    assert 90 * found.mean_times[-1] == pytest.approx(85.1, abs=0.05)
    assert 90 * cases.FIRST.mean_times[-1] == pytest.approx(80.2, abs=0.05)
    assert cases.DAYS[:, -1].mean() == pytest.approx(84.8, abs=0.05)
    assert found.stock(0.93585) - cases.FIRST.stock(0.93585) == pytest.approx(0.0196, abs=0.002)


def test_table_4_holds_a_slip_of_which_its_averages_know_nothing() -> None:
    printed = np.array(
        [
            [0.252, 0.160, 0.268, 0.320],
            [0.259, 0.185, 0.222, 0.333],
            [0.280, 0.223, 0.211, 0.248],
            [0.240, 0.206, 0.216, 0.336],
            [0.237, 0.181, 0.238, 0.344],
            [0.242, 0.210, 0.252, 0.297],
        ]
    )
    gaps = history(cases.DAYS, cases.AMOUNTS, 90).amounts.gaps
    wrong = np.abs(gaps - printed) > 0.0011
    assert np.argwhere(wrong).tolist() == [[2, 3]]
    assert gaps[2, 3] == pytest.approx(740 / 2600, rel=1e-12)
    assert gaps[2, 3] == pytest.approx(0.2846, abs=5e-5)
    assert printed[2].sum() == pytest.approx(0.962, abs=1e-12)
    np.testing.assert_allclose(gaps.mean(axis=0), [0.252, 0.194, 0.234, 0.319], atol=0.0011)
    assert printed[:, 3].mean() == pytest.approx(0.313, abs=5e-4)  # not the .319 that is printed below it


def test_the_three_fits_of_the_paper_differ_as_much_as_this() -> None:
    likely, moments, rounded = pk.compare_fits(cases.DAYS, cases.AMOUNTS, period=90)
    assert numbers(rounded.deliveries) == numbers(cases.FIRST)
    assert numbers(moments.deliveries) == ([7, 12, 17, 22], 23, 0.1, [11, 16, 25], 44, 0.16)
    j, size, gap, k, amount_size, amount = numbers(likely.deliveries)
    assert (j, size, k, amount_size) == ([5, 8, 12, 15], 15, [26, 40, 62], 100)
    assert gap == pytest.approx(0.0731, abs=0.001)
    assert amount == pytest.approx(0.1216, abs=0.0005)
    stocks = [float(fit.deliveries.stock(0.95)) for fit in (likely, moments, rounded)]
    np.testing.assert_allclose(stocks, [0.449, 0.390, 0.423], atol=0.001)
    # the least gap seen makes what was seen impossible: its excess is 0, and the density there too
    assert likely.times.log_likelihood == pytest.approx(37.06, abs=0.01)
    assert moments.times.log_likelihood == rounded.times.log_likelihood == -np.inf
    # on average the last delivery came on day 84.8
    last = [90 * fit.times.law_mean[-1] for fit in (likely, moments, rounded)]
    np.testing.assert_allclose(last, [86.0, 85.5, 80.2], atol=0.06)


def test_the_default_is_maximum_likelihood() -> None:
    by_default = cc.Deliveries.fit(cases.DAYS, cases.AMOUNTS, 90)
    assert numbers(by_default) == numbers(pk.compare_fits(cases.DAYS, cases.AMOUNTS, 90)[0].deliveries)
    assert pk.fit_deliveries(cases.DAYS, cases.AMOUNTS, 90).method == "maximum likelihood"


# --- which is best


def test_stocks_by_likelihood_are_nearest_to_those_of_the_true_law_and_the_papers_run_short() -> None:
    """Twelve cycles of the first material, forty histories: the root mean square error of the stock for 95 %."""
    rng = np.random.default_rng(11)
    ways = (pk.MaximumLikelihood(), pk.ExactMoments(), pk.PaperRounding())
    truth = cases.FIRST.stock(0.95)
    error, kept = np.empty((40, 3)), np.empty((40, 3))
    for case in range(40):
        times, amounts = cases.FIRST.sample(rng, 12)
        for way in range(3):
            stock = cc.Deliveries.fit(times, amounts, method=ways[way]).stock(0.95)
            error[case, way], kept[case, way] = stock - truth, cases.FIRST.reliability(stock)
    likely, moments, rounded = np.sqrt((error**2).mean(axis=0))
    assert likely < moments < rounded
    assert kept.mean(axis=0)[2] < 0.87 < 0.92 < kept.mean(axis=0)[:2].min()


@settings(max_examples=10, deadline=None)
@given(material=cases.random_deliveries(most=4, largest=12), seed=st.integers(0, 10**6))
def test_with_many_cycles_the_law_is_found_again(material: cc.Deliveries, seed: int) -> None:
    times, amounts = material.sample(np.random.default_rng(seed), 3_000)
    for way in (pk.MaximumLikelihood(), pk.ExactMoments()):
        found = cc.Deliveries.fit(times, amounts, method=way)
        # half a place: 1/2 of scale/(N + 1), besides what chance does
        for law, fit in ((material.time_marks, found.time_marks), (material.amount_marks, found.amount_marks)):
            slack = 0.5 * fit.scale / (fit.sample + 1) + 4 * law.sd / np.sqrt(3_000)
            if isinstance(way, pk.ExactMoments):
                assert (np.abs(fit.mean - law.mean) <= slack + 1e-12).all()
            else:
                np.testing.assert_allclose(fit.mean, law.mean, atol=0.02)
                np.testing.assert_allclose(fit.sd, law.sd, rtol=0.15, atol=0.002)


# --- the places and the likelihood


@settings(max_examples=60, deadline=None)
@given(wanted=st.lists(st.floats(-2, 9), min_size=1, max_size=4), more=st.integers(0, 3))
def test_places_are_the_nearest_rising_whole_numbers(wanted: list[float], more: int) -> None:
    sample = len(wanted) + more
    found = nearest_places(np.array(wanted), sample)
    assert (np.diff(found) > 0).all()
    assert 1 <= found[0] <= found[-1] <= sample
    best = min(
        sum((a - b) ** 2 for a, b in zip(places, wanted, strict=True))
        for places in itertools.combinations(range(1, sample + 1), len(wanted))
    )
    assert ((found - wanted) ** 2).sum() == pytest.approx(best, rel=1e-9, abs=1e-9)


def test_the_likelihood_is_the_dirichlet_density_of_scipy() -> None:
    past = history(cases.DAYS, cases.AMOUNTS, 90)
    law = Marks(np.array([5, 8, 12, 15]), 15, 0.07, 4)
    excess = resolved(past.times) - 0.07 * np.array([1, 1, 1, 1, 0])
    density = [stats.dirichlet([5, 3, 4, 3, 1]).logpdf(row / row.sum()) - 4 * np.log(0.72) for row in excess]
    assert log_likelihood(law, past.times) == pytest.approx(sum(density), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), cycles=st.integers(2, 8), n=st.integers(1, 3))
def test_no_places_no_sample_and_no_step_are_more_likely(seed: int, cycles: int, n: int) -> None:
    """Against all whole numbers up to N = 8 on a grid of steps: the apportionment and its zooming miss nothing."""
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.random((cycles, n)), axis=1)
    past = MarkHistory(np.diff(ends, axis=1, prepend=0.0, append=1.0), n)
    best = log_likelihood(pk.MaximumLikelihood(most=8).marks(past), past)
    for size in range(n, 9):
        for places in itertools.combinations(range(1, size + 1), n):
            for step in np.linspace(0, past.least_gap, 41):
                tried = log_likelihood(Marks(np.array(places), size, float(step), n), past)
                assert tried <= best + 1e-6 * (1 + abs(best))


def test_a_delivery_on_the_last_day_counts_as_half_a_day_before_the_end() -> None:
    past = history(cases.DAYS, cases.AMOUNTS, 90)  # the third cycle ends with a delivery on day 90
    assert past.times.unit == pytest.approx(1 / 90, rel=1e-6)
    assert past.times.gaps[2, 4] == 0.0
    assert resolved(past.times)[2, 4] == pytest.approx(0.5 / 90.5, rel=1e-6)
    assert np.isfinite(log_likelihood(pk.MaximumLikelihood().marks(past.times), past.times))


# --- what is the same in all cycles, and single deliveries


def test_what_is_the_same_in_all_cycles_is_certain() -> None:
    same_days = cc.Deliveries.fit([[10, 50, 80]] * 3, [[1, 2, 3], [2, 2, 2], [3, 1, 2]], period=100)
    np.testing.assert_allclose(same_days.time_marks.fixed, [0.1, 0.5, 0.8])
    assert same_days.amount_marks.fixed is None
    same_shares = cc.Deliveries.fit([[10, 50], [20, 60], [5, 40]], [[1, 3], [2, 6], [10, 30]], period=100)
    assert same_shares.time_marks.fixed is None
    np.testing.assert_allclose(same_shares.amount_marks.fixed, [0.25])
    both = pk.fit_deliveries([[10, 50]] * 2, [[1, 3]] * 2, period=100)
    assert both.deliveries.stock(0.95) == pytest.approx(0.25, abs=1e-9)  # on day 50 half is asked for, a quarter came
    assert both.times.distance.tolist() == [0.0, 0.0]
    assert both.times.log_likelihood is None
    assert "days: the same in all cycles" in both.words


@pytest.mark.parametrize("method", [pk.MaximumLikelihood(), pk.ExactMoments(), pk.PaperRounding()])
def test_one_delivery_a_cycle_brings_all(method: pk.FitMethod) -> None:
    found = cc.Deliveries.fit([[10], [30], [20]], [[5], [9], [7]], 100, method=method)
    assert found.number == 1
    assert found.mean_amounts.tolist() == [1.0]
    assert found.mean_times[0] == pytest.approx(0.2, abs=0.03)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), cycles=st.integers(2, 10), n=st.integers(1, 5), scale=st.floats(0.01, 100))
def test_units_of_days_and_amounts_change_nothing(seed: int, cycles: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    days = np.sort(rng.integers(0, 90, (cycles, n)), axis=1)  # several on one day, too
    amounts = rng.integers(1, 50, (cycles, n))
    for way in (pk.MaximumLikelihood(), pk.ExactMoments(), pk.PaperRounding()):
        found = cc.Deliveries.fit(days, amounts, 90, method=way)
        again = cc.Deliveries.fit(days * scale, amounts * scale, 90 * scale, method=way)
        np.testing.assert_allclose(again.mean_times, found.mean_times, rtol=1e-6)
        np.testing.assert_allclose(again.mean_amounts, found.mean_amounts, rtol=1e-6)


# --- goodness of fit


def test_distances_are_those_of_kolmogorov_and_smirnov() -> None:
    past = history(cases.DAYS, cases.AMOUNTS, 90).times
    law = cases.FIRST.time_marks
    found = mark_fit(law, past)
    for i, j in enumerate(law.positions):
        share = (past.marks[:, i] - law.least[i]) / law.scale
        assert found.distance[i] == pytest.approx(stats.kstest(share, stats.beta(j, 11 - j).cdf).statistic, rel=1e-9)
    assert found.unusual == pytest.approx(stats.kstwo(6).isf(0.05), rel=1e-6)
    np.testing.assert_allclose(90 * found.mean, cases.DAYS.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(90 * found.sd, cases.DAYS.std(axis=0, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(found.law_mean, law.mean)


def test_the_words_name_the_mark_that_the_law_misses_and_how() -> None:
    words = pk.fit_deliveries(cases.DAYS, cases.AMOUNTS, 90, method=pk.PaperRounding()).words
    assert "rounding as in the paper: 4 deliveries in each of 6 past cycles" in words
    assert "days: at least 9 between deliveries, the rest by the places 3, 5, 7, 9 among 10 points" in words
    assert "  delivery 4: day 84.8 on average, law 80.2; spread 4.83, law 6.01; distance 0.45" in words
    assert "law 3.3% (the law is wider: it asks for more stock than this history does)" in words
    assert "nothing contradicts the law: a distance above 0.52 is unusual" in words
    assert "cycles brought 2500 to 3200 in all, 2850 on average" in words
    # half of the cycles early, half late: no place in a sample does that
    days = np.array([[10, 80], [12, 80.5], [14, 79], [11, 81], [60, 78], [62, 82], [64, 80], [61, 80.2]] * 4)
    late = pk.fit_deliveries(days, np.ones((32, 2)), 90)
    assert late.times.distance[0] > late.times.unusual
    assert "does not go with the history: delivery 1 (" in late.words


# --- histories that cannot be


def test_every_fault_of_a_history_is_named_at_once() -> None:
    times = [[10, 40, 95], [30, 20, 50], [5, 10], [1, "x", 60]]
    amounts = [[1, 0, 3], [1, 2, -3], [1, 2, 3], [1, 2, float("nan")]]
    with pytest.raises(cc.DataError) as caught:
        cc.Deliveries.fit(times, amounts, 90)  # type: ignore[arg-type]
    assert [str(fault) for fault in caught.value.faults] == [
        "times, cycle 4, delivery 2: found 'x', expected a number. Enter what was recorded, or leave the cycle out.",
        "amounts, cycle 4, delivery 3: found nan, expected a number. Enter what was recorded, or leave the cycle out.",
        "times, cycle 3: found 2 deliveries, expected 3, as in most cycles. Each cycle must have as many deliveries: "
        "add the missing, join two into one, or leave the cycle out.",
        "times, cycle 1, delivery 3: found day 95, expected a day from 0 to 90. Count days from the start of the "
        "cycle; a delivery after its end belongs to the next.",
        "times, cycle 2, delivery 2: found day 20, expected day 30 or later, after delivery 1. Give deliveries in the "
        "order in which they came.",
        "amounts, cycle 1, delivery 2: found 0, expected an amount > 0. A delivery brings something: correct the "
        "amount, or leave the cycle out.",
        "amounts, cycle 2, delivery 3: found -3, expected an amount > 0. A delivery brings something: correct the "
        "amount, or leave the cycle out.",
    ]


@pytest.mark.parametrize(
    ("times", "amounts", "period", "message"),
    [
        ([[10, 20]], [[1, 2]], 90, "times and amounts: found 1 cycles, expected at least 2"),
        ([], [], 90, "times and amounts: found 0 cycles, expected at least 2"),
        ([[1, 2], [1, 2]], [[1, 2]], 90, "found 2 cycles of times and 1 of amounts"),
        ([[], []], [[], []], 90, "found no deliveries"),
        ([1, 2, 3], [[1, 2], [3, 4]], 90, "times: found list that is no table"),
        (5, [[1, 2], [3, 4]], 90, "times: found int that is no table"),
        ([[1, 2], [1, 3]], [[1, 2], [1, 3]], 0, "period: found 0, expected a number > 0"),
        ([[-1, 2], [1, 3]], [[1, 2], [1, 3]], 90, "cycle 1, delivery 1: found day -1, expected a day from 0 to 90"),
        ([[1, 2], [1, 3]], [[1, np.inf], [1, 3]], 90, "amounts, cycle 1, delivery 2: found inf"),
    ],
)
def test_a_history_that_cannot_be_says_why(times: object, amounts: object, period: float, message: str) -> None:
    with pytest.raises(cc.DataError, match=message):
        cc.Deliveries.fit(times, amounts, period)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", [pk.PaperRounding(3), pk.ExactMoments(3), pk.MaximumLikelihood(3)])
def test_a_sample_smaller_than_the_number_of_its_places_is_refused(method: pk.FitMethod) -> None:
    with pytest.raises(cc.DataError, match="found 3, expected a whole number of at least 4"):
        cc.Deliveries.fit(cases.DAYS, cases.AMOUNTS, 90, method=method)
