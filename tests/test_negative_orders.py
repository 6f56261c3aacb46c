"""Orders that may be negative finance others (math.md §6, E10): what that is worth, and where it has no end."""

import dataclasses

import numpy as np
import pytest

import ccinv as cc
from benchmarks import transcription


def interface_store(mode: str) -> cc.Store:
    """The store of the printed example."""
    return cc.Store(
        unit_cost=[40.0, 35.0], on_hand=[120, 90], important=[True, False],
        demand=cc.demand.Normal(mean=np.full((2, 12), 25.0), sd=np.full((2, 12), 6.0)),
        lead_time=cc.LeadTime([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]], never=0.0),
        budget=cc.Budget(limit=7_000.0, confidence=0.95),
        service=0.95,
        orders=cc.Orders(nonnegative=mode, confidence=0.90),
    )  # fmt: skip


def transcribed(store: cc.Store) -> transcription.Transcription:
    return transcription.Transcription(store, transcription.cumulative, transcription.normal)


def test_what_negative_orders_are_worth_on_the_printed_example():
    values, scores = {}, {}
    for mode in ("none", "mean", "chance"):
        store = interface_store(mode)
        values[mode] = cc.plan(store, objective=cc.ExpectedStock(), inversion=cc.inversion.Normal()).objective_value
        assert values[mode] == pytest.approx(transcribed(store).expected_stock().value, rel=1e-7)
        scores[mode] = cc.plan(store, inversion=cc.inversion.Normal()).objective_value
        less, more = (transcribed(store).shortfall(scores[mode] * (1 + change)).value for change in (-1e-6, 1e-6))
        assert less < 0 < more
    assert values["none"] > values["mean"] > values["chance"]
    assert scores["none"] > scores["mean"] > scores["chance"]
    assert values["none"] - values["mean"] == pytest.approx(3.3268, abs=1e-3)
    assert scores["none"] - scores["mean"] == pytest.approx(0.1811, abs=1e-3)


def financed(mode: str) -> cc.Store:
    """The last orders of "slow" cannot matter any more, its lead time being three periods; those of "fast" can."""
    return cc.Store(
        unit_cost=[10.0, 10.0], on_hand=[90.0, 40.0], important=[False, True],
        demand=cc.demand.Normal(np.full((2, 5), 10.0), np.full((2, 5), 2.0)),
        lead_time=cc.LeadTime([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]]),
        budget=cc.Budget(1500.0, 0.95),
        orders=cc.Orders(nonnegative=mode),
        item_id=("slow", "fast"), calendar=("mon", "tue", "wed", "thu", "fri"),
    )  # fmt: skip


def test_orders_that_may_be_negative_and_are_not_missed_leave_expected_stock_without_end():
    with pytest.raises(cc.ModelError, match="ExpectedStock is unbounded: item slow can have ever larger negative") as e:
        cc.plan(financed("none"), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal())
    assert "from period tue on" in str(e.value)
    assert "orders.nonnegative" in str(e.value)
    assert transcribed(financed("none")).expected_stock().status == "unbounded"
    assert np.isfinite(
        cc.plan(financed("mean"), objective=cc.ExpectedStock(), inversion=cc.inversion.Normal()).objective_value
    )


def test_orders_that_may_be_negative_leave_the_least_budget_without_end_where_an_item_has_no_promise():
    with pytest.raises(cc.ModelError, match="MinimumBudget is unbounded: item item-2 can have"):
        cc.plan(interface_store("none"), objective=cc.MinimumBudget(), inversion=cc.inversion.Normal())
    assert transcribed(interface_store("none")).minimum_budget().status == "unbounded"


def test_expected_stock_without_a_budget_has_no_answer():
    with pytest.raises(cc.ModelError, match="without a budget"):
        cc.plan(
            dataclasses.replace(interface_store("mean"), budget=None),
            objective=cc.ExpectedStock(),
            inversion=cc.inversion.Normal(),
        )
