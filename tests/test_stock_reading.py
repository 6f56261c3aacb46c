"""Folders of materials: histories and laws that are read, and every fault of them named with file, line and remedy."""

from __future__ import annotations

from pathlib import Path

import delivery_cases as cases
import numpy as np
import polars as pl
import pytest
from folders import changed, written

import ccinv as cc
from ccinv.examples.two_materials import AMOUNTS, DAYS, files
from ccinv.reading.stock import read_stock

TOML = """\
schema = 1
name = "two parts"
period = 90
reliability = 0.9
[material.bolt]
price = 2.5
[material.nut]
price = 1
demand = 400
times = [1, 2]
time_sample = 2
amounts = [1]
amount_sample = 2
"""
ROWS = "bolt,a,1,20,30\nbolt,a,2,70,70\nbolt,b,1,31,48\nbolt,b,2,66,52\nbolt,c,1,25,80\nbolt,c,2,80,40\n"
HEAD = "material,cycle,delivery,day,amount\n"
PLAIN = {"stock.toml": TOML, "deliveries.csv": HEAD + ROWS}


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(cc.DataError) as caught:
        read_stock(folder)
    return [str(fault) for fault in caught.value.faults]


def test_the_tables_of_the_paper_become_its_parameters(tmp_path: Path) -> None:
    known = read_stock(written(tmp_path, files())).known
    first, second = known.deliveries
    for found, expected in ((first, cases.FIRST), (second, cases.SECOND)):
        for part in ("time_marks", "amount_marks"):
            own, law = getattr(found, part), getattr(expected, part)
            assert own.positions.tolist() == law.positions.tolist()
            assert (own.sample, own.parts) == (law.sample, law.parts)
            assert own.step == pytest.approx(law.step, rel=1e-12)
    assert np.array_equal(DAYS, cases.DAYS)
    assert np.array_equal(AMOUNTS, cases.AMOUNTS)
    assert known.price.tolist() == [1.0, 3.0]
    assert (known.reliability, known.period) == (0.8, 90.0)
    assert known.fits[0] is not None
    assert known.fits[0].totals.mean() == 2850
    assert known.fits[1] is None


def test_what_a_cycle_asks_for_is_by_default_what_cycles_brought_on_average(tmp_path: Path) -> None:
    known = read_stock(written(tmp_path, PLAIN)).known
    assert known.demand.tolist() == [pytest.approx((100 + 100 + 120) / 3), 400]
    assert known.material == ("bolt", "nut")


def test_the_order_of_the_lines_does_not_matter_and_cycles_may_have_any_name(tmp_path: Path) -> None:
    lines = ROWS.splitlines()
    shuffled = [lines[k] for k in np.random.default_rng(0).permutation(len(lines))]
    (tmp_path / "one").mkdir()
    one = read_stock(written(tmp_path / "one", PLAIN)).known
    (tmp_path / "two").mkdir()
    other = {**PLAIN, "deliveries.csv": HEAD + "\n".join(shuffled).replace(",a,", ",1998-Q1,") + "\n"}
    two = read_stock(written(tmp_path / "two", other)).known
    # cycles of another order: the same history
    assert one.deliveries[0].reliability(0.5) == pytest.approx(two.deliveries[0].reliability(0.5), rel=1e-12)
    assert one.demand[0] == pytest.approx(two.demand[0], rel=1e-12)


def test_parquet_with_typed_columns_says_the_same(tmp_path: Path) -> None:
    folder = written(tmp_path, {"stock.toml": files()["stock.toml"]})
    rows = [
        ("first", cycle, k, float(day), float(amount))
        for cycle, (days, amounts) in enumerate(zip(DAYS, AMOUNTS, strict=True), start=1)
        for k, (day, amount) in enumerate(zip(days, amounts, strict=True), start=1)
    ]
    names = ["material", "cycle", "delivery", "day", "amount"]
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(folder / "deliveries.parquet")
    found = read_stock(folder).known.deliveries[0]
    assert found.time_marks.positions.tolist() == [3, 5, 7, 9]
    assert found.amount_marks.positions.tolist() == [5, 7, 11]


@pytest.mark.parametrize(
    ("method", "sample", "positions"),
    [("paper", 10, [3, 5, 7, 9]), ("moments", 23, [7, 12, 17, 22]), ("likelihood", 15, [5, 8, 12, 15])],
)
def test_each_way_to_fit_can_be_asked_for(method: str, sample: int, positions: list[int], tmp_path: Path) -> None:
    asked = changed(files(), "stock.toml", 'method = "paper"', f'method = "{method}"')
    law = read_stock(written(tmp_path, asked)).known.deliveries[0].time_marks
    assert (law.sample, law.positions.tolist()) == (sample, positions)


def test_bounds_limits_and_prices_are_read_in_units(tmp_path: Path) -> None:
    more = TOML.replace("price = 2.5", "price = 2.5\nupper = 70\nlower = 5\nshortage_limit = [3, 4]").replace(
        "demand = 400", "demand = 400\nshortage_price = 9"
    )
    more += '[[row]]\nname = "space"\nmost = 200\nper_unit = { bolt = 0.5 }\n'
    more += '[[row]]\nname = "money"\nmost = 900\nper_unit = "price"\n'
    known = read_stock(written(tmp_path, {**PLAIN, "stock.toml": more})).known
    assert known.upper.tolist() == [70, np.inf]
    assert known.lower.tolist() == [5, 0]
    assert known.shortage_limit.tolist() == [[3, 4], [np.inf, np.inf]]
    assert known.shortage_price.tolist() == [[0, 0], [9, 9]]
    assert known.limits is not None
    assert known.limits.name == ("space", "money")
    assert known.limits.per_unit.tolist() == [[0.5, 0], [2.5, 1]]
    assert known.limits.most.tolist() == [200, 900]


# --- faults


def test_every_fault_of_a_history_is_named_with_its_line_at_once(tmp_path: Path) -> None:
    bad = HEAD + (
        "bolt,a,1,20,30\n"  # 2
        "bolt,a,2,95,70\n"  # 3: outside the cycle
        "bolt,b,1,31,0\n"  # 4: nothing
        "bolt,b,2,25,52\n"  # 5: before the delivery before it
        "bolt,c,1,25,80\n"  # 6
        "bolt,c,3,80,40\n"  # 7: the second is missing
        "bolt,d,1,x,80\n"  # 8: no number
        "bolt,d,2,80,-4\n"  # 9: less than nothing
        "bolt,e,1,10,9\n"  # 10: only one, where others have two
        "bolz,a,1,10,9\n"  # 11: nobody's
        "bolt,f,1,10,9\nbolt,f,2,10,9\n"
    )
    said = "\n".join(faults_of(written(tmp_path, {**PLAIN, "deliveries.csv": bad})))
    for phrase in (
        "deliveries.csv, line 3, column day: found day 95, expected a day from 0 to 90",
        "deliveries.csv, line 4, column amount: found 0, expected an amount > 0",
        "deliveries.csv, line 5, column day: found day 25, expected day 31 or later",
        "deliveries.csv, line 6, material bolt, cycle c: found no delivery 2, expected deliveries 1 to 3",
        'deliveries.csv, line 8, column day: found "x"',
        "deliveries.csv, line 9, column amount: found -4",
        "deliveries.csv, line 10, material bolt, cycle e: found 1 deliveries, expected 2, as in most cycles",
        'deliveries.csv, line 11, column material: found "bolz", expected one of the names in stock.toml',
        'Did you mean "bolt"?',
    ):
        assert phrase in said, (phrase, said)
    assert len(said.splitlines()) == 8, said


def test_one_cycle_is_too_few(tmp_path: Path) -> None:
    said = faults_of(written(tmp_path, {**PLAIN, "deliveries.csv": HEAD + "bolt,a,1,20,30\nbolt,a,2,70,70\n"}))
    assert len(said) == 1
    assert said[0].startswith("deliveries.csv, material bolt: found 1 cycles, expected at least 2")


def test_a_delivery_that_stands_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    said = faults_of(written(tmp_path, {**PLAIN, "deliveries.csv": HEAD + ROWS + "bolt,b,2,67,52\n"}))
    assert len(said) == 1
    assert 'line 8, column delivery: found delivery 2 of cycle "b" of "bolt" again (it stands in line 5' in said[0]


def test_a_record_that_cannot_be_read_is_not_called_a_missing_delivery_as_well(tmp_path: Path) -> None:
    said = faults_of(written(tmp_path, {**PLAIN, "deliveries.csv": HEAD + ROWS.replace("bolt,b,2,66,52", "bolt,b,2")}))
    assert len(said) == 1
    assert "line 5: found 3 fields" in said[0]


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ("price = 2.5", "prize = 2.5", '[material.bolt] prize: found the unknown key "prize"'),
        ("price = 2.5", "prize = 2.5", 'Did you mean "price"?'),
        ("price = 2.5", "prize = 2.5", "stock.toml, [material.bolt]: found no price"),
        ("reliability = 0.9", "reliability = 90", "Did you mean 0.9?"),
        ("reliability = 0.9", "reliability = true", "expected a probability between 0 and 1"),
        ("reliability = 0.9", "", "found no reliability"),
        ("period = 90", "period = 0", "stock.toml, line 3, period: found 0, expected a number of days > 0"),
        ("period = 90", "periods = 90", 'Did you mean "period"?'),
        ("[material.bolt]", '[fit]\nmethod = "moment"\n[material.bolt]', 'Did you mean "moments"?'),
        ("[material.bolt]", "[fit]\ntime_sample = 9\n[material.bolt]", "no such key with maximum likelihood"),
        ("demand = 400\n", "", "[material.nut]: found no demand"),
        ("time_sample = 2", "time_sample = 1", "[material.nut] times: found [1.0, 2.0]"),
        ("time_sample = 2", 'time_sample = "2"', "[material.nut] time_sample: found '2'"),
        ("times = [1, 2]\n", "", "without times"),
        ("price = 2.5", "price = 2.5\ntimes = [1, 2]\ntime_sample = 4", "times, time_sample and a history"),
        ("price = 2.5", 'price = "2.5"', "Write it without quotation marks."),
        ("price = 2.5", "price = 2.5\nlower = 9\nupper = 8", "expected at most 8, the upper bound"),
        ("price = 2.5", "price = 2.5\nshortage_limit = [1, 2, 3]", "found a list of 3, expected one number, or 2"),
        ("price = 2.5", "price = 2.5\nshortage_price = -1", "shortage_price: found -1"),
        ("[material.bolt]", "[material.screw]\nprice = 1\n[material.bolt]", "[material.screw]: found no deliveries"),
        ("[material.bolt]", '[material."a b"]\nprice = 1\n[material.bolt]', 'found "a b"'),
    ],
)
def test_what_stock_toml_cannot_mean_is_named_with_its_remedy(old: str, new: str, phrase: str, tmp_path: Path) -> None:
    said = "\n".join(faults_of(written(tmp_path, changed(PLAIN, "stock.toml", old, new))))
    assert phrase in said, said


@pytest.mark.parametrize(
    ("row", "phrase"),
    [
        ("most = 3\nper_unit = { bold = 1 }", 'Did you mean "bolt"?'),
        ("per_unit = { bolt = 1 }", "[[row]] 1: found no most"),
        ("most = 3", 'per_unit: found nothing, expected amounts by material, or "price"'),
        ("most = -3\nper_unit = { bolt = 1 }", "[row] most: found -3"),
        ('most = 3\nper_unit = { bolt = 1 }\nnam = "x"', 'Did you mean "name"?'),
    ],
)
def test_limits_that_cannot_be_read_are_named(row: str, phrase: str, tmp_path: Path) -> None:
    said = "\n".join(faults_of(written(tmp_path, {**PLAIN, "stock.toml": f"{TOML}[[row]]\n{row}\n"})))
    assert phrase in said, said


def test_what_is_missing_from_a_folder_is_said(tmp_path: Path) -> None:
    assert "no such file, expected a folder of materials" in faults_of(tmp_path)[0]
    said = faults_of(written(tmp_path, {"stock.toml": TOML}))
    assert said == [
        "stock.toml, [material.bolt]: found no deliveries, expected a history, or the parameters of its law. Add its "
        "past cycles to deliveries.csv, or state times, time_sample, min_gap, amounts, amount_sample, min_amount."
    ]
    bare = faults_of(written(tmp_path, {"stock.toml": "reliability = 0.9\n"}))
    assert "found no material, expected at least one" in bare[0]


def test_columns_that_mean_nothing_are_told(tmp_path: Path) -> None:
    table = (
        PLAIN["deliveries.csv"].replace("amount\n", "amount,truck\n").replace("0\n", "0,t\n").replace("8\n", "8,t\n")
    )
    found = read_stock(written(tmp_path, {**PLAIN, "deliveries.csv": table.replace("2\n", "2,t\n")}))
    assert found.ignored == {"deliveries.csv": ("truck",)}
