"""Folders of perishables: what is read, every fault at once, and what the command writes and says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

import ccinv as cc
from ccinv.cli import main
from ccinv.examples import FILES
from ccinv.perishable import Cost, EndStock, Lost
from ccinv.reading.perishables import read_perishables
from ccinv.writing import open_folder

TOML = """\
schema = 1
name = "two foods"
days = 7
first = "2022-08-29"
day = ["perish", "sell", "receive"]
[orders]
weekdays = ["tue", "fri"]
lag = 1
[limits]
most = 40
"""
ITEMS = "item_id,shelf_life,pack,lag,price,weekdays\nmilk,5,6,,2.5,\nfish,3,,0,8,tue wed\n"
DEMAND = "item_id,day,quantity\n" + "".join(
    f"{item},2022-{'08' if d < 3 else '09'}-{29 + d if d < 3 else d - 2:02d},{4 + d % 2}\n"
    for item in ("milk", "fish")
    for d in range(7)
)
OPENING = "item_id,age,quantity\nmilk,1,6\nmilk,3,4\nfish,2,3\n"
PLAIN = {"perishables.toml": TOML, "items.csv": ITEMS, "demand.csv": DEMAND, "opening_stock.csv": OPENING}


def folder(place: Path, files: dict[str, str]) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def faults(place: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(cc.DataError) as caught:
        read_perishables(folder(place, files))
    return [str(fault) for fault in caught.value.faults]


def changed(name: str, old: str, new: str, files: dict[str, str] = PLAIN) -> dict[str, str]:
    assert old in files[name], (name, old)
    return {**files, name: files[name].replace(old, new, 1)}


def test_a_folder_is_read_as_it_is_written(tmp_path: Path) -> None:
    found = read_perishables(folder(tmp_path, PLAIN))
    store = found.store
    assert (store.items, store.days, store.name) == (2, 7, "two foods")
    assert store.calendar[0] == "2022-08-29"
    assert store.order_days[0].tolist() == [False, True, False, False, True, False, False]
    assert store.order_days[1].tolist() == [False, True, True, False, False, False, False]
    assert store.lag.tolist() == [1, 0]
    assert store.pack.tolist() == [6, 1]
    assert store.opening.tolist() == [[6, 0, 4], [0, 3, 0]]
    assert store.limits[1].tolist() == [0, 40, 40, 0, 40, 0, 0]
    assert not store.day.receives_first
    assert store.demand[0].tolist() == [4, 5, 4, 5, 4, 5, 4]
    assert found.objective == (Lost(), EndStock())


def test_numbers_of_days_single_limits_and_dates_say_the_same(tmp_path: Path) -> None:
    first = read_perishables(folder(tmp_path / "a", PLAIN)).store
    other = changed("perishables.toml", 'weekdays = ["tue", "fri"]', 'dates = ["2022-08-30", 5]')
    other = changed("perishables.toml", "[limits]\nmost = 40\n", '[objective]\nname = "cost"\n', other)
    other |= {
        "limits.csv": "day,least,most\n2,,40\n2022-08-31,,40\n5,,40\n",
        "order_days.csv": "item_id,day\nfish,2\nfish,3\n",
        "items.csv": "item_id,shelf_life,pack,lag,price\nmilk,5,6,,2.5\nfish,3,,0,8\n",
        "demand.csv": re.sub(r"2022-\d\d-\d\d", lambda day: str(first.calendar.index(day[0]) + 1), PLAIN["demand.csv"]),
    }
    found = read_perishables(folder(tmp_path / "b", other))
    np.testing.assert_array_equal(found.store.order_days, first.order_days)
    np.testing.assert_array_equal(found.store.demand, first.demand)
    np.testing.assert_array_equal(found.store.limits, first.limits)
    assert found.objective == (Cost(),)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("perishables.toml", 'weekdays = ["tue", "fri"]', "", "order days of item milk"),
        ("perishables.toml", '["tue", "fri"]', '["tue", "someday"]', "found tue, someday"),
        ("perishables.toml", 'first = "2022-08-29"', "", "the date of the first day"),
        ("perishables.toml", "most = 40", "most = 40\nleast = 50", "found 50, expected at most 40"),
        ("perishables.toml", '["perish", "sell", "receive"]', '["sell", "receive"]', "each once"),
        ("perishables.toml", "lag = 1", 'lag = 1\nclosed = ["2023-01-01"]', "found 2023-01-01"),
        ("perishables.toml", "schema = 1", 'schema = 1\nunmet = "lots"', '"lost" or "backordered"'),
        ("perishables.toml", "most = 40", 'most = 40\n[objective]\nname = ["lost", "joy"]', "lost, joy"),
        ("perishables.toml", "most = 40", "mots = 40", 'Did you mean "most"?'),
        ("perishables.toml", "[limits]", "[service]\nalpha = 0.9\n[limits]", "demand that is certain"),
        ("items.csv", "fish,3", "fish,none", "items.csv, line 3, column shelf_life"),
        ("items.csv", "milk,5,6", "milk,5,0", "items.csv, line 2, column pack"),
        ("items.csv", "tue wed", "tue wen", "items.csv, line 3, column weekdays"),
        ("demand.csv", "milk,2022-08-29", "milk,2022-08-01", "demand.csv, line 2, column day"),
        ("demand.csv", "milk,2022-08-29,4", "milk,2022-08-29,-4", "demand.csv, line 2, column quantity"),
        ("demand.csv", "milk,2022-08-29", "mlik,2022-08-29", 'Did you mean "milk"?'),
        ("demand.csv", "milk,2022-08-30", "milk,2022-08-29", "again"),
        ("opening_stock.csv", "fish,2,3", "fish,3,3", "3 days, with a shelf life of 3"),
        ("opening_stock.csv", "milk,3", "milk,0", "opening_stock.csv, line 3, column age"),
    ],
)
def test_each_fault_of_a_folder_is_named(name: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    found = faults(tmp_path, changed(name, old, new))
    assert any(said in fault for fault in found), found


def test_a_calendar_without_order_days_is_a_fault_with_a_remedy(tmp_path: Path) -> None:
    files = changed("perishables.toml", 'weekdays = ["tue", "fri"]', "")
    files = changed("items.csv", "tue wed", "", files)
    (fault,) = faults(tmp_path, files)
    assert "no day on which anything can be ordered" in fault
    assert "weekdays = " in fault


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = changed("perishables.toml", "most = 40", "most = 40\nleast = 50")
    files = changed("items.csv", "fish,3", "fish,0", files)
    files = changed("demand.csv", "milk,2022-08-29,4", "milk,2022-08-29,four", files)
    files = changed("opening_stock.csv", "milk,3", "milk,9", files)
    found = faults(tmp_path, files)
    assert len(found) == 4, found
    for file in ("perishables.toml, line", "items.csv, line 3", "demand.csv, line 2", "opening_stock.csv, line 3"):
        assert any(fault.startswith(file) for fault in found), (file, found)


def test_a_limit_on_a_closed_day_is_a_fault_where_a_table_names_the_day(tmp_path: Path) -> None:
    files = PLAIN | {"limits.csv": "day,least\n4,10\n"}
    assert "at least 10 on a day on which nothing can be ordered" in faults(tmp_path, files)[0]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    assert "no such folder" in faults_of_nothing(tmp_path / "nowhere")
    found = faults(tmp_path, {"perishables.toml": TOML})
    assert any("no items.csv" in fault for fault in found)
    assert any("no demand.csv and no demand_forecast.csv" in fault for fault in found)


def faults_of_nothing(place: Path) -> str:
    with pytest.raises(cc.DataError) as caught:
        read_perishables(place)
    return str(caught.value)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_orders_movements_ages_and_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where, out = folder(tmp_path / "in", PLAIN), tmp_path / "out"
    assert main(["perishables", str(where), "--out", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(open_folder(out).content) == {
        "orders.csv", "movements.csv", "ages.csv", "summary.json", "report.html"
    }  # fmt: skip
    assert [level["name"] for level in figures["levels"]] == ["lost", "end-stock"]
    assert all(level["proven"] for level in figures["levels"])
    assert figures["ledger_disagreement"] <= 1e-9
    orders, moves, ages = (rows(out / name) for name in ("orders.csv", "movements.csv", "ages.csv"))
    assert sum(float(row["quantity"]) for row in orders) == figures["ordered"]
    assert all(float(row["quantity"]) % 6 == 0 for row in orders if row["item_id"] == "milk")
    assert {row["day"] for row in orders} <= {"2022-08-30", "2022-08-31", "2022-09-02"}
    assert len(moves) == 14
    assert sum(float(row["sold"]) for row in ages) == sum(float(row["sold"]) for row in moves) == figures["sold"]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "two foods" in page
    assert "<script" not in page
    assert re.search(r'(?:src|href)="(?!#)', page) is None, "nothing is loaded from elsewhere"
    assert page.count("<svg") == 2


def test_options_of_the_command_replace_those_of_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder(tmp_path / "in", PLAIN)
    arguments = ["perishables", str(where), "--objective", "waste,lost", "--gap", "0", "--seconds", "20", "--json"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert [level["name"] for level in figures["levels"]] == ["waste", "lost"]
    assert main([*arguments[:2], "--objective", "wast", "--out", str(tmp_path / "other")]) == 2
    assert "Did you mean 'waste'?" in capsys.readouterr().err


def test_impossible_limits_end_with_3_and_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = changed("perishables.toml", "most = 40", "most = 40\nleast = 40")
    files = changed("items.csv", "fish,3,,0", "fish,3,9,0", files)
    files = changed("perishables.toml", "least = 40", "least = 37\n", changed("perishables.toml", "most = 40",
                    "most = 38", files))  # fmt: skip
    assert main(["perishables", str(folder(tmp_path / "in", files)), "--out", str(tmp_path / "out")]) == 3
    said = capsys.readouterr().err
    assert said.startswith("Impossible.")
    assert "packs of 6, 9 come to 36 or 39" in said
    assert not (tmp_path / "out").exists()


def test_bad_folders_end_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = changed("items.csv", "fish,3", "fish,0")
    assert main(["perishables", str(folder(tmp_path / "in", files)), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["faults"][0]["where"] == "items.csv, line 3, column shelf_life"


def test_a_forecast_and_a_service_are_calibrated_audited_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forecast = "item_id,period,mean,sd,law\n" + "".join(
        f"{item},{d + 1},{mean},,poisson\n" for item, mean in (("milk", 6), ("fish", 3)) for d in range(7)
    )
    files = {name: text for name, text in PLAIN.items() if name != "demand.csv"} | {"demand_forecast.csv": forecast}
    extra = '[service]\nalpha = 0.9\nunattainable = "best"\n[objective]\nname = ["waste"]\n[audit]\npaths = 4000\n'
    files = changed("perishables.toml", "[limits]\nmost = 40\n", extra, files)
    code = main(["perishables", str(folder(tmp_path / "in", files)), "--out", str(tmp_path / "out"), "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert code == 0
    promise = figures["promise"]
    assert promise["kept"]
    assert promise["accepted"]
    assert promise["promised"] > 3
    assert promise["paths"] == 4000
    moves = rows(tmp_path / "out" / "movements.csv")
    promised = [row for row in moves if row["asked"]]
    assert len(promised) == promise["promised"]
    assert min(float(row["service"]) for row in promised) == pytest.approx(promise["lowest"])
    assert {row["verdict"] for row in promised} <= {"KEPT", "TIGHT"}
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "No promise of 90.0 % broke in 4,000 replays" in page
    assert page.count("<svg") == 3


def test_the_example_is_a_kitchen_worth_planning(tmp_path: Path) -> None:
    """Ten foods over four weeks, three order days a week and a holiday, limits, packs, stock of two ages each."""
    store = read_perishables(folder(tmp_path, FILES["perishables"]())).store
    assert store.demand.shape == (10, 28)
    assert store.order_days.any(axis=0).sum() == 11
    assert set(store.pack.tolist()) == {1, 2, 4, 6}
    assert (store.shelf_life.min(), store.shelf_life.max()) == (3, 19)
    least, most = store.limits
    some = store.order_days.any(axis=0)
    assert np.all((least[some] > 0) & (most[some] < np.inf))
    assert (store.opening > 0).sum() == 20
