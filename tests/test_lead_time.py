"""The law of the lead time, and its fit to receipts of which some are still to come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccinv.errors import DataError
from ccinv.lead_time import NEVER, LeadTime, fit_lead_times

START = np.datetime64("2020-01-01")
RECEIPTS = Path("/work/shared/data/stores/carparts-300/receipts.csv")


def after(days: list[int | None]) -> np.ndarray:
    """Dates so many days after the start; None: no date."""
    return np.array([np.datetime64("NaT") if d is None else START + d for d in days], dtype="datetime64[D]")


def test_the_fit_is_kaplan_and_meiers_table_worked_by_hand() -> None:
    # periods of 10 days, seen until day 40: eight orders of day 0, 10 or 20
    #   received at age 1: two, at age 2: one, at age 3: one, at age 4: one; open: one through age 2, two through age 4
    ordered = after([0, 0, 10, 0, 0, 20, 0, 0])
    received = after([10, 7, 25, 23, 40, None, None, None])
    #   age   at risk   arrive   S after
    #    1       8        2      3/4
    #    2       6        1      5/8
    #    3       4        1      15/32        (the order open through age 2 is at risk no more)
    #    4       3        1      5/16
    names, law = fit_lead_times(["S"] * 8, ordered, received, START + 40, 10)
    assert names == ("S",)
    np.testing.assert_allclose(law.pmf, [[0, 1 / 4, 1 / 8, 5 / 32, 5 / 32, 5 / 16]], rtol=1e-15)
    assert law.never.tolist() == [0.0]


def test_an_order_open_within_an_age_counts_for_the_days_that_it_was() -> None:
    # periods of 30 days; open on day 45: it outlived age 1 and days 31..45 of age 2
    early = fit_lead_times(["S"] * 3, after([0, 0, 0]), after([30, 40, None]), START + 45, 30)[1]
    np.testing.assert_allclose(early.pmf, [[0, 1 / 3, 1 / 3, 1 / 3]], rtol=1e-15)  # at risk on day 40
    late = fit_lead_times(["S"] * 3, after([0, 0, 15]), after([30, 50, None]), START + 60, 30)[1]
    np.testing.assert_allclose(late.pmf, [[0, 1 / 3, 2 / 3]], rtol=1e-15)  # not at risk on day 50


def test_what_is_left_goes_to_the_first_age_that_contradicts_nothing_seen() -> None:
    def last(open_days: int) -> list[float]:
        ordered, received = after([0, 0]), after([10, None])
        return fit_lead_times(["S"] * 2, ordered, received, START + open_days, 10)[1].pmf[0].tolist()

    assert last(10) == [0, 0.5, 0.5]
    assert last(19) == [0, 0.5, 0.5]
    assert last(20) == [0, 0.5, 0, 0.5]  # has outlived age 2
    assert last(29) == [0, 0.5, 0, 0.5]
    assert last(30) == [0, 0.5, 0, 0, 0.5]


def test_ages_are_started_periods_and_age_0_is_the_day_of_the_order_only() -> None:
    received = after([0, 1, 7, 8, 14, 15])
    law = fit_lead_times(["S"] * 6, after([0] * 6), received, None, 7)[1]
    np.testing.assert_allclose(law.pmf, [[1 / 6, 2 / 6, 2 / 6, 1 / 6]], rtol=1e-14)
    month = 365.25 / 12
    law = fit_lead_times(["S"] * 4, after([0] * 4), after([30, 31, 60, 61]), None, month)[1]
    np.testing.assert_allclose(law.pmf, [[0, 1 / 4, 2 / 4, 1 / 4]], rtol=1e-14)
    # in floating point a year holds 31.000000000000004 of its 31st parts
    assert fit_lead_times(["S"], after([0]), after([365]), None, 365 / 31)[1].support.tolist() == [32]


def test_a_receipt_after_the_last_day_of_observation_is_not_known_yet() -> None:
    ordered, received = after([0, 0, 0]), after([3, 5, 9])
    seen = fit_lead_times(["S"] * 3, ordered, received, START + 6, 1)[1]
    as_open = fit_lead_times(["S"] * 3, ordered, after([3, 5, None]), START + 6, 1)[1]
    np.testing.assert_array_equal(seen.pmf, as_open.pmf)
    latest = fit_lead_times(["S"] * 3, ordered, after([3, 5, None]), None, 1)[1]  # day 5: the latest date there is
    np.testing.assert_allclose(latest.pmf, [[0, 0, 0, 1 / 3, 0, 1 / 3, 1 / 3]], rtol=1e-15)


def test_each_group_has_the_law_that_it_has_alone() -> None:
    rng = np.random.default_rng(41)
    group = rng.choice(["b", "a", "10", "9"], 200)
    ordered = START + rng.integers(0, 100, 200)
    received = ordered + rng.integers(0, 1 + 20 * (group == "a") + 5, 200)
    received[rng.random(200) < 0.2] = np.datetime64("NaT")
    names, together = fit_lead_times(group, ordered, received, START + 110, 4)
    assert names == ("10", "9", "a", "b")
    for row, name in enumerate(names):
        mine = group == name
        alone = fit_lead_times(group[mine], ordered[mine], received[mine], START + 110, 4)[1].pmf[0]
        np.testing.assert_allclose(together.pmf[row, : len(alone)], alone, rtol=1e-13)
        assert not together.pmf[row, len(alone) :].any()


@st.composite
def receipts(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Groups, days of order, days until receipt (−1: open) and days in a period; every group has a receipt."""
    size = draw(st.integers(1, 40))
    group = np.array(draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)))
    day = np.array(draw(st.lists(st.integers(0, 60), min_size=size, max_size=size)))
    lead = np.array(draw(st.lists(st.integers(-1, 30), min_size=size, max_size=size)))
    lead[np.unique(group, return_index=True)[1]] = draw(st.integers(0, 30))
    return group, day, lead, draw(st.sampled_from((1.0, 7.0, 10.0, 365.25 / 12, 0.5)))


@given(table=receipts())
@settings(max_examples=100, deadline=None)
def test_a_fit_is_a_law_that_leaves_room_for_every_open_order(
    table: tuple[np.ndarray, np.ndarray, np.ndarray, float],
) -> None:
    group, day, lead, period = table
    received = np.where(lead < 0, np.datetime64("NaT"), START + day + lead)
    last = START + 90
    names, law = fit_lead_times(group, START + day, received, last, period)
    assert len(names) == len(np.unique(group)) == len(law.pmf)
    np.testing.assert_allclose(law.pmf.sum(axis=1), 1.0, rtol=1e-12)
    assert (law.pmf >= 0).all()
    row = np.searchsorted(np.unique(group), group)
    for k in np.flatnonzero(lead < 0):
        outlived = int(np.floor((90 - day[k]) / period * (1 + 1e-12)))
        assert law.support[row[k]] > outlived + 1 or law.pmf[row[k], outlived + 1 :].sum() > 0


@given(table=receipts())
@settings(max_examples=60, deadline=None)
def test_without_open_orders_the_fit_is_the_share_of_each_age(
    table: tuple[np.ndarray, np.ndarray, np.ndarray, float],
) -> None:
    group, day, lead, period = table
    lead = np.abs(lead)
    _, law = fit_lead_times(group, START + day, START + day + lead, START + 90, period)
    ages = np.ceil(lead / period - 1e-9).astype(int)
    for row, name in enumerate(np.unique(group)):
        mine = ages[group == name]
        share = np.bincount(mine, minlength=law.pmf.shape[1]) / len(mine)
        np.testing.assert_allclose(law.pmf[row], share, rtol=1e-12, atol=1e-15)


def test_the_fit_finds_the_law_of_censored_orders_where_the_share_of_ages_would_be_too_short() -> None:
    rng = np.random.default_rng(42)
    size = 60_000
    lead = np.ceil(rng.gamma(3.0, 25.0, size)).astype(int)  # days; a third and more of the orders are cut off
    ordered = START + rng.integers(0, 150, size)
    last = START + 150
    received = np.where(ordered + lead <= last, ordered + lead, np.datetime64("NaT"))
    law = fit_lead_times(["S"] * size, ordered, received, last, 30)[1]
    truth = np.bincount(np.ceil(lead / 30).astype(int))[:5] / size
    # standard errors of a few thousandths, as most orders are seen for some of the ages only
    np.testing.assert_allclose(law.pmf[0, :5], truth, atol=0.015)
    done = ~np.isnat(received)
    naive = np.bincount(np.ceil(lead[done] / 30).astype(int))[:5] / done.sum()
    assert np.abs(naive - truth).max() > 0.05


def test_dates_that_cannot_be_are_all_named_with_their_rows() -> None:
    with pytest.raises(DataError) as caught:
        fit_lead_times(["S"] * 4, after([0, None, 5, 30]), after([3, 4, 2, None]), START + 20, 7)
    assert [fault.where for fault in caught.value.faults] == [f"receipts, row {row}" for row in (2, 4, 3)]
    with pytest.raises(DataError, match="receipts of T: found no order received"):
        fit_lead_times(["S", "T"], after([0, 0]), after([3, None]), None, 7)
    with pytest.raises(DataError, match="2 groups, 1 order dates"):
        fit_lead_times(["S", "T"], after([0]), after([3]), None, 7)
    with pytest.raises(DataError, match="a positive number of days"):
        fit_lead_times(["S"], after([0]), after([3]), None, 0)


@pytest.mark.skipif(not RECEIPTS.exists(), reason="the receipts are not on this machine")
def test_real_receipts_give_every_supplier_a_law() -> None:
    lines = [line.split(",") for line in RECEIPTS.read_text().splitlines()[1:]]
    group, ordered, received = (np.array(column) for column in zip(*lines, strict=True))
    dates = np.where(received == "", "NaT", received).astype("datetime64[D]")
    names, law = fit_lead_times(group, ordered.astype("datetime64[D]"), dates, "2013-06-30", 365.25 / 12)
    assert len(names) == 12
    np.testing.assert_allclose(law.pmf.sum(axis=1), 1.0, rtol=1e-12)
    assert (law.support <= 10).all()  # 240 days at most, and open orders no longer


def test_arrivals_and_draws_follow_the_probabilities() -> None:
    law = LeadTime([[0.2, 0.5, 0.3], [0.6, 0.1, 0.0]], never=[0.0, 0.3])
    np.testing.assert_allclose(law.arrived([-1, 0, 1, 2, 9]), [[0, 0.2, 0.7, 1, 1], [0, 0.6, 0.7, 0.7, 0.7]])
    assert law.support.tolist() == [3, 2]
    draws = law.sample(np.random.default_rng(43), (40_000,))
    for row, pmf in enumerate(law.pmf):
        found = [(draws[row] == age).mean() for age in range(3)]
        np.testing.assert_allclose(found, pmf, atol=0.013)  # five standard errors of one half
    assert (draws[0] == NEVER).sum() == 0
    assert abs((draws[1] == NEVER).mean() - 0.3) < 0.013


@pytest.mark.parametrize(
    ("pmf", "never", "message"),
    [
        ([[0.5, 0.4]], 0.0, "sum to 0.9"),
        ([[1.2, -0.2]], 0.0, "a probability of -0.2"),
        ([[0.5, np.nan]], 0.0, "not finite"),
        ([[1.0]], 0.5, "sum to 1.5"),
    ],
)
def test_a_lead_time_law_that_is_none_is_refused(pmf: list[list[float]], never: float, message: str) -> None:
    with pytest.raises(DataError, match=message):
        LeadTime(pmf, never)
