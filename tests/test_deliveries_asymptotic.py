"""The asymptotic initial stock beside the exact one, and how many cycles a simulation needs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import ccinv as cc
from ccinv import deliveries as pk

# --- (1.4)


def test_the_equation_is_one_four_worked_by_hand() -> None:
    # c [½ ((1 + 0.5²)/4 + (1 + 0.8²)/10) ln 20]^½ = 100 · [½ (0.3125 + 0.164) · 2.995732]^½
    found = cc.reliability_equation(4, 10, risk=0.05, delivery_fixed=0.5, demand_fixed=0.2, total=100)
    assert found == pytest.approx(100 * math.sqrt(0.5 * 0.4765 * 2.995732), rel=1e-6)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 500), m=st.integers(1, 500), risk=st.floats(0.001, 0.5), fixed=st.floats(0, 1))
def test_a_constant_rate_is_the_limit_of_many_parts_and_neither_side_is_preferred(
    n: int, m: int, risk: float, fixed: float
) -> None:
    both = cc.reliability_equation(n, m, risk=risk, delivery_fixed=fixed)
    assert both == pytest.approx(cc.reliability_equation(m, n, risk=risk, demand_fixed=fixed), rel=1e-12)
    alone = cc.reliability_equation(n, None, risk=risk, delivery_fixed=fixed)
    assert cc.reliability_equation(n, 10**15, risk=risk, delivery_fixed=fixed) == pytest.approx(alone, rel=1e-9)
    assert alone <= both
    assert cc.reliability_equation(None, None, risk=risk) == 0.0


def test_equal_deliveries_at_uniform_times_are_a_kolmogorov_smirnov_test() -> None:
    """λ = 1: what (1.4) approximates is the one-sided law for n points, exactly."""
    for n in (5, 20):
        stock = np.array([0.1, 0.25, 0.4])
        exact = pk.even_deliveries(n, 1.0).reliability(stock)
        np.testing.assert_allclose(exact, stats.ksone(n).cdf(stock), rtol=1e-10)


def test_the_asymptotic_stock_is_too_large_for_few_deliveries_most_of_all_without_fixed_parts() -> None:
    """For a risk of 5 %: share in equal parts, deliveries, asymptotic stock, its true reliability, the exact stock."""
    table = [
        (0.0, 4, 0.865, 0.998, 0.679),
        (0.0, 10, 0.547, 0.982, 0.479),
        (0.0, 20, 0.387, 0.972, 0.355),
        (0.0, 50, 0.245, 0.963, 0.233),
        (0.5, 4, 0.684, 0.985, 0.591),
        (0.5, 50, 0.194, 0.959, 0.187),
        (1.0, 4, 0.612, 0.971, 0.565),
        (1.0, 10, 0.387, 0.963, 0.369),
        (1.0, 50, 0.173, 0.956, 0.170),
    ]
    for fixed, n, asymptotic, reliability, exact in table:
        process = pk.even_deliveries(n, fixed)
        stock = cc.reliability_equation(n, risk=0.05, delivery_fixed=fixed)
        assert stock == pytest.approx(asymptotic, abs=5.1e-4)
        assert process.reliability(stock) == pytest.approx(reliability, abs=5.1e-4)
        assert process.stock(0.95) == pytest.approx(exact, abs=5.1e-4)


def test_even_deliveries_are_the_process_of_one_two() -> None:
    """Simulated as (1.2) says: t_i uniform, parts of λ/n and the gaps of n − 1 further uniform numbers."""
    n, fixed, stock, paths = 4, 0.3, 0.5, 300_000
    rng = np.random.default_rng(8)
    times = np.sort(rng.random((paths, n)), axis=1)
    cuts = np.sort(rng.random((paths, n - 1)), axis=1)
    brought = np.concatenate([np.zeros((paths, 1)), cuts], axis=1) * (1 - fixed) + fixed * np.arange(n) / n
    frequency = float((stock + brought >= times).all(axis=1).mean())
    exact = float(pk.even_deliveries(n, fixed).reliability(stock))
    assert frequency == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / paths))


def test_what_is_no_process_is_refused_with_all_its_faults() -> None:
    with pytest.raises(cc.DataError) as caught:
        cc.reliability_equation(0, -1, risk=0.0, delivery_fixed=1.2, total=0)
    assert len(caught.value.faults) == 5
    assert "risk: found 0.0, expected a number between 0 and 1. Give 0.05 for a reliability of 95 %." in str(
        caught.value
    )
    with pytest.raises(cc.DataError, match="number: found 0"):
        pk.even_deliveries(0)


# --- (5.5), (5.6)

ERRORS = (0.09, 0.045, 0.025, 0.01)
TABLE_1 = {
    0.5: (258, 879, 2645, 15606),
    0.8: (195, 616, 1783, 10209),
    0.9: (150, 417, 1120, 6016),
    0.95: (None, 306, 727, 3481),
}
# log 20 = 2.99573 was taken as 3 for these, and the fraction dropped
ROUGH = {(0.5, 0.025), (0.5, 0.01), (0.8, 0.01), (0.9, 0.01), (0.95, 0.01)}


def test_table_1_is_five_six_in_all_but_five_entries_which_have_3_for_log_20() -> None:
    for p, row in TABLE_1.items():
        for error, printed in zip(ERRORS, row, strict=True):
            if printed is None:
                with pytest.raises(cc.DataError, match=r"at most 0.0475 = p\(1 − p\) for p = 0.95"):
                    cc.sample_size(error, 0.1, p)
                continue
            found = cc.sample_size(error, 0.1, p)
            assert found == pytest.approx(printed, rel=0.0015)
            rough = found * 3.0 / math.log(20.0)
            if (p, error) in ROUGH:
                assert found < printed <= rough
                assert printed == pytest.approx(rough, abs=2)  # found was rounded up, printed down
            else:
                assert found == printed


def test_the_bound_holds_for_binomial_frequencies_and_as_printed_it_does_not_know_of_trials() -> None:
    p, error = 0.9, 0.045
    size = cc.sample_size(error, 0.1, p)
    assert pk.deviation_bound_corrected(error, size, p) <= 0.1 < pk.deviation_bound_corrected(error, size - 1, p)
    law = stats.binom(size, p)
    truth = law.cdf(math.floor(size * (p - error))) + law.sf(math.ceil(size * (p + error)) - 1)
    assert truth <= 0.1
    # printed: the same for one trial and for a million
    assert pk.deviation_bound_printed(error, 1, p) == pk.deviation_bound_printed(error, 10**6, p)
    assert pk.deviation_bound_printed(error, size, p) == pytest.approx(0.0571, abs=5e-5)
    # a single trial is off by more than ε for certain: the printed bound is broken
    assert pk.deviation_bound_printed(error, 1, p) < 1.0 < pk.deviation_bound_corrected(error, 1, p)


@settings(max_examples=60, deadline=None)
@given(p=st.floats(0.5, 0.98), more=st.floats(0.0, 0.5), error=st.floats(1e-4, 1.0), risk=st.floats(1e-6, 0.9))
def test_a_probability_further_from_one_half_needs_no_more_trials(
    p: float, more: float, error: float, risk: float
) -> None:
    further = p + more * (1 - p)
    error = min(error, 1.0) * further * (1 - further)
    assert cc.sample_size(error, risk, further) <= cc.sample_size(error, risk, p) <= cc.sample_size(error, risk)
    assert cc.sample_size(error, risk, 1 - p) == pytest.approx(cc.sample_size(error, risk, p), rel=1e-9, abs=1)


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.0, "half", math.nan])
def test_a_risk_or_a_probability_that_is_none_is_refused(bad: object) -> None:
    with pytest.raises(cc.DataError, match="risk: found"):
        cc.sample_size(0.01, bad)  # type: ignore[arg-type]
    with pytest.raises(cc.DataError, match="probability: found"):
        cc.sample_size(0.01, 0.1, bad)  # type: ignore[arg-type]
    with pytest.raises(cc.DataError, match="trials: found"):
        pk.deviation_bound_corrected(0.01, 0, 0.5)
