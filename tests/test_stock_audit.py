"""Initial stocks counted in fresh cycles: the count agrees with exact reliabilities, and a broken promise shows."""

from __future__ import annotations

import delivery_cases as cases
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ccinv as cc
from ccinv.auditing.judging import Verdict
from ccinv.auditing.stock import audit_stock

BOTH = (cases.FIRST, cases.SECOND)
BEST = np.array([0.413894, 0.267007])


def test_cycles_without_shortage_are_as_frequent_as_the_exact_reliability() -> None:
    seen = audit_stock(BOTH, BEST, 0.8, paths=200_000)
    exact = np.array([one.reliability(m) for one, m in zip(BOTH, BEST, strict=True)])
    assert (np.abs(seen.service - exact) < 4 * np.sqrt(exact * (1 - exact) / seen.paths)).all()
    assert abs(seen.joint - exact.prod()) < 4 * np.sqrt(0.8 * 0.2 / seen.paths)
    assert (seen.low < exact).all()
    assert (exact < seen.high).all()
    # the cheapest stocks meet the promise with nothing to spare
    assert seen.verdict == Verdict.TIGHT
    assert seen.kept


def test_shortages_before_each_delivery_are_as_large_as_the_exact_ones() -> None:
    seen = audit_stock(BOTH, BEST, paths=200_000)
    for j, (one, m) in enumerate(zip(BOTH, BEST, strict=True)):
        n = one.number
        chance, size = one.shortage_probability(m), one.expected_shortage(m)
        assert (np.abs(seen.chance[j, :n] - chance) <= 4 * np.sqrt(chance / seen.paths) + 1e-12).all()
        assert (np.abs(seen.short[j, :n] - size) <= 5 * seen.short_error[j, :n] + 1e-7).all()
    assert seen.verdict == "", "nothing was asked for"


@settings(max_examples=15, deadline=None)
@given(material=cases.random_deliveries(), share=st.floats(0.1, 0.9), seed=st.integers(0, 10**6))
def test_the_count_agrees_for_deliveries_of_all_kinds(material: cc.Deliveries, share: float, seed: int) -> None:
    stock = float(material.stock(share))
    exact = float(material.reliability(stock))
    seen = audit_stock([material], np.array([stock]), paths=5_000, seed=seed)
    # five standard errors, fifteen draws
    assert abs(seen.service[0] - exact) < 5 * np.sqrt(0.25 / 5_000)


@pytest.mark.parametrize(
    "demand",
    [cc.DemandPath([0, 0.3, 1], [0, 0.55, 1.05]), cases.SECOND],
    ids=["more in the beginning, and more than comes", "random"],
)
def test_demand_that_is_not_constant_is_counted_as_well(demand: cc.DemandPath | cc.Deliveries) -> None:
    own = cc.Deliveries((3, 5, 7, 9), 10, 0.10, (5, 7, 11), 20, 0.16, demand=demand)
    exact = float(own.reliability(0.42))
    seen = audit_stock([own], np.array([0.42]), paths=100_000)
    slack = 4 * np.sqrt(exact * (1 - exact) / 100_000) + float(own.reliability_error(0.42))
    assert 0.05 < exact < 0.99
    assert abs(seen.joint - exact) < slack


def test_stocks_that_are_too_small_break_the_promise() -> None:
    # the optimum that is printed has 0.1287, where 0.8 is asked
    seen = audit_stock(BOTH, np.array([0.32, 0.19]), 0.8, paths=20_000)
    assert seen.verdict == Verdict.BROKEN
    assert not seen.kept
    assert seen.joint == pytest.approx(0.1287, abs=0.01)


def test_stocks_with_something_to_spare_keep_it() -> None:
    assert audit_stock(BOTH, BEST + 0.05, 0.8, paths=20_000).verdict == Verdict.KEPT


def test_a_limit_of_shortages_that_is_exceeded_is_seen_and_one_that_is_met_is_not() -> None:
    mean = np.stack([np.append(cases.FIRST.conditional_shortage(BEST[0]), np.inf),
                     cases.SECOND.conditional_shortage(BEST[1])])  # fmt: skip
    met = audit_stock(BOTH, BEST, None, mean)
    assert met.kept
    over = audit_stock(BOTH, BEST, None, np.where(np.arange(5) == 1, 0.8 * mean, np.inf))
    assert over.beyond[:, 1].all()
    assert over.beyond.sum() == 2
    assert not over.kept


def test_a_limit_of_nothing_allows_no_shortage_at_all() -> None:
    most = [one.flow.most for one in BOTH]
    none = np.zeros((2, 5))
    assert audit_stock(BOTH, np.array(most), None, none, paths=20_000).kept
    assert not audit_stock(BOTH, BEST, None, none, paths=20_000).kept


def test_the_same_seed_gives_the_same_count_and_another_another() -> None:
    one, two, three = (audit_stock(BOTH, BEST, 0.8, paths=3_000, seed=seed) for seed in (5, 5, 6))
    assert one.met.tolist() == two.met.tolist() != three.met.tolist()


def test_a_number_of_cycles_that_cannot_be_is_refused() -> None:
    with pytest.raises(cc.DataError, match="paths: found 0"):
        audit_stock(BOTH, BEST, paths=0)
    with pytest.raises(cc.DataError, match="seed: found -1"):
        audit_stock(BOTH, BEST, seed=-1)
