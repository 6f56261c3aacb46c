"""Store folders: what is read from them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import FORECAST, HISTORY_TOML, ITEMS, PAST, PLAIN, TOML, changed, faults_of, written

from ccinv.demand import Discrete, Gamma, NegativeBinomial, Normal, PerItem, Poisson
from ccinv.reading import describe, read, read_folder

REAL = Path("/work/shared/data/stores")


def test_a_forecast_with_lead_times_and_open_orders_is_read_as_written(tmp_path: Path) -> None:
    store = read(written(tmp_path, PLAIN))
    assert store.item_id == ("007", "NA")
    assert store.name == "two parts"
    np.testing.assert_array_equal(store.unit_cost, [40.0, 2.5])
    np.testing.assert_array_equal(store.on_hand, [12, -3])
    np.testing.assert_array_equal(store.important, [True, False])
    np.testing.assert_array_equal(store.weight, [1, 1])
    assert isinstance(store.demand, Normal)
    np.testing.assert_array_equal(store.demand.mean, [[10, 11, 12], [4, 4.5, 5]])
    np.testing.assert_array_equal(store.demand.sd, [[2, 2, 2.5], [1, 1, 1]])
    np.testing.assert_array_equal(store.lead_time.pmf, [[0.25, 0.75], [0, 0.9]])
    np.testing.assert_array_equal(store.lead_time.never, [0, 0.1])
    np.testing.assert_array_equal(store.on_order, [5, 2.5])
    assert store.open_orders is not None
    np.testing.assert_array_equal(store.open_orders.placed, [0, -1])
    assert store.service.alpha == 0.9
    assert store.budget is not None
    np.testing.assert_array_equal(store.budget.limits(3), [9000] * 3)
    assert store.calendar == ("1", "2", "3")


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    header, *rows = FORECAST.splitlines()
    files = {**PLAIN, "demand_forecast.csv": "\n".join([header, *reversed(rows)])}
    store = read(written(tmp_path, files))
    np.testing.assert_array_equal(store.demand.mean, [[10, 11, 12], [4, 4.5, 5]])


def test_each_item_has_the_law_it_names(tmp_path: Path) -> None:
    items = "item_id,unit_cost,on_hand,important\n" + "".join(f"{k},1,1,true\n" for k in "ABCDE")
    rows = ["A,1,9,2,normal", "B,1,9,2,gamma", "C,1,9,,poisson", "D,1,9,4,negative-binomial", "E,1,9,2,"]
    files = {
        "store.toml": "periods = 1\n",
        "items.csv": items,
        "demand_forecast.csv": "item_id,period,mean,sd,law\n" + "\n".join(rows),
        "lead_times.csv": "item_id,age,probability\n" + "".join(f"{k},0,1\n" for k in "ABCDE"),
    }
    law = read(written(tmp_path, files)).demand
    assert isinstance(law, PerItem)
    kinds = {type(part): place.tolist() for part, place in law.groups}
    assert kinds == {Normal: [0, 4], Gamma: [1], Poisson: [2], NegativeBinomial: [3]}
    np.testing.assert_allclose(law.sd[:, 0], [2, 2, 3, 4, 2])


def test_a_history_and_receipts_are_fitted_and_the_plan_follows_the_last_period(tmp_path: Path) -> None:
    found = read_folder(written(tmp_path, PAST))
    assert found.store.calendar == ("2001-05-01", "2001-06-01", "2001-07-01")
    assert found.history is not None
    np.testing.assert_array_equal(found.history.quantity, [[3, 4, 0, 0], [0, 1, 0, 6]])
    assert found.history.period == ("2001-01-01", "2001-02-01", "2001-03-01", "2001-04-01")
    np.testing.assert_allclose(found.store.demand.mean, [[1.75] * 3, [1.75] * 3])
    # a receipt on the day of the order has age 0, one after 30 days (less than a mean month) age 1
    np.testing.assert_allclose(found.store.lead_time.pmf, [[0.5, 0.5], [0, 1]])


def test_periods_without_a_row_are_left_unknown_if_that_is_what_is_stated(tmp_path: Path) -> None:
    files = changed(PAST, "store.toml", '"zero"', '"unknown"')
    found = read_folder(written(tmp_path, files))
    assert found.history is not None
    np.testing.assert_array_equal(found.history.quantity, [[3, 4, np.nan, np.nan], [np.nan, 1, np.nan, 6]])
    np.testing.assert_allclose(found.store.demand.mean[:, 0], [3.5, 3.5])


def test_a_numbered_history_ends_in_numbered_periods(tmp_path: Path) -> None:
    files = {
        **PLAIN,
        "demand_history.csv": "unique_id,ds,y\n007,5,1\n007,7,2\nNA,6,3\n",
        "store.toml": TOML + '[demand]\nmissing = "zero"\nlast = 8\n',
    }
    del files["demand_forecast.csv"]
    found = read_folder(written(tmp_path, files))
    assert found.history is not None
    np.testing.assert_array_equal(found.history.quantity, [[1, 0, 2, 0], [0, 3, 0, 0]])
    assert found.history.period == ("5", "6", "7", "8")
    assert found.store.calendar == ("1", "2", "3")


def test_weeks_are_counted_from_the_first_day_stated(tmp_path: Path) -> None:
    files = {
        **PAST,
        "store.toml": HISTORY_TOML.replace('"month"', '"week"')
        .replace('"2001-01"', '"2001-01-01"')
        .replace('"2001-04"', '"2001-01-28"'),
        "demand_history.csv": "item_id,period,quantity\n007,2001-01-07,3\n007,2001-01-08,4\nNA,2001-01-28,1\n",
    }
    found = read_folder(written(tmp_path, files))
    assert found.history is not None
    np.testing.assert_array_equal(found.history.quantity, [[3, 4, 0, 0], [0, 0, 0, 1]])
    assert found.store.calendar == ("2001-01-29", "2001-02-05", "2001-02-12")


def test_receipts_by_supplier_give_each_item_the_law_of_its_supplier(tmp_path: Path) -> None:
    files = {
        **PAST,
        "items.csv": "item_id,unit_cost,on_hand,important,supplier\n007,1,1,true,Slow & Sons\nNA,1,1,true,Quick\n"
        "X,1,1,true,Slow & Sons\n",
        "receipts.csv": "supplier,ordered,received\nQuick,2001-01-01,2001-01-01\nSlow & Sons,2001-01-01,2001-03-01\n"
        "Quick,2001-02-01,\n",
    }
    lead_time = read(written(tmp_path, files)).lead_time
    np.testing.assert_array_equal(lead_time.pmf[0], lead_time.pmf[2])
    assert lead_time.pmf[0, 2] == 1
    assert lead_time.pmf[1, 0] == pytest.approx(0.5)


def test_a_single_period_is_read_from_values_and_probabilities(tmp_path: Path) -> None:
    files = {
        "store.toml": "periods = 1\n[budget]\nlimit = 10\n",
        "items.csv": ITEMS,
        "demand_pmf.csv": "item_id,value,probability\n007,4,0.5\n007,0,0.5\nNA,1,0.2\nNA,3,0.7\nNA,2,0.1\n",
    }
    law = read(written(tmp_path, files)).demand
    assert isinstance(law, Discrete)
    np.testing.assert_allclose(law.mean, [[2], [2.5]])
    np.testing.assert_allclose(law.sd, [[2], [np.sqrt(0.2 + 6.3 + 0.4 - 6.25)]])


def test_parquet_tables_say_the_same_as_csv(tmp_path: Path) -> None:
    plain, packed = tmp_path / "csv", tmp_path / "parquet"
    for folder, files in ((plain, PLAIN), (packed, PLAIN)):
        folder.mkdir()
        written(folder, files)
    for name in ("items", "demand_forecast", "lead_times", "open_orders"):
        frame = pl.read_csv(packed / f"{name}.csv", schema_overrides={"item_id": pl.String})
        frame.write_parquet(packed / f"{name}.parquet")
        (packed / f"{name}.csv").unlink()
    assert pl.read_parquet_schema(packed / "items.parquet")["important"] == pl.Boolean
    assert str(describe(read(plain))) == str(describe(read(packed)))
    np.testing.assert_array_equal(read(plain).demand.mean, read(packed).demand.mean)
    assert read(packed).item_id == ("007", "NA")


def test_a_dated_history_in_parquet_is_read_by_its_types(tmp_path: Path) -> None:
    files = dict(PAST)
    del files["demand_history.csv"]
    written(tmp_path, files)
    frame = pl.DataFrame(
        {"unique_id": ["007", "007", "NA", "NA"], "ds": ["2001-01", "2001-02", "2001-02", "2001-04"], "y": [3, 4, 1, 6]}
    )
    for kind in (pl.Date, pl.Datetime):
        frame.with_columns((pl.col("ds") + "-01").str.to_date().cast(kind)).write_parquet(
            tmp_path / "demand_history.parquet"
        )
        found = read_folder(tmp_path)
        assert found.history is not None
        np.testing.assert_array_equal(found.history.quantity, [[3, 4, 0, 0], [0, 1, 0, 6]])


def test_names_that_other_programs_turn_into_numbers_stay_text(tmp_path: Path) -> None:
    names = ["NA", "null", "007", "1E5", "nan", "True", "1998-02"]
    files = {
        "store.toml": "periods = 1\n",
        "items.csv": "item_id,unit_cost,on_hand,important\n" + "".join(f"{k},1,1,true\n" for k in names),
        "demand_forecast.csv": "item_id,period,mean,sd\n" + "".join(f"{k},1,1,1\n" for k in names),
        "lead_times.csv": "item_id,age,probability\n" + "".join(f"{k},0,1\n" for k in names),
    }
    assert read(written(tmp_path, files)).item_id == tuple(names)


def test_a_byte_order_mark_and_other_line_ends_are_no_fault(tmp_path: Path) -> None:
    files = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in PLAIN.items()}
    np.testing.assert_array_equal(read(written(tmp_path, files)).demand.mean, [[10, 11, 12], [4, 4.5, 5]])


def test_a_text_in_quotes_may_hold_commas_quotes_and_lines(tmp_path: Path) -> None:
    items = (
        'item_id,description,unit_cost,on_hand,important\n007,"a ""big"" bolt,\nwith nut",40,12,true\nNA,,x,1,true\n'
    )
    (fault,) = faults_of(written(tmp_path, {**PLAIN, "items.csv": items}))
    assert fault.startswith('items.csv, line 4, column unit_cost: found "x"')


def test_columns_that_mean_nothing_here_are_ignored_and_listed(tmp_path: Path) -> None:
    items = "item_id,unit_cost,on_hand,important,colour\n007,40,12,true,red\nNA,2.5,-3,false,\n"
    assert read_folder(written(tmp_path, {**PLAIN, "items.csv": items})).ignored == {"items.csv": ("colour",)}


def test_policy_costs_of_an_item_come_before_those_of_the_store(tmp_path: Path) -> None:
    files = {
        **PLAIN,
        "store.toml": TOML + "[policies]\norder_cost = 20\n",
        "items.csv": "item_id,unit_cost,on_hand,important,order_cost\n007,40,12,true,5\nNA,2.5,-3,false,\n",
    }
    found = read_folder(written(tmp_path, files))
    np.testing.assert_array_equal(found.order_cost, [5, 20])
    np.testing.assert_array_equal(found.holding_rate, [np.nan, np.nan])


@pytest.mark.skipif(not REAL.exists(), reason="the car-part stores are not here")
@pytest.mark.parametrize(("name", "items"), [("carparts-300", 300), ("carparts-all", 2509)])
def test_the_car_part_stores_are_read_and_fitted_in_about_a_second(name: str, items: int) -> None:
    import polars  # noqa: F401  # its import is not what is measured

    start = time.perf_counter()
    found = read_folder(REAL / name)
    seconds = time.perf_counter() - start
    store = found.store
    assert (store.items, store.periods) == (items, 12)
    assert store.calendar[0] == "2002-04-01"
    assert found.history is not None
    assert found.history.quantity.shape == (items, 51)
    np.testing.assert_allclose(store.demand.mean[:, 0], found.history.quantity.mean(axis=1))
    np.testing.assert_allclose(store.lead_time.pmf.sum(axis=1), 1)
    assert len(np.unique(store.lead_time.pmf, axis=0)) == 12  # one law per supplier
    assert seconds < 3  # about 0.2 on an idle machine


def test_a_description_counts_what_is_in_the_store(tmp_path: Path) -> None:
    found = describe(read(written(tmp_path, PLAIN)))
    assert (found.items, found.important, found.periods, found.open_orders) == (2, 1, 3, 2)
    assert found.laws == (("normal", 2),)
    assert (found.mean.low, found.mean.high, found.sd.high) == (4, 12, 2.5)
    assert (found.on_hand.low, found.backlogged, found.on_order) == (-3, 1, 7.5)
    assert found.invested == 40 * 17 + 2.5 * -0.5
    assert (found.mean_lead_time.low, found.mean_lead_time.high, found.never.high) == (0.75, 1, 0.1)
    # item 007 may receive an order of period 1 in period 2, item NA in period 3
    assert (found.controllable, found.promised) == (3, 2)
    assert "normal 2" in str(found)
