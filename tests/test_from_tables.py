"""Stores from data frames: pandas, polars and Arrow say the same as files, and faults are named by row."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from folders import FORECAST, HISTORY, HISTORY_TOML, ITEMS, LEAD_TIMES, OPEN, PAST, PLAIN, RECEIPTS, written

from ccinv.demand import Discrete
from ccinv.errors import DataError
from ccinv.reading import describe, read
from ccinv.store import Budget, OpenOrders, Orders, Service, Store

FRAMES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pandas": lambda frame: pd.DataFrame(frame.to_dict(as_series=False)),
    "arrow": lambda frame: pa.table(frame.to_dict(as_series=False)),
    "mapping": lambda frame: frame.to_dict(as_series=False),
}
KINDS = pytest.mark.parametrize("kind", FRAMES)


def table(text: str) -> pl.DataFrame:
    """A table with numbers as numbers and names as text, as a careful user has it."""
    frame = pl.read_csv(StringIO(text), infer_schema=False)
    amounts = {"unit_cost", "on_hand", "mean", "sd", "quantity", "probability"}
    typed = [pl.col(name).cast(float) for name in frame.columns if name in amounts]
    typed += [pl.col(name).cast(int) for name in frame.columns if name == "placed"]
    typed += [pl.col(name) == "true" for name in frame.columns if name == "important"]
    return frame.with_columns(*typed)


def forecast() -> pl.DataFrame:
    return table(FORECAST).with_columns(pl.col("period").cast(int))


def plain(kind: str, **other: Any) -> Store:
    make = FRAMES[kind]
    given = {
        "items": make(table(ITEMS)),
        "demand": make(forecast()),
        "lead_times": make(table(LEAD_TIMES)),
        "open_orders": make(table(OPEN)),
    }
    return Store.from_tables(**{**given, **other})


def faults_of(make: Callable[[], Store]) -> list[str]:
    with pytest.raises(DataError) as caught:
        make()
    return [str(fault) for fault in caught.value.faults]


@KINDS
def test_frames_make_the_store_that_files_make(kind: str, tmp_path: Path) -> None:
    from_files = read(written(tmp_path, PLAIN))
    store = plain(kind, budget=Budget(9000.0), service=0.9, name="two parts")
    assert str(describe(store)) == str(describe(from_files))
    assert store.item_id == ("007", "NA")
    np.testing.assert_array_equal(store.demand.mean, from_files.demand.mean)
    np.testing.assert_array_equal(store.demand.sd, from_files.demand.sd)
    np.testing.assert_array_equal(store.lead_time.pmf, from_files.lead_time.pmf)
    np.testing.assert_array_equal(store.lead_time.never, from_files.lead_time.never)
    np.testing.assert_array_equal(store.on_order, from_files.on_order)


@KINDS
def test_a_history_in_frames_is_fitted_as_one_in_files(kind: str, tmp_path: Path) -> None:
    assert 'last = "2001-04"' in HISTORY_TOML
    from_files = read(written(tmp_path, PAST))
    make = FRAMES[kind]
    history = table(HISTORY).rename({"item_id": "unique_id", "period": "ds", "quantity": "y"})
    dated = history.with_columns((pl.col("ds") + "-01").str.to_date())
    timed = dated.with_columns(pl.col("ds").cast(pl.Datetime("ns")))
    for demand in (history, dated, timed):
        store = Store.from_tables(
            items=make(table(ITEMS)),
            demand=make(demand),
            receipts=make(table(RECEIPTS)),
            periods=3,
            period="month",
            first="2001-01",
            last=datetime.date(2001, 4, 1),
            missing="zero",
        )
        assert store.calendar == from_files.calendar
        np.testing.assert_array_equal(store.demand.mean, from_files.demand.mean)
        np.testing.assert_array_equal(store.lead_time.pmf, from_files.lead_time.pmf)


def test_dates_of_pandas_are_dates() -> None:
    history = pd.DataFrame({"unique_id": ["A", "A"], "ds": pd.to_datetime(["2001-01-31", "2001-02-28"]), "y": [1, 2]})
    receipts = pd.DataFrame(
        {
            "item_id": ["A", "A"],
            "ordered": pd.to_datetime(["2001-01-01", "2001-01-02"]),
            "received": [pd.Timestamp("2001-01-03"), pd.NaT],
        }
    )
    items = pd.DataFrame({"item_id": ["A"], "unit_cost": [1], "on_hand": [1], "important": [True]})
    store = Store.from_tables(items=items, demand=history, receipts=receipts, periods=2, period="month")
    assert store.calendar == ("2001-03-01", "2001-04-01")
    np.testing.assert_allclose(store.demand.mean, [[1.5, 1.5]])


def test_a_column_of_numbers_and_never_is_read() -> None:
    ages = pd.DataFrame(
        {"item_id": ["007", "007", "NA", "NA"], "age": [0, 1, 1, "never"], "probability": [0.25, 0.75, 0.9, 0.1]}
    )
    assert ages["age"].dtype == object
    np.testing.assert_array_equal(plain("pandas", lead_times=ages).lead_time.never, [0, 0.1])


def test_what_is_asked_of_the_store_is_passed_on() -> None:
    store = plain("polars", budget=Budget([1, 2, 3], 0.8), service=Service(0.8, "best"), orders=Orders("chance", lag=1))
    assert store.budget is not None
    assert (store.budget.limits(3).tolist(), store.budget.confidence) == ([1, 2, 3], 0.8)
    assert (store.service.alpha, store.service.unattainable) == (0.8, "best")
    assert (store.orders.nonnegative, store.orders.lag) == ("chance", 1)
    assert isinstance(store.open_orders, OpenOrders)


def test_a_single_period_is_read_from_values_and_probabilities() -> None:
    law = pl.DataFrame({"item_id": ["007", "007", "NA"], "value": [0, 4, 2], "probability": [0.5, 0.5, 1.0]})
    store = Store.from_tables(items=table(ITEMS), demand=law)
    assert isinstance(store.demand, Discrete)
    np.testing.assert_allclose(store.demand.mean, [[2], [2]])


def test_periods_of_a_forecast_are_counted_or_checked() -> None:
    assert plain("polars").periods == 3
    assert any("a period from 1 to 2" in fault for fault in faults_of(lambda: plain("polars", periods=2)))


def items(**columns: Any) -> pl.DataFrame:
    return table(ITEMS).with_columns(**{name: pl.Series(values) for name, values in columns.items()})


WRONG: list[tuple[str, str, pl.DataFrame, list[str]]] = [
    ("items", "cost", items(unit_cost=[40.0, -1.0]), ["items, row 2, column unit_cost", "-1.0", "a number >= 0"]),
    ("items", "nan", items(unit_cost=[np.nan, 1.0]), ["items, row 1, column unit_cost", "a number >= 0"]),
    ("items", "inf", items(unit_cost=[np.inf, 1.0]), ["items, row 1, column unit_cost", "inf"]),
    ("items", "none", items(on_hand=[None, 1.0]), ["items, row 1, column on_hand", "a number"]),
    ("items", "ids", items(item_id=[7, 8]), ["items, column item_id", "text", "007 and 1E5 are names"]),
    ("items", "twice", items(item_id=["A", "A"]), ["items, row 2, column item_id", "again", "row 1"]),
    ("items", "flag", items(important=[2.0, 1.0]), ["items, row 1, column important", "true or false"]),
    ("items", "name", table(ITEMS).rename({"on_hand": "onhand"}), ["items: ", '"onhand"', 'Rename it to "on_hand"']),
    (
        "demand",
        "period",
        forecast().with_columns(period=pl.col("period") + 0.5),
        ["demand_forecast, row 1, column period", "1.5", "an integer"],
    ),
    (
        "demand",
        "stranger",
        forecast().with_columns(item_id=pl.Series(["X", *["007"] * 2, *["NA"] * 3])),
        ["demand_forecast, row 1", '"X"', "items"],
    ),
    ("demand", "gap", forecast().head(5), ['demand_forecast, item "NA"', "nothing for period 3", "Add the rows"]),
    ("lead_times", "sum", table(LEAD_TIMES).head(3), ["lead_times, row 3", 'item "NA"', "a sum of 0.9"]),
    (
        "open_orders",
        "late",
        table(OPEN).with_columns(placed=pl.Series([-1, 0])),
        ["open_orders, row 1", "item 007", "Lengthen"],
    ),
]


@KINDS
@pytest.mark.parametrize(("name", "case", "frame", "said"), WRONG, ids=[f"{name}-{case}" for name, case, _, _ in WRONG])
def test_a_fault_in_a_frame_is_named_with_row_value_and_remedy(
    kind: str, name: str, case: str, frame: pl.DataFrame, said: list[str]
) -> None:
    del case
    found = faults_of(lambda: plain(kind, **{name: FRAMES[kind](frame)}))
    assert any(all(part in fault for part in said) for fault in found), found


def test_all_faults_of_all_frames_are_told_at_once() -> None:
    wrong = {
        "items": table(ITEMS).with_columns(unit_cost=pl.Series([-1.0, -2.0])),
        "lead_times": table(LEAD_TIMES).head(3),
        "periods": 0,
        "observed_until": "today",
    }
    assert len(faults_of(lambda: plain("polars", **wrong))) == 5


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"lead_times": None}, ["neither lead_times nor receipts", "one of them"]),
        ({"receipts": table(RECEIPTS)}, ["both lead_times and receipts", "one of them"]),
        ({"demand": table(HISTORY)}, ["periods", "nothing", "periods=12"]),
        ({"demand": table(HISTORY), "periods": 3}, ["period", "nothing", '"week"']),
        (
            {"demand": table(HISTORY), "periods": 3, "period": "month"},
            ["demand_history", "no row for 4 of 8", "missing"],
        ),
        ({"period": "fortnight"}, ["period", "'fortnight'", '"week"']),
        ({"missing": "no"}, ["missing", "'no'", '"unknown"']),
        ({"first": "1/98"}, ["first", "'1/98'", "ISO month"]),
        ({"periods": True}, ["periods", "True", "an integer"]),
        ({"items": 7}, ["items", "an object of type int", "a data frame"]),
        ({"items": table(ITEMS).lazy()}, ["items", "LazyFrame", "Collect"]),
        ({"items": {"item_id": ["A", "B"], "unit_cost": [1]}}, ["items", "unit_cost 1", "one length"]),
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_remedy(other: dict[str, Any], said: list[str]) -> None:
    found = faults_of(lambda: plain("polars", **other))
    assert any(all(part in fault for part in said) for fault in found), found


def test_columns_of_many_types_say_what_they_mean() -> None:
    as_numbers = pa.table(
        {
            "item_id": pa.array(["007", "NA"]).dictionary_encode(),
            "unit_cost": pa.array([40, 2], pa.decimal128(5, 2)),
            "on_hand": pa.array([12, -3], pa.int8()),
            "important": ["True", "False"],
        }
    )
    store = plain("polars", items=as_numbers)
    np.testing.assert_array_equal(store.unit_cost, [40, 2])
    nullable = pd.DataFrame(
        {
            "item_id": pd.Categorical(["007", "NA"]),
            "unit_cost": pd.array([40, 2], dtype="Int64"),
            "on_hand": pd.array([12.0, -3.0], dtype="Float64"),
            "important": pd.array([True, False], dtype="boolean"),
        },
        index=[5, 5],
    )
    np.testing.assert_array_equal(plain("polars", items=nullable).on_hand, [12, -3])
    nullable.loc[:, "unit_cost"] = pd.NA
    assert len(faults_of(lambda: plain("polars", items=nullable))) == 2
    months = pd.DataFrame(
        {"item_id": ["007", "NA"], "ds": pd.period_range("2001-01", periods=2, freq="M"), "y": [1, 2]}
    )
    store = plain("polars", demand=months, periods=1, period="month", missing="zero")
    assert store.calendar == ("2001-03-01",)


def test_a_column_that_stands_twice_in_a_frame_is_refused() -> None:
    frame = table(ITEMS).to_pandas()
    (fault, *_) = faults_of(lambda: plain("polars", items=pd.concat([frame, frame[["on_hand"]]], axis=1)))
    assert '"on_hand" twice' in fault
