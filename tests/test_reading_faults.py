"""Store folders: every fault in them is named with its place, what was found there, and its remedy."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from folders import (
    FORECAST,
    HISTORY,
    ITEMS,
    LEAD_TIMES,
    OPEN,
    PAST,
    PLAIN,
    RECEIPTS,
    TOML,
    changed,
    faults_of,
    written,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccinv.errors import DataError, Fault
from ccinv.reading import read
from ccinv.store import Store
from ccinv.tables.cells import numbers
from ccinv.tables.table import Table

# What is refused: (table, old, new, what the message must say)

CELLS = [
    ("items.csv", "40.0", "1_000", ["items.csv, line 2, column unit_cost", '"1_000"', "digits 0-9"]),
    ("items.csv", "40.0", "١٢", ["line 2, column unit_cost", '"١٢"', "digits 0-9"]),
    ("items.csv", "40.0", "４０", ["line 2, column unit_cost", '"４０"', "digits 0-9"]),
    ("items.csv", "40.0", "Infinity", ["line 2, column unit_cost", '"Infinity"', "digits 0-9"]),
    ("items.csv", "40.0", "nan", ["line 2, column unit_cost", '"nan"', "digits 0-9"]),
    ("items.csv", "40.0", "1e400", ["line 2, column unit_cost", '"1e400"', "that a computer can hold"]),
    ("items.csv", "40.0", "1e-400", ["line 2, column unit_cost", '"1e-400"', "that a computer can hold"]),
    ("items.csv", "40.0", " 40", ["line 2, column unit_cost", '" 40"', "Take the blanks away"]),
    ("items.csv", "40.0", '"40,5"', ["line 2, column unit_cost", '"40,5"', "decimal point", "40.5"]),
    ("items.csv", "40.0", "-40", ["line 2, column unit_cost", '"-40"', "a number >= 0"]),
    ("items.csv", "40.0", "", ["line 2, column unit_cost", "nothing", "Fill it in"]),
    ("items.csv", "true", "yes", ["line 2, column important", '"yes"', "true or false"]),
    ("items.csv", "007", "=1+1", ["line 2, column item_id", '"=1+1"', "Rename it"]),
    ("items.csv", "007", "-7", ["line 2, column item_id", '"-7"', "not starting with -"]),
    ("items.csv", "007", "../../etc/x", ["line 2, column item_id", '"../../etc/x"', "A-Z a-z 0-9"]),
    ("items.csv", "007", "x" * 65, ["line 2, column item_id", "up to 64"]),
    ("items.csv", "NA", "007", ["line 3, column item_id", 'item "007" again', "line 2", "rename it"]),
    (
        "items.csv",
        ",important",
        ",important,important",
        ["items.csv, line 1", '"important" and "important"', "Leave one"],
    ),
    ("items.csv", "unit_cost", "unit_cots", ["items.csv, line 1", '"unit_cots"', 'Rename it to "unit_cost"']),
    ("items.csv", ",important", ",x", ["items.csv, line 1", 'a column "important"', "Add it"]),
    ("items.csv", "40.0,12,true", "40.0,12", ["items.csv, line 2", "3 fields", "4 fields", "needs its comma"]),
    ("items.csv", "40.0,12,true", "40,5,12,true", ["items.csv, line 2", "5 fields", "decimal point"]),
    ("items.csv", "40.0,12,true", "40.0,12,true,", ["items.csv, line 2", "5 fields", "Take the extra field out"]),
    ("items.csv", "007,40.0", '"007,40.0', ["items.csv, line 3", "double quote that is opened", "Close the quote"]),
    ("items.csv", "007,40.0", '"007"x,40.0', ["items.csv, line 2", "broken quoting", "in double quotes"]),
    ("items.csv", "NA,2.5", "\nNA,2.5", ["items.csv, line 3", "an empty line", "Delete it"]),
    ("items.csv", ITEMS, ITEMS.replace(",", ";"), ["items.csv, line 1", "semicolons", "with commas"]),
    ("items.csv", ITEMS, ITEMS.replace(",", "\t"), ["items.csv, line 1", "tabs", "with commas"]),
    ("items.csv", ITEMS, ITEMS.splitlines()[0], ["items.csv", "no items", "Add a record"]),
    ("items.csv", ITEMS, "", ["items.csv, line 1", "no header", "Start with: item_id"]),
    (
        "demand_forecast.csv",
        "007,1,10",
        "008,1,10",
        ["demand_forecast.csv, line 2", '"008"', "items.csv", 'mean "007"'],
    ),
    ("demand_forecast.csv", "007,2,11", "007,1,11", ["line 3, column period", 'item "007", period 1 again', "line 2"]),
    (
        "demand_forecast.csv",
        "007,2,11,2\n",
        "",
        ['demand_forecast.csv, item "007"', "nothing for period 2", "Add the rows"],
    ),
    ("demand_forecast.csv", "NA,1,4,1\nNA,2,4.5,1\nNA,3,5,1e0\n", "", ['item "NA"', "no row", "take the item out"]),
    ("demand_forecast.csv", "007,3,12", "007,4,12", ["line 4, column period", '"4"', "from 1 to 3", "store.toml"]),
    ("demand_forecast.csv", "007,3,12", "007,1.5,12", ["line 4, column period", '"1.5"', "an integer"]),
    ("demand_forecast.csv", "007,3,12", "007,3,-12", ["line 4, column mean", '"-12"', "a number >= 0"]),
    ("demand_forecast.csv", "007,3,12,2.5", "007,3,12,-2", ["line 4, column sd", '"-2"', "a number >= 0"]),
    ("demand_forecast.csv", "007,3,12,2.5", "007,3,12,1e9", ["line 4, column sd", "1e9", "10000 times the mean"]),
    ("lead_times.csv", "007,1,0.75", "007,1,0.65", ["lead_times.csv, line 2", 'item "007"', "a sum of 0.9", "(0.1)"]),
    ("lead_times.csv", "007,1,0.75", "007,1,75", ["line 3, column probability", '"75"', "from 0 to 1"]),
    ("lead_times.csv", "007,1,0.75", "007,1,-0.75", ["line 3, column probability", '"-0.75"', "from 0 to 1"]),
    ("lead_times.csv", "007,1,0.75", "007,-1,0.75", ["line 3, column age", '"-1"', "from 0 to 520"]),
    ("lead_times.csv", "007,1,0.75", "007,Never,0.75", ["line 3, column age", '"Never"', '"never"']),
    ("lead_times.csv", "007,1,0.75", "007,0,0.75", ["line 3, column age", 'item "007", age 0 again', "line 2"]),
    ("lead_times.csv", "NA,1,0.9\nNA,never,0.1\n", "", ['lead_times.csv, item "NA"', "no row", "take the item out"]),
    ("open_orders.csv", "NA,-1", "NB,-1", ["open_orders.csv, line 3", '"NB"', "leave it out"]),
    ("open_orders.csv", "NA,-1", "NA,1", ["open_orders.csv, line 3, column placed", '"1"', "to 0"]),
    ("open_orders.csv", "NA,-1", "NA,-1000000000000", ["open_orders.csv, line 3, column placed", "from -520"]),
    ("open_orders.csv", "2.5", "-2.5", ["open_orders.csv, line 3, column quantity", '"-2.5"', "a number >= 0"]),
    (
        "open_orders.csv",
        "007,0,5",
        "007,-1,5",
        ["open_orders.csv, line 2", "item 007 placed in period -1", "within 1 periods", "Lengthen"],
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), CELLS)
def test_a_fault_in_a_table_is_named_with_line_value_and_remedy(
    tmp_path: Path, name: str, old: str, new: str, said: list[str]
) -> None:
    found = faults_of(written(tmp_path, changed(PLAIN, name, old, new)))
    assert any(all(part in fault for part in said) for fault in found), found


PAST_CELLS = [
    (
        "demand_history.csv",
        "007,2001-01",
        "007,03/04/2001",
        ["line 2, column period", '"03/04/2001"', "year, month, day"],
    ),
    ("demand_history.csv", "007,2001-01", "007,2001-13", ["line 2, column period", '"2001-13"', "ISO month"]),
    ("demand_history.csv", "007,2001-01", "007,2001-02-30", ["line 2, column period", '"2001-02-30"']),
    ("demand_history.csv", "007,2001-01", "007,7", ["one kind of period", "7 in line 2", "in the same way"]),
    (
        "demand_history.csv",
        "007,2001-01",
        "007,2000-12",
        ["line 2, column period", "2000-12", "[demand] first", "Leave it out"],
    ),
    ("demand_history.csv", "007,2001-01", "007,2001-02", ["line 3, column period", "period 2001-02 again", "line 2"]),
    (
        "demand_history.csv",
        "007,2001-01",
        "007,2001-02-17",
        ["line 3, column period", "again", "line 2", "Add the quantities up"],
    ),
    ("demand_history.csv", "2001-01,3", "2001-01,", ["line 2, column quantity", "nothing", "Fill it in"]),
    ("demand_history.csv", "007,2001-01", "0O7,2001-01", ["line 2, column item_id", '"0O7"', "Did you mean"]),
    (
        "store.toml",
        'missing = "zero"\n',
        "",
        ["demand_history.csv", "no row for 4 of 8 periods", "[demand] missing", '"unknown"'],
    ),
    ("store.toml", 'period = "month"\n', "", ["period in store.toml", "nothing", '"week"']),
    ("store.toml", '"2001-01"', "1", ["[demand] first", "an integer (1)", "a date"]),
    ("store.toml", '"2001-04"', '"2000-04"', ["[demand] last", "Correct one of them"]),
    (
        "receipts.csv",
        "2001-02-09",
        "09.02.2001",
        ["receipts.csv, line 3, column received", '"09.02.2001"', "2013-06-30"],
    ),
    ("receipts.csv", "2001-02-09", "2000-02-09", ["receipts.csv, line 3, column received", "day of the order"]),
    ("receipts.csv", "NA,2001-01-01,2001-01-02", "NA,2001-01-01,", ['item "NA"', "no order that was received"]),
    ("receipts.csv", "NA,2001-01-01", "NA,", ["receipts.csv, line 4, column ordered", "nothing", "Fill it in"]),
    ("receipts.csv", "item_id", "supplier", ["items.csv", "no column supplier", "receipts by item_id"]),
    ("receipts.csv", "item_id", "vendor", ["receipts.csv, line 1", '"item_id" or "supplier"', "Add one"]),
    (
        "store.toml",
        "[demand]",
        '[lead_time]\nobserved_until = "2001-01-05"\n[demand]',
        ["receipts.csv, line 2, column ordered", "2001-01-05", "observed_until"],
    ),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), PAST_CELLS)
def test_a_fault_in_what_was_is_named_with_line_value_and_remedy(
    tmp_path: Path, name: str, old: str, new: str, said: list[str]
) -> None:
    found = faults_of(written(tmp_path, changed(PAST, name, old, new)))
    assert any(all(part in fault for part in said) for fault in found), found


LAW_ROWS = [
    ("A,1,9,2,poison", ["line 2, column law", '"poison"', "negative-binomial"]),
    ("A,1,9,2,poisson", ["line 2, column sd", "sd 2 with mean 9", "root of the mean", "negative-binomial"]),
    ("A,1,9,2,negative-binomial", ["line 2, column sd", "sd 2 with mean 9", "Choose poisson"]),
    ("A,1,0,2,gamma", ["line 2, column sd", "sd 2 with mean 0", "sd 0"]),
    ("A,1,9,3,gamma\nA,2,9,3,normal", ["line 3, column law", "normal for item A", "began as gamma", "one law"]),
]


@pytest.mark.parametrize(("rows", "said"), LAW_ROWS)
def test_a_law_that_cannot_have_its_moments_is_refused(tmp_path: Path, rows: str, said: list[str]) -> None:
    files = {
        "store.toml": f"periods = {rows.count(chr(10)) + 1}\n",
        "items.csv": "item_id,unit_cost,on_hand,important\nA,1,1,true\n",
        "demand_forecast.csv": f"item_id,period,mean,sd,law\n{rows}\n",
        "lead_times.csv": "item_id,age,probability\nA,0,1\n",
    }
    found = faults_of(written(tmp_path, files))
    assert any(all(part in fault for part in said) for fault in found), found


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = {
        "store.toml": TOML.replace("alpha", "alhpa"),
        "items.csv": ITEMS.replace("40.0", "forty").replace("false", "no"),
        "demand_forecast.csv": FORECAST.replace("NA,2,4.5,1", "NA,2,4.5"),
        "lead_times.csv": LEAD_TIMES.replace("0.25", "0.2"),
        "open_orders.csv": OPEN.replace("NA", "N/A"),
    }
    found = faults_of(written(tmp_path, files))
    assert len(found) == 6, found
    for part in ("store.toml, line 6", "items.csv, line 2", "items.csv, line 3", "demand_forecast.csv, line 6",
                 "lead_times.csv, line 2", "open_orders.csv, line 3"):  # fmt: skip
        assert sum(fault.startswith(part) for fault in found) == 1, (part, found)


def test_tables_are_judged_even_if_the_document_cannot_be_read(tmp_path: Path) -> None:
    files = {**changed(PAST, "demand_history.csv", "2001-01,3", "2001-01,x"), "store.toml": "periods = [1"}
    found = faults_of(written(tmp_path, files))
    assert len(found) == 2, found
    assert found[0].startswith("store.toml")
    assert found[1].startswith("demand_history.csv, line 2, column quantity")


def test_a_column_full_of_faults_does_not_hide_the_others(tmp_path: Path) -> None:
    rows = "".join(f"{k},one,1,true\n" for k in range(2000))
    files = {**PLAIN, "items.csv": ITEMS + rows, "open_orders.csv": OPEN.replace("2.5", "x")}
    with pytest.raises(DataError) as caught:
        read(written(tmp_path, files))
    found = [str(fault) for fault in caught.value.faults]
    assert any("1950 more of the same kind" in fault for fault in found)
    assert any(fault.startswith("open_orders.csv, line 3") for fault in found)


def test_text_that_is_no_utf8_is_named_by_its_line(tmp_path: Path) -> None:
    items = ITEMS.encode().replace(b"NA,2.5", b"N\xc4,2.5")
    found = faults_of(written(tmp_path, {**PLAIN, "items.csv": items}))
    assert any("items.csv, line 3" in fault and "0xc4" in fault and "UTF-8" in fault for fault in found), found


@pytest.mark.parametrize(
    ("absent", "added", "said"),
    [
        ("items.csv", {}, "no items.csv"),
        ("demand_forecast.csv", {}, "no demand_forecast.csv and no demand_history.csv"),
        ("lead_times.csv", {}, "no lead_times.csv and no receipts.csv"),
        ("store.toml", {}, "no such file"),
        ("open_orders.csv", {"demand_history.csv": HISTORY}, "demand_forecast.csv and demand_history.csv"),
        ("open_orders.csv", {"receipts.csv": RECEIPTS}, "lead_times.csv and receipts.csv"),
        ("open_orders.csv", {"items.parquet": "x"}, "items.csv and items.parquet"),
    ],
)
def test_too_few_or_too_many_files_are_a_fault(tmp_path: Path, absent: str, added: dict[str, str], said: str) -> None:
    files = {name: text for name, text in {**PLAIN, **added}.items() if name != absent}
    assert any(said in fault for fault in faults_of(written(tmp_path, files)))


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "nowhere")
    assert "no such folder" in fault


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("name", ["items.csv", "store.toml"])
def test_a_pipe_in_place_of_a_file_is_refused_without_waiting(tmp_path: Path, name: str) -> None:
    written(tmp_path, PLAIN)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert any(name in fault and "a regular file" in fault for fault in faults_of(tmp_path))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path, PLAIN)
    (tmp_path / "items.csv").unlink()
    (tmp_path / "items.csv").mkdir()
    assert any("items.csv" in fault and "a regular file" in fault for fault in faults_of(tmp_path))


def test_a_parquet_file_of_other_types_is_refused(tmp_path: Path) -> None:
    files = {name: text for name, text in PLAIN.items() if name != "items.csv"}
    written(tmp_path, files)
    frame = pl.DataFrame({"item_id": [7, 8], "unit_cost": [1.0, None], "on_hand": ["1", "x"], "important": [1.0, 2.0]})
    frame.write_parquet(tmp_path / "items.parquet")
    found = faults_of(tmp_path)
    for part in (
        "items.parquet, column item_id: found a column of type Int64, expected text",
        "items.parquet, row 2, column unit_cost: found nothing",
        'items.parquet, row 2, column on_hand: found "x"',
        "items.parquet, row 2, column important: found 2.0, expected true or false",
    ):
        assert any(fault.startswith(part) for fault in found), (part, found)


def garbled(text: str) -> st.SearchStrategy[bytes]:
    """The text with a few stretches replaced by what breaks readers."""
    debris = st.sampled_from(
        [",", '"', "\n", "\r", ";", "NA", "1e999", "-", "\x00", "\ufeff", "９", "2001-02", "never", ""]
    )
    cut = st.tuples(st.integers(0, len(text)), st.integers(0, 6), debris)

    def spoil(cuts: list[tuple[int, int, str]]) -> bytes:
        found = text
        for at, length, instead in cuts:
            found = found[:at] + instead + found[at + length :]
        return found.encode()

    return st.lists(cut, min_size=1, max_size=4).map(spoil) | st.binary(max_size=200)


@pytest.mark.parametrize("files", [PLAIN, PAST], ids=["plain", "past"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_garbled_files_give_a_store_or_a_data_error_and_nothing_else(
    tmp_path: Path, files: dict[str, str], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(files)))
    written(tmp_path, {**files, name: data.draw(garbled(files[name]))})
    try:
        store: Store | None = read(tmp_path)
    except DataError:
        store = None
    assert store is None or np.isfinite(store.demand.mean).all()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300), magic=st.booleans())
def test_bytes_that_are_no_parquet_give_a_data_error(tmp_path: Path, content: bytes, magic: bool) -> None:
    written(tmp_path, {name: text for name, text in PLAIN.items() if name != "items.csv"})
    written(tmp_path, {"items.parquet": b"PAR1" + content + b"PAR1" if magic else content})
    assert any("items.parquet" in fault for fault in faults_of(tmp_path))


@settings(max_examples=200, deadline=None)
@given(
    value=st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(10**40), 10**40)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_every_number_that_python_writes_is_read_to_the_last_bit(value: float) -> None:
    table = Table("t.csv", "line", {"x": pl.Series([str(value)])}, np.array([2]), {"x": "x"})
    faults: list[Fault] = []
    found = numbers(table, "x", faults)[0]
    exact = float(str(value))
    if faults:
        assert np.isinf(exact) or exact == 0
    else:
        assert found == exact


def test_a_file_of_more_than_two_gigabytes_is_refused_unread(tmp_path: Path) -> None:
    written(tmp_path, PLAIN)
    with (tmp_path / "items.csv").open("r+b") as handle:
        handle.truncate(2_000_000_001)  # sparse: takes no space
    assert any("2,000,000,001 bytes" in fault and "at most" in fault for fault in faults_of(tmp_path))


def test_more_rows_than_bearable_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccinv.tables.csv_file.MOST_ROWS", 5)
    assert any("demand_forecast.csv: found over 5 rows" in fault for fault in faults_of(written(tmp_path, PLAIN)))


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    found = faults_of(written(tmp_path, {**PLAIN, "items.csv": ITEMS + "x" * 3_000_000}))
    assert any("items.csv, line 4" in fault for fault in found), found


def test_lines_are_counted_as_an_editor_counts_them_in_a_long_file(tmp_path: Path) -> None:
    rows = [f"part-{k},{'x' if k == 1500 else '1'},1,true," for k in range(2000)]
    rows[3] = 'part-3,1,1,true,"two\r\nlines"'
    rows[1700] += ","
    header = "item_id,unit_cost,on_hand,important,description"
    found = faults_of(written(tmp_path, {**PLAIN, "items.csv": "\n".join([header, *rows]) + "\n\n"}))
    assert [fault.split(":")[0] for fault in found if fault.startswith("items.csv")] == [
        "items.csv, line 1703",
        "items.csv, line 1503, column unit_cost",
    ]


def test_names_of_records_that_could_not_be_read_are_not_called_unknown(tmp_path: Path) -> None:
    (fault,) = faults_of(written(tmp_path, changed(PLAIN, "items.csv", "40.0,12,true", "40.0,12")))
    assert fault.startswith("items.csv, line 2: found 3 fields")
