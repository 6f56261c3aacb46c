"""The command line: what it prints where, what it writes, and the exit code of every ending."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up import made_up_plan, made_up_store

import ccinv as cc
from ccinv.cli import main
from ccinv.cli.order import due
from ccinv.cli.outcome import Code, outcome_of
from ccinv.errors import DataError, Fault, InfeasibleError, ModelError, SolverError, VerificationError
from ccinv.result import Plan
from ccinv.writing import load

ITEMS = ("pump", "seal")
STORE = """\
schema = 1
name = "Two Parts!"
periods = 6
period = "month"
[service]
alpha = 0.95
[budget]
limit = 9000.0
confidence = 0.95
[inversion]
name = "cantelli"
[audit]
paths = 2000
seed = 3
"""


def store_folder(folder: Path, text: str = STORE) -> Path:
    """Two items, six periods, lead times of up to two periods; every promise can be kept with room to spare."""
    folder.mkdir(parents=True)
    (folder / "store.toml").write_text(text)
    (folder / "items.csv").write_text("item_id,unit_cost,on_hand,important\npump,40,140,true\nseal,35,90,false\n")
    rows = [f"{item},{t},25,6" for item in ITEMS for t in range(1, 7)]
    (folder / "demand_forecast.csv").write_text("\n".join(["item_id,period,mean,sd", *rows]) + "\n")
    (folder / "lead_times.csv").write_text(
        "item_id,age,probability\npump,0,0.2\npump,1,0.5\npump,2,0.3\nseal,0,0.6\nseal,1,0.4\n"
    )
    return folder


def quantities(path: Path, rows: dict[tuple[str, int], float]) -> Path:
    lines = [f"{item},{period},{quantity}" for (item, period), quantity in rows.items()]
    path.write_text("\n".join(["item_id,period,quantity", *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_folder(tmp_path_factory.mktemp("cli") / "store")


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    out = folder.parent / "run"
    assert main(["plan", str(folder), "--out", str(out)]) == 0
    return out


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    return quantities(tmp_path / "sales.csv", {("pump", 1): 22, ("pump", 2): 31, ("seal", 2): 18, ("seal", 1): 25})


def test_plan_ends_with_the_report_and_writes_a_whole_run_folder(
    run: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "again"
    assert main(["plan", str(folder), "--out", str(out)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines()[-1] == f"Report: {out / 'report.html'}"
    names = {path.name for path in out.iterdir()}
    assert {"plan.csv", "budget.csv", "summary.json", "report.html", "rule.json", "manifest.json"} <= names
    assert (out / "plan.csv").read_bytes() == (run / "plan.csv").read_bytes(), "the same store gives the same plan"


def test_without_out_runs_are_numbered_and_never_overwritten(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        assert main(["plan", str(folder), "--no-audit"]) == 0
        assert capsys.readouterr().out.endswith(f"Report: runs/two-parts-{number}/report.html\n")


def test_json_is_one_object_on_stdout_and_the_words_go_to_stderr(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(folder), "--out", str(tmp_path / "run"), "--json", "--paths", "1000", "--seed", "9"]) == 0
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["status"] == "done"
    assert found["exit_code"] == 0
    assert found["report"] == str(tmp_path / "run" / "report.html")
    assert (found["audit"]["paths"], found["audit"]["seed"]) == (1000, 9)
    assert "Report:" in printed.err


@pytest.mark.parametrize(
    "arguments", [["plan", "nowhere"], ["order", "nowhere"], ["pln"], ["plan", "x", "--budget", "y"]]
)
def test_json_is_one_object_for_errors_too(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments, "--json"]) == 2
    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "bad input"
    assert found["message"]


def test_what_the_command_line_asks_takes_the_place_of_what_the_folder_says(folder: Path, tmp_path: Path) -> None:
    options = ["--service", "0.9", "--budget", "8500", "--inversion", "normal", "--rule", "thesis", "--no-audit"]
    options += ["--objective", "expected-stock"]
    assert main(["plan", str(folder), "--out", str(tmp_path / "run"), *options]) == 0
    plan, store = load(tmp_path / "run")
    assert store.service.alpha == 0.9
    assert plan.budget_limit is not None
    assert np.array_equal(plan.budget_limit, np.full(6, 8500.0))
    assert (plan.inversion, plan.rule_name, plan.objective) == ("Normal", "Thesis", "ExpectedStock")


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--objective", "maxmin", "Did you mean 'max-min'?"),
        ("--inversion", "cantely", "Did you mean 'cantelli'?"),
        ("--rule", "statik", "Did you mean 'static'?"),
        ("--objective", "backorder", "Did you mean 'backorders'?"),
    ],
)
def test_an_unknown_name_is_bad_input_with_the_nearest_one(
    folder: Path, option: str, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(folder), option, name]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert said in printed.err


def test_every_unknown_name_is_reported_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(folder), "--rule", "x", "--objective", "y", "--inversion", "z"]) == 2
    assert "3 faults" in capsys.readouterr().err


def test_an_unknown_command_or_option_gets_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek", "x"]) == 2
    assert "Did you mean 'check'?" in capsys.readouterr().err
    assert main(["plan", "x", "--sed", "1"]) == 2
    assert "--seed" in capsys.readouterr().err


def test_an_unknown_key_in_the_store_is_bad_input_with_the_nearest_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = store_folder(tmp_path / "store", STORE.replace("alpha", "alhpa"))
    assert main(["check", str(where)]) == 2
    printed = capsys.readouterr()
    assert "alhpa" in printed.err
    assert '"alpha"' in printed.err


def test_check_says_what_is_in_the_folder_and_writes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    for word in ("Two Parts!", "2, 1 of them important", "9,000.00", "cantelli"):
        assert word in said
    assert list(tmp_path.iterdir()) == []


def test_a_promise_that_cannot_be_kept_ends_with_3_and_the_reason(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(folder), "--budget", "100", "--out", str(tmp_path / "run")]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "100.00" in printed.err
    assert not (tmp_path / "run").exists()


def test_a_broken_promise_ends_with_6_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stock on hand is worth more than the limit: orders of the plan are negative on average until it has sold off."""
    tight = STORE.replace("9000.0", "6500.0").replace("cantelli", "normal") + '[orders]\nnonnegative = "none"\n'
    where = store_folder(tmp_path / "store", tight)
    assert main(["plan", str(where), "--out", str(tmp_path / "run"), "--json"]) == 6
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["status"] == "broken"
    assert found["audit"]["kept"] is False
    assert {promise["kind"] for promise in found["audit"]["broken"]} == {"budget"}
    assert "The money limit of period 1" in printed.err
    assert (tmp_path / "run" / "report.html").exists(), "a broken promise is a result, and is written"


def test_out_is_refused_before_the_work_begins_unless_forced(
    run: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    shutil.copytree(run, out)
    with monkeypatch.context() as patched:
        patched.setattr("ccinv.cli.job.solved", lambda *_: pytest.fail("the work began"))
        assert main(["plan", str(folder), "--out", str(out)]) == 2
    assert "already there" in capsys.readouterr().err
    assert main(["plan", str(folder), "--out", str(out), "--no-audit", "--force"]) == 0
    assert json.loads((out / "summary.json").read_text())["audit"] is None


def test_an_audit_goes_beside_the_run_and_the_run_is_not_touched(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert main(["audit", str(copy), "--paths", "1000"]) == 0
    assert main(["audit", str(copy), "--paths", "1000"]) == 0
    assert main(["audit", str(copy), "--paths", "1000", "--seed", "11"]) == 0
    assert {path.name for path in copy.iterdir() if path.is_dir()} == {"audit-4-1000", "audit-5-1000", "audit-11-1000"}
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()} == before
    capsys.readouterr()
    assert main(["audit", str(copy), "--paths", "1000", "--seed", "11"]) == 2
    assert "already there" in capsys.readouterr().err
    assert main(["audit", str(copy), "--paths", "1000", "--seed", "11", "--out", str(tmp_path / "else")]) == 0
    assert (tmp_path / "else" / "report.html").exists()


def test_a_run_that_was_changed_is_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    rule = copy / "rule.json"
    rule.write_text(rule.read_text().replace("1", "2", 1))
    assert main(["audit", str(copy)]) == 2
    assert "rule.json" in capsys.readouterr().err


def test_order_says_what_the_plan_would_order(run: Path, sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["order", str(run), "--sales", str(sales)]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    plan, _ = load(run)
    wanted = plan.orders(np.array([[22.0, 31.0], [25.0, 18.0]]))[:, -1]
    assert [row["item_id"] for row in rows] == list(ITEMS)
    assert {row["period"] for row in rows} == {"2"}
    assert np.allclose([float(row["quantity"]) for row in rows], wanted, rtol=1e-9)


def test_what_is_ordered_can_be_told_as_placed_whatever_the_items_are_called(tmp_path: Path) -> None:
    """Commas and quotation marks in names stay within their cell: orders.csv of one period is --placed of the next."""
    names = ('pump, 3"', "seal")
    cc.report(made_up_plan(made_up_store(2, 4, item_id=names))).write(tmp_path / "run")
    head = ("item_id", "period", "quantity")
    for period in (1, 2):
        with (tmp_path / f"sales-{period}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head, *((name, t, 21) for name in names for t in range(1, period + 1))])
    asked = ["order", str(tmp_path / "run"), "--sales"]
    assert main([*asked, str(tmp_path / "sales-1.csv"), "--out", str(tmp_path / "o")]) == 0
    placed = tmp_path / "o" / "orders.csv"
    with placed.open(newline="") as file:
        written = list(csv.reader(file))
    assert [row[:2] for row in written] == [["item_id", "period"], *([name, "1"] for name in names)]
    assert main([*asked, str(tmp_path / "sales-2.csv"), "--placed", str(placed)]) == 0


def test_order_catches_up_with_what_was_really_placed(run: Path, sales: Path, tmp_path: Path) -> None:
    plan, _ = load(run)
    seen = np.array([[22.0, 31.0], [25.0, 18.0]])
    total = plan.rule.cumulative(seen)[:, -1]
    assert np.allclose(due(plan, seen, np.zeros((2, 1)), False), np.maximum(total, 0))
    assert np.array_equal(due(plan, seen, np.full((2, 1), 1e6), False), [0, 0])
    assert np.array_equal(due(plan, seen, np.full((2, 1), 5.5), True), np.ceil(np.maximum(total - 5.5, 0)))
    placed = quantities(tmp_path / "placed.csv", {("pump", 1): 4.5})
    assert main(["order", str(run), "--sales", str(sales), "--placed", str(placed), "--out", str(tmp_path / "o")]) == 0
    written = list(csv.DictReader((tmp_path / "o" / "orders.csv").read_text().splitlines()))
    assert np.allclose([float(row["quantity"]) for row in written], np.maximum(total - [4.5, 0], 0), rtol=1e-9)


def test_orders_placed_as_the_rule_said_change_nothing(run: Path) -> None:
    plan, _ = load(run)
    seen = np.random.default_rng(5).gamma(4.0, 6.0, (2, 4))
    executed = plan.orders(seen)
    assert np.allclose(due(plan, seen, executed[:, :-1], False), due(plan, seen, None, False), rtol=0, atol=1e-9)


def test_whole_orders_are_whole_units(run: Path, sales: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["order", str(run), "--sales", str(sales), "--whole"]) == 0
    amounts = [float(row["quantity"]) for row in csv.DictReader(capsys.readouterr().out.splitlines())]
    assert all(amount == int(amount) for amount in amounts)


def test_every_fault_of_the_sales_is_named(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sales = tmp_path / "sales.csv"
    sales.write_text("item_id,period,quantity\npump,1,3\npump,1,4\npump,3,5\npumpe,1,2\nseal,1,x\nseal,9,1\n")
    assert main(["order", str(run), "--sales", str(sales)]) == 2
    said = capsys.readouterr().err
    for phrase in (
        "line 3",
        "again",
        '"pumpe"',
        'Did you mean "pump"',
        '"x"',
        "a period from 1 to 6",
        "nothing for period",
    ):
        assert phrase in said, phrase


def test_orders_of_the_future_are_refused(
    run: Path, sales: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = quantities(tmp_path / "placed.csv", {("pump", 2): 4})
    assert main(["order", str(run), "--sales", str(sales), "--placed", str(placed)]) == 2
    assert "a period from 1 to 1" in capsys.readouterr().err


def test_sales_of_one_period_leave_no_room_for_earlier_orders(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = quantities(tmp_path / "first.csv", {("pump", 1): 20, ("seal", 1): 20})
    none = quantities(tmp_path / "none.csv", {})
    assert main(["order", str(run), "--sales", str(first), "--placed", str(none)]) == 0
    assert main(["order", str(run), "--sales", str(first), "--placed", str(first)]) == 2
    assert "the first order is the one to come" in capsys.readouterr().err


def test_no_sales_at_all_are_a_fault(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["order", str(run), "--sales", str(quantities(tmp_path / "none.csv", {}))]) == 2
    assert "no sales" in capsys.readouterr().err


def test_order_does_not_overwrite_unless_forced(run: Path, sales: Path, tmp_path: Path) -> None:
    command = ["order", str(run), "--sales", str(sales), "--out", str(tmp_path / "o")]
    assert [main(command), main(command), main([*command, "--force"])] == [0, 2, 0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DataError(Fault("here", "this", "that", "Mend it.")), Code.BAD_INPUT),
        (ModelError("unbounded"), Code.BAD_INPUT),
        (InfeasibleError("no"), Code.IMPOSSIBLE),
        (SolverError("stopped"), Code.UNDECIDED),
        (KeyboardInterrupt(), Code.INTERRUPTED),
        (PermissionError(13, "Permission denied", "runs"), Code.BAD_INPUT),
        (ZeroDivisionError("division by zero"), Code.BUG),
        (VerificationError("a plan that breaks what it claims"), Code.BUG),
    ],
)
def test_every_kind_of_error_has_its_exit_code(
    error: BaseException,
    code: Code,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object) -> Plan:
        raise error

    assert outcome_of(error).code == code
    monkeypatch.setattr("ccinv.cli.job.solved", fails)
    assert main(["plan", str(folder), "--out", str(tmp_path / "run"), "--json"]) == code
    printed = capsys.readouterr()
    assert json.loads(printed.out)["exit_code"] == code
    assert printed.err.strip()


def test_a_bug_says_where_to_report_it(
    monkeypatch: pytest.MonkeyPatch, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ccinv.cli.job.solved", lambda *_: 1 / 0)
    assert main(["plan", str(folder), "--out", str(tmp_path / "run")]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "Please report it" in said


def test_every_command_that_makes_files_takes_out_force_and_json() -> None:
    for module in ("demo", "plan", "order", "audit", "levels"):
        text = subprocess.run(
            [sys.executable, "-m", "ccinv", module, "--help"], capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert {"--out", "--force", "--json"} <= set(re.findall(r"--[a-z]+", text)), module


def test_an_example_is_written_once_and_over_only_by_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = str(tmp_path / "store")
    assert main(["example", "base-supply", where]) == 0
    assert main(["example", "base-supply", where]) == 2
    assert main(["example", "base-supply", where, "--force"]) == 0
    capsys.readouterr()
    assert main(["example", "base-suply", where]) == 2
    assert "Did you mean 'base-supply'?" in capsys.readouterr().err


def test_help_is_there_for_everyone_and_names_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["--help"]):
        assert main(arguments) == 0
        assert "Exit codes: 0 done" in capsys.readouterr().out
