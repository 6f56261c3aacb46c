"""Network folders: what is read, what is refused, what `ccinv balance` writes and says."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from folders import changed, written
from network_oracles import factories

import ccinv as cc
from ccinv.cli import main
from ccinv.examples.facilities import files
from ccinv.inversion import Box
from ccinv.network import Linear, Static, WorstCase
from ccinv.reading.balance import read_balance
from ccinv.reporting.balance import balance_page
from ccinv.writing import open_folder

TOML = 'schema = 1\nname = "two stores"\nperiods = 3\nproducts = ["oil", "007"]\n'
NODES = "node_id,kind,storage\nmill,supplier,\nNA,store,500\nsouth,store,\nshop,customer,\nsink,outlet,\n"
ARCS = (
    "from,to,product_id,lag,unit_cost,capacity,total\nmill,NA,,1,2,100,\nmill,south,oil,0,2.5,40,90\nNA,shop,,0,1,,\n"
    "south,shop,oil,0,0.5,,\nNA,sink,,0,0,,\n"
)
STOCK = "node_id,product_id,on_hand,holding_cost\nNA,,30,0.1\nNA,007,25,0.2\n"
DEMAND = "node_id,product_id,period,quantity\nshop,oil,1,20\nshop,oil,2,35\nshop,007,1,10\nshop,007,3,40\n"
ARRIVALS = "node_id,product_id,period,quantity\nsouth,oil,2,5\n"
PLAIN = {"balance.toml": TOML, "nodes.csv": NODES, "arcs.csv": ARCS, "stock.csv": STOCK, "demand.csv": DEMAND,
         "arrivals.csv": ARRIVALS}  # fmt: skip


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict, str]:
    """Exit code, the JSON object, and what was said beside it."""
    capsys.readouterr()
    code = main([*map(str, words), "--json"])
    seen = capsys.readouterr()
    return code, json.loads(seen.out), seen.err


def faults_of(folder: Path) -> str:
    with pytest.raises(cc.DataError) as caught:
        read_balance(folder)
    return "\n".join(str(fault) for fault in caught.value.faults)


def lines_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text())))


def test_the_example_is_planned_and_its_third_store_pays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "facilities", str(tmp_path / "dairy")]) == 0
    out = tmp_path / "run"
    code, found, said = run(capsys, "balance", tmp_path / "dairy", "--out", out)
    assert code == 0, said
    assert found["open"] == ["west"]
    assert found["gap"] <= 1e-6
    assert set(open_folder(out).manifest["files"]) == {"flows.csv", "balance.csv", "summary.json", "report.html"}
    assert f"Report: {out / 'report.html'}" in said
    assert "Opened: west" in said
    nodes = (tmp_path / "dairy" / "nodes.csv").read_text()
    (tmp_path / "dairy" / "nodes.csv").write_text(nodes.replace("900,700", "900,70000"))
    code, dearer, _ = run(capsys, "balance", tmp_path / "dairy", "--out", tmp_path / "again")
    assert code == 0
    assert dearer["closed"] == ["west"]
    assert dearer["cost"] > found["cost"]


def test_the_example_is_the_same_every_time() -> None:
    assert files() == files()


def test_the_tables_of_a_run_are_in_balance_and_add_up_to_its_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    code, found, said = run(capsys, "balance", written(tmp_path, PLAIN), "--out", out)
    assert code == 0, said
    flows, stock = lines_of(out / "flows.csv"), lines_of(out / "balance.csv")
    hold = {("NA", "oil"): 0.1, ("NA", "007"): 0.2}
    cost = sum(float(row["cost"]) for row in flows)
    cost += sum(hold.get((row["node_id"], row["product_id"]), 0.0) * float(row["stock"]) for row in stock)
    assert cost == pytest.approx(found["cost"], rel=1e-9)
    sent: dict[tuple[str, str, int], float] = defaultdict(float)
    for row in flows:
        sent[row["to"], row["product"], int(row["arrives"])] += float(row["quantity"])
    for row in stock:
        left = sum(float(row[name]) for name in ("opening", "received", "arrivals"))
        assert left == pytest.approx(sum(float(row[name]) for name in ("sent", "demand", "stock")), abs=1e-9)
        key = row["node_id"], row["product_id"], int(row["period"])
        assert float(row["received"]) == pytest.approx(sent[key], abs=1e-9)


def test_names_stay_text_and_empty_cells_are_defaults(tmp_path: Path) -> None:
    known = read_balance(written(tmp_path, PLAIN)).known
    assert known.node == ("mill", "NA", "south", "shop", "sink")
    assert known.product == ("oil", "007")
    assert known.on_hand.tolist() == [[0, 0], [30, 25], [0, 0], [0, 0], [0, 0]]
    assert known.lag.tolist() == [1, 0, 0, 0, 0]
    assert known.capacity[:, 0].tolist() == [100, 40, np.inf, np.inf, np.inf]
    assert known.arc[1] == ("mill", "south", "oil")
    assert known.demand.mean.tolist() == [[20, 35, 0], [10, 0, 40]]
    assert np.isinf(known.backlog_cost).all()


def test_single_periods_of_an_arc_may_differ(tmp_path: Path) -> None:
    special = "from,to,product_id,period,unit_cost,capacity\nmill,NA,,2,9,\nmill,south,oil,3,,7\n"
    known = read_balance(written(tmp_path, {**PLAIN, "arc_periods.csv": special})).known
    assert known.unit_cost[0].tolist() == [2, 9, 2]
    assert known.capacity[1].tolist() == [40, 40, 7]


def test_every_fault_of_every_file_is_told_at_once_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = {
        "balance.toml": TOML + '[inversion]\nname = "calibrated"\ntheta = 0.1\n[rule]\nlagg = 2\n',
        "nodes.csv": NODES.replace("sink,outlet", "sink,dump"),
        "arcs.csv": ARCS.replace("NA,shop,,0,1,,", "NA,shopp,,0,1,,").replace("2.5,40", "2.5,-40"),
        "stock.csv": STOCK.replace("NA,007,25", "NA,oel,x"),
        "demand.csv": DEMAND.replace("shop,oil,2,35", "shop,oil,4,35").replace("007,3,40", "007,3,-40"),
        "arrivals.csv": ARRIVALS.replace("south,oil,2", "mill,oil,2"),
        "arc_periods.csv": "from,to,product_id,period,unit_cost\nmill,shop,,1,1\n",
    }
    said = faults_of(written(tmp_path, bad))
    for phrase in (
        '[inversion] name: found "calibrated"',
        "[inversion] theta: found 0.1, expected no theta, except with box",
        "[rule] lagg: found the unknown key",
        'nodes.csv, line 6, column kind: found "dump"',
        'arcs.csv, line 4, column to: found "shopp", expected one of the names in nodes.csv. Correct it, add it to '
        'nodes.csv, or leave it out. Did you mean "shop"?',
        'arcs.csv, line 3, column capacity: found "-40"',
        'stock.csv, line 3, column product_id: found "oel", expected one of the products oil, 007',
        'stock.csv, line 3, column on_hand: found "x"',
        'demand.csv, line 3, column period: found "4"',
        'demand.csv, line 5, column quantity: found "-40"',
        'arrivals.csv, line 2, column node_id: found "mill"',
    ):
        assert phrase in said, (phrase, said)
    code, _, _ = run(capsys, "balance", tmp_path, "--out", tmp_path / "run")
    assert code == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("files_", "phrase"),
    [
        ({k: v for k, v in PLAIN.items() if k != "balance.toml"}, "found no such file, expected a network folder"),
        ({k: v for k, v in PLAIN.items() if k != "arcs.csv"}, "found no arcs.csv"),
        (changed(PLAIN, "balance.toml", "periods = 3\n", ""), "State periods"),
        (changed(PLAIN, "arcs.csv", "NA,shop,,", "NA,shop,oil,"),
         "demand.csv, line 4, shop, 007: found no path to it"),
        (changed(PLAIN, "arcs.csv", "NA,sink,,0,0,,\n", "NA,south,,0,0,,\nsouth,NA,,0,0,,\n"),
         "arcs.csv, line 6; arcs.csv, line 7: found NA → south and south → NA, in no time"),
        (changed(PLAIN, "arcs.csv", "NA,sink,,0,0,,\n", "NA,shop,,0,3,,\n"), "found the same arc again"),
        (changed(PLAIN, "nodes.csv", "kind,storage", "kind,storages"), 'Rename it to "storage"'),
        (changed(PLAIN, "demand.csv", "shop,oil,1", "sink,oil,1"), 'found "sink", expected a store or a customer'),
        ({**PLAIN, "stock.csv": "node_id,product_id,most,least\nNA,,50,0\nNA,007,1,2\n"},
         "stock.csv, line 2: found least 2, most 1, storage 500 (007)"),
        (changed(PLAIN, "nodes.csv", "south,store,", "NA,store,"), 'node "NA" again'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(files_: dict[str, str], phrase: str, tmp_path: Path) -> None:
    said = faults_of(written(tmp_path, files_))
    assert phrase in said, said


def test_too_little_capacity_ends_with_3_and_names_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = written(tmp_path, changed(PLAIN, "arcs.csv", "mill,NA,,1,2,100", "mill,NA,,1,2,6"))
    code, found, said = run(capsys, "balance", folder, "--out", tmp_path / "run")
    assert code == 3
    assert found["status"] == "impossible"
    # of product 007, 50 are asked for; 25 are there, 6 + 6 can come in time
    assert "shop, 007, period 3: 13 missing; 27 of 40 can be had" in said
    assert not (tmp_path / "run").exists()


def published() -> dict[str, str]:
    """The published case as a folder."""
    known = factories()
    special = [
        f"{arc[0]},store,{t + 1},{float(known.unit_cost[a, t])!r}" for a, arc in enumerate(known.arc) for t in range(24)
    ]
    return {
        "balance.toml": 'periods = 24\n[inversion]\nname = "box"\ntheta = 0.2\n[audit]\npaths = 500\n',
        "nodes.csv": "node_id,kind\nf1,supplier\nf2,supplier\nf3,supplier\nstore,store\n",
        "arcs.csv": "from,to,capacity,total\n" + "".join(f"f{k},store,567,13600\n" for k in (1, 2, 3)),
        "arc_periods.csv": "\n".join(["from,to,period,unit_cost", *special]) + "\n",
        "stock.csv": "node_id,on_hand,least,most\nstore,500,500,2000\n",
        "demand.csv": "node_id,period,quantity\n"
        + "".join(f"store,{t + 1},{float(d)!r}\n" for t, d in enumerate(known.demand.mean[0])),
    }


def test_the_published_case_from_its_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    code, found, said = run(capsys, "balance", written(tmp_path, published()), "--out", out)
    assert code == 0, said
    assert found["worst_cost"] == pytest.approx(44272.8275, rel=1e-6)
    assert found["cost"] == pytest.approx(35076.7366, rel=1e-6)
    assert "Every limit held in 500 replays" in said
    rules = lines_of(out / "rules.csv")
    assert all(int(row["demand_period"]) < int(row["period"]) for row in rules), "flows see demand of earlier periods"
    demand = np.array([float(row["quantity"]) for row in csv.DictReader(io.StringIO(published()["demand.csv"]))])
    flow = defaultdict(float)
    for row in lines_of(out / "flows.csv"):
        flow[row["from"], int(row["period"])] = float(row["quantity"])
    for row in rules:  # all demand at its highest
        flow[row["from"], int(row["period"])] += float(row["weight"]) * 0.2 * demand[int(row["demand_period"]) - 1]
    cost = factories().unit_cost
    assert sum(cost[int(f[1]) - 1, t - 1] * amount for (f, t), amount in flow.items()) == pytest.approx(44272.8275)
    assert {row["verdict"] for row in lines_of(out / "limits.csv")} == {"KEPT"}
    code, found, said = run(capsys, "balance", tmp_path, "--rule", "static", "--out", tmp_path / "none")
    assert code == 3
    assert "No fixed flows keep every limit" in said
    code, found, said = run(capsys, "balance", tmp_path, "--theta", "0", "--out", tmp_path / "nominal")
    assert found["cost"] == pytest.approx(33822.4621, rel=1e-8)


def test_options_of_the_folder_and_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = published()["balance.toml"] + '[rule]\nname = "static"\n[objective]\nname = "worst-case"\n'
    found = read_balance(written(tmp_path, published() | {"balance.toml": toml}))
    assert (found.rule, found.aim, found.inversion, found.theta) == (Static(), WorstCase(), "box", 0.2)
    toml = 'periods = 24\n[rule]\nlag = 2\nmemory = 3\ntotal = true\n[inversion]\nname = "student"\nnu = 7\n'
    found = read_balance(written(tmp_path, published() | {"balance.toml": toml}))
    assert (found.rule, found.inversion, found.nu, found.aim) == (Linear(2, 3, True), "student", 7.0, None)
    assert run(capsys, "balance", tmp_path, "--inversion", "box")[0] == 2
    assert run(capsys, "balance", tmp_path, "--inversion", "normal", "--theta", "0.1")[0] == 2
    code, _, said = run(capsys, "balance", tmp_path, "--rule", "liner")
    assert code == 2
    assert "'linear'" in said


def test_deviations_in_the_table_make_demand_uncertain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = published()
    demand = rows["demand.csv"].replace("quantity", "quantity,sd").replace("\n", ",40\n")
    demand = demand.replace("sd,40", "sd")
    toml = "periods = 24\n[audit]\npaths = 4000\n[service]\nalpha = 0.9\n"
    code, found, said = run(
        capsys,
        "balance",
        written(tmp_path, rows | {"demand.csv": demand, "balance.toml": toml}),
        "--out",
        tmp_path / "r",
    )
    assert code == 0, said
    assert found["inversion"] == "Normal"
    assert found["audit"]["verdicts"]["broken"] == 0
    assert "Limit furthest from what was asked, stock at least its least" in said


def test_the_page_holds_no_script_no_link_and_no_name_as_it_came() -> None:
    known = cc.Network(
        node=["mill", "<script>x</script>", "a&b"], kind=["supplier", "store", "customer"], demand=[[5.0, 6.0]],
        arc=[("mill", "<script>x</script>"), ("<script>x</script>", "a&b")], demand_at=["a&b"], name="a & <b>",
    )  # fmt: skip
    plan = cc.balance(known, Linear(0), Box(0.1))
    page = balance_page(plan, cc.audit_balance(plan, 100), {"ccinv": "0"})
    assert "<script" not in page
    assert "a &amp; &lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#|data:)", page)
    assert page.count("<svg") >= 1
