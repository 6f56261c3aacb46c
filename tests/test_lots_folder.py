"""Lot-sizing folders: what is read, what is refused, what `ccinv lots` writes and says."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from folders import changed, written

import ccinv as cc
from ccinv.cli import main
from ccinv.examples.lot_sizing import files
from ccinv.lots import StaticDynamic
from ccinv.reading.lots import read_lots
from ccinv.reporting.lots import lots_page
from ccinv.writing import open_folder

TOML = """\
schema = 1
name = "two paints"
periods = 3
[capacity]
limit = [90, 90, 90]
[orders]
strategy = "static"
[audit]
paths = 2000
"""
ITEMS = "item_id,setup_cost,holding_cost,on_hand,min_lot\n007,40,1,12,\nNA,20,0.5,-3,5\n"
FORECAST = "item_id,period,mean,sd\n007,1,10,0\n007,2,30,0\n007,3,12,0\nNA,1,4,0\nNA,2,40,0\nNA,3,50,0\n"
SAFETY = "item_id,period,quantity\n007,3,7\n"
PLAIN = {"lots.toml": TOML, "items.csv": ITEMS, "demand_forecast.csv": FORECAST, "safety_stock.csv": SAFETY}


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, str]:
    """Exit code, the JSON object, and what was said beside it."""
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    seen = capsys.readouterr()
    return code, json.loads(seen.out), seen.err


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(cc.DataError) as caught:
        read_lots(folder)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("strategy", ["static", "static-dynamic"])
def test_the_example_keeps_its_promises_under_either_strategy(
    strategy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "lot-sizing", str(tmp_path / "line")]) == 0
    out = tmp_path / "run"
    code, found, said = run(capsys, "lots", tmp_path / "line", "--strategy", strategy, "--out", out)
    assert code == 0, said
    assert found["strategy"] == strategy
    assert found["gap"] <= 2e-4
    assert found["promises"] == 8 * 16
    assert found["audit"]["kept"] is True
    assert found["audit"]["cost"] == pytest.approx(found["cost"], rel=2e-3)
    assert set(open_folder(out).manifest["files"]) == {"lots.csv", "capacity.csv", "summary.json", "report.html"}
    assert f"Report: {out / 'report.html'}" in said


def test_the_tables_of_a_run_add_up_to_its_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = written(tmp_path, PLAIN), tmp_path / "run"
    code, found, _ = run(capsys, "lots", folder, "--out", out)
    assert code == 0
    rows = list(csv.DictReader(io.StringIO((out / "lots.csv").read_text())))
    cost = {row["item_id"]: row for row in csv.DictReader(io.StringIO(ITEMS))}
    spent = sum(
        float(cost[row["item_id"]]["setup_cost"]) * int(row["setup"])
        + float(cost[row["item_id"]]["holding_cost"]) * float(row["on_hand"])
        for row in rows
    )
    assert spent == pytest.approx(found["cost"], rel=1e-9)
    stock = {"007": 12.0, "NA": -3.0}
    used = np.zeros(3)
    for row in rows:
        stock[row["item_id"]] += float(row["order"]) - float(row["demand"])
        assert stock[row["item_id"]] == pytest.approx(float(row["stock"]), abs=1e-6)
        used[int(row["period"]) - 1] += float(row["order"])
    assert stock["007"] >= 7 - 1e-6, "safety stock of the last period"
    capacity = list(csv.DictReader(io.StringIO((out / "capacity.csv").read_text())))
    assert [float(row["used"]) for row in capacity] == pytest.approx(used, abs=1e-6)
    assert found["promises"] == 0
    assert rows[0]["promised"] == rows[0]["verdict"] == ""


def test_names_that_look_like_numbers_stay_names_and_cells_left_empty_are_defaults(tmp_path: Path) -> None:
    known = read_lots(written(tmp_path, PLAIN)).known
    assert known.item_id == ("007", "NA")
    assert known.min_lot.tolist() == [0.0, 5.0]
    assert known.unit_time.tolist() == [1.0, 1.0]
    assert known.safety_stock.tolist() == [[0, 0, 7], [0, 0, 0]]
    assert known.service is None


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    bad = {
        "lots.toml": TOML.replace("limit = [90, 90, 90]", "limit = [90, 90]").replace('"static"', '"statik"')
        + '[solver]\ngapp = 0.1\n[inversion]\nname = "calibrated"\nnu = 4\n[service]\nalpha = 0.2\n',
        "items.csv": "item_id,setup_cost,holding_cost,on_hand,min_lot\n007,-40,1,12,\nNA,20,x,,5\nNA,1,1,1,1\n",
        "demand_forecast.csv": FORECAST.replace("007,2,30,0", "008,2,30,0").replace("NA,3,50,0", "NA,4,-50,0"),
        "safety_stock.csv": "item_id,period,quantity\n007,9,7\n007,1,-2\n",
    }
    said = "\n".join(faults_of(written(tmp_path, bad)))
    for phrase in (
        "lots.toml, line 5, [capacity] limit: found a list of 2",
        'lots.toml, line 7, [orders] strategy: found "statik"',
        "[solver] gapp: found the unknown key",
        '[inversion] name: found "calibrated"',
        "[inversion] nu",
        "[service] alpha: found 0.2",
        'items.csv, line 2, column setup_cost: found "-40"',
        'items.csv, line 3, column holding_cost: found "x"',
        "items.csv, line 3, column on_hand: found nothing",
        'items.csv, line 4, column item_id: found item "NA" again',
        'demand_forecast.csv, line 3, column item_id: found "008"',
        'demand_forecast.csv, line 7, column period: found "4"',
        'demand_forecast.csv, line 7, column mean: found "-50"',
        'safety_stock.csv, line 2, column period: found "9"',
        'safety_stock.csv, line 3, column quantity: found "-2"',
    ):
        assert phrase in said, (phrase, said)


@pytest.mark.parametrize(
    ("files_", "phrase"),
    [
        ({k: v for k, v in PLAIN.items() if k != "lots.toml"}, "found no such file, expected a lot-sizing folder"),
        ({k: v for k, v in PLAIN.items() if k != "items.csv"}, "found no items.csv"),
        ({k: v for k, v in PLAIN.items() if k != "demand_forecast.csv"}, "found no demand_forecast.csv"),
        (changed(PLAIN, "lots.toml", "periods = 3\n", ""), "State periods"),
        (changed(PLAIN, "demand_forecast.csv", "NA,3,50,0\n", ""), "nothing for period 3"),
        (changed(PLAIN, "items.csv", "holding_cost", "holdingcost"), 'Rename it to "holding_cost"'),
        ({**PLAIN, "items.csv": ITEMS.replace("min_lot", "service").replace(",\n", ",0.9\n", 1).replace("5\n", "\n")},
         "one for 1 of 2 items"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(files_: dict[str, str], phrase: str, tmp_path: Path) -> None:
    said = "\n".join(faults_of(written(tmp_path, files_)))
    assert phrase in said, said


def test_too_small_a_capacity_ends_with_3_and_with_amounts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = written(tmp_path, changed(PLAIN, "lots.toml", "[90, 90, 90]", "40"))
    code, found, said = run(capsys, "lots", folder, "--out", tmp_path / "run")
    assert code == 3
    assert found["status"] == "impossible"
    # 10 + 30 + 12 + 7 − 12 and 4 + 40 + 50 + 3 are needed, 144, and 120 can be had
    assert "all periods together, is 24" in said
    assert "period 3: 24 short" in said
    assert not (tmp_path / "run").exists()


def test_a_wrong_name_on_the_command_line_is_bad_input_with_the_nearest_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path, PLAIN)
    code, _, said = run(capsys, "lots", folder, "--strategy", "dynamic-static")
    assert code == 2
    assert "static-dynamic" in said
    code, _, said = run(capsys, "lots", folder, "--inversion", "calibrated")
    assert code == 2
    assert "'cantelli'" in said


def test_an_audit_without_paths_is_refused_before_anything_is_solved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("solved")

    monkeypatch.setattr("ccinv.models.lot_sizing.lot_sizing", never)
    code, _, said = run(capsys, "lots", written(tmp_path, files()), "--paths", 0, "--out", tmp_path / "run")
    assert code == 2
    assert "paths: found 0, expected a whole number" in said
    assert not (tmp_path / "run").exists()


def test_a_broken_promise_ends_with_6(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gamma demand whose deviation is twice its mean: as if it were normal, service comes out too low."""
    forecast = "item_id,period,mean,sd,law\n" + "".join(f"a,{t},10,20,gamma\n" for t in (1, 2, 3))
    files_ = {
        "lots.toml": 'periods = 3\nname = "wild"\n[service]\nalpha = 0.99\n',
        "items.csv": "item_id,setup_cost,holding_cost,on_hand\na,1,1,0\n",
        "demand_forecast.csv": forecast,
    }
    code, found, said = run(capsys, "lots", written(tmp_path, files_), "--out", tmp_path / "run")
    assert code == 6
    assert found["audit"]["kept"] is False
    assert re.search(r"Service of a in period 1: 99\.0 % asked, 9\d\.\d % found", said)
    code, found, _ = run(capsys, "lots", tmp_path, "--inversion", "cantelli", "--out", tmp_path / "cautious")
    assert code == 0, "Cantelli's holds for every law"


def test_the_page_holds_no_script_no_link_and_no_name_as_it_came() -> None:
    mean = np.full((1, 4), 10.0)
    known = cc.Lots(
        cc.demand.Normal(mean, mean / 5), 50, 1, service=0.9, item_id=["<script>x</script>"], name="a & <b>"
    )
    plan = cc.lot_sizing(known, StaticDynamic())
    page = lots_page(plan, cc.audit_lots(plan, 1000), {"ccinv": "0"})
    assert "<script" not in page
    assert "a &amp; &lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert page.count("<svg") == 2  # no capacity: orders, and stock of the one item
    assert "order up to" in page.lower()


def test_the_example_is_a_line_whose_capacity_and_season_matter() -> None:
    made = files()
    assert made == files()
    rows = list(csv.DictReader(io.StringIO(made["items.csv"])))
    assert len(rows) == 8
    assert {row["min_lot"] for row in rows} == {"0", "150", "200"}


def test_without_the_limit_the_example_is_cheaper_so_that_the_limit_matters(tmp_path: Path) -> None:
    folder = read_lots(written(tmp_path, files()))
    plan = cc.lot_sizing(folder.known, folder.strategy, gap=folder.gap)
    free = cc.Lots(
        **{name: getattr(folder.known, name) for name in folder.known.__dataclass_fields__ if name != "capacity"}
    )
    assert cc.lot_sizing(free, folder.strategy, gap=folder.gap).cost < plan.bound
