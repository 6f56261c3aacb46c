"""What the command line says where something was mistyped, forgotten or forbidden: all of it, and what to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from made_up import made_up_plan, made_up_store

from ccinv.cli import WORDS, main
from ccinv.cli.so_far import read_sales
from ccinv.errors import DataError
from ccinv.store import Store
from ccinv.writing import report

DATED = made_up_store(2, 4, item_id=("pump", "seal"))


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose periods have names: 2027-01, 2027-02, ..."""
    return report(made_up_plan(DATED)).write(tmp_path_factory.mktemp("dated") / "run")


def sales_file(folder: Path, *rows: str) -> Path:
    path = folder / "sales.csv"
    path.write_text("\n".join(["item_id,period,quantity", *rows]) + "\n")
    return path


def faults_of(path: Path, store: Store = DATED) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_sales(path, store)
    return [str(fault) for fault in caught.value.faults]


def test_sales_without_one_valid_period_are_reported_with_every_wrong_period(tmp_path: Path) -> None:
    path = sales_file(tmp_path, "pump,2027-13,1", "seal,2.5,1", "pump,99,1", "seal,,1")
    said = faults_of(path)
    assert len(said) == 5
    way = 'Periods are counted 1, 2, ... from the start of the plan, or named as in plan.csv: "2027-01" is period 1.'
    for line, cell in enumerate(('"2027-13"', '"2.5"', '"99"', "nothing"), start=2):
        place = f"sales.csv, line {line}, column period"
        assert f"{place}: found {cell}, expected a period from 1 to 4. {way}" in said
    assert "no sales of any period" in said[-1]
    assert not [one for one in said if "1250" in one]


def test_periods_that_have_no_names_are_said_to_be_counted(tmp_path: Path) -> None:
    store = made_up_store(2, 3, item_id=("pump", "seal"))
    plain = Store(store.unit_cost, store.on_hand, store.important, store.demand, store.lead_time, item_id=store.item_id)
    said = faults_of(sales_file(tmp_path, "pump,2027-01,1"), plain)
    assert "Periods are counted 1, 2, ... from the start of the plan." in said[0]
    assert "plan.csv" not in said[0]


def test_sales_by_number_and_by_name_of_the_period_are_the_same(tmp_path: Path) -> None:
    by_number = read_sales(sales_file(tmp_path, "pump,1,3", "pump,2,4", "seal,1,5", "seal,2,6"), DATED)
    by_name = read_sales(sales_file(tmp_path, "pump,2027-01,3", "pump,2,4", "seal,1,5", "seal,2027-02,6"), DATED)
    assert np.array_equal(by_number, [[3, 4], [5, 6]])
    assert np.array_equal(by_name, by_number)
    twice = faults_of(sales_file(tmp_path, "pump,2027-01,3", "pump,1,4", "seal,1,5"))
    assert any("again" in one and "line 3" in one for one in twice)


def test_orders_that_were_placed_may_name_their_periods_too(
    dated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sales = sales_file(tmp_path, "pump,2027-01,3", "pump,2027-02,4", "seal,2027-01,5", "seal,2027-02,6")
    placed = tmp_path / "placed.csv"
    said = []
    for period in ("2027-01", "1"):
        placed.write_text(f"item_id,period,quantity\npump,{period},4.5\n")
        assert main(["order", str(dated), "--sales", str(sales), "--placed", str(placed)]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    placed.write_text("item_id,period,quantity\npump,2027-02,4.5\n")
    assert main(["order", str(dated), "--sales", str(sales), "--placed", str(placed)]) == 2
    assert "a period from 1 to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["plan", "x", "--sed", "1"], "ccinv plan --help"),
        (["order", "x"], "ccinv order --help"),
        (["audit", "x", "--paths", "many"], "ccinv audit --help"),
        (["chek", "x"], "ccinv --help"),
    ],
)
def test_a_usage_error_names_the_help_of_its_own_command(
    arguments: list[str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.endswith(f"\nTry: {command}\n")


@pytest.mark.parametrize("command", ["check", "plan", "audit"])
def test_a_file_in_the_place_of_a_folder_is_said_to_be_a_file(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "store.toml"
    path.write_text("periods = 3\n")
    assert main([command, str(path)]) == 2
    said = capsys.readouterr().err
    assert f"{path}: found a file" in said
    assert "the folder that it stands in" in said
    assert "no such folder" not in said


def test_text_that_ends_too_early_is_said_to_be_wrong_at_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "store.toml").write_text("periods = 3\n[budget]\nlimit = [1,\n\n")
    assert main(["check", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "Complete the end of the file, line 3" in said
    assert "that line" not in said


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no file system here that takes no folders")
def test_a_folder_that_cannot_be_written_is_refused_before_the_work_begins(
    dated: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "base-supply", str(tmp_path / "store")]) == 0
    monkeypatch.setattr("ccinv.cli.job.solved", lambda *_: pytest.fail("the work began"))
    monkeypatch.setattr("ccinv.cli.job.replayed", lambda *_: pytest.fail("the work began"))
    for command in (["plan", str(tmp_path / "store")], ["demo"], ["audit", str(dated)]):
        capsys.readouterr()
        assert main([*command, "--out", "/proc/run"]) == 2
        said = capsys.readouterr().err
        assert "/proc/run: found nothing can be written to /proc" in said
        assert ".part" not in said


def test_force_never_takes_later_audits_with_it(
    dated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["example", "base-supply", str(tmp_path / "store")]) == 0
    assert main(["audit", str(dated), "--paths", "1000", "--seed", "8"]) == 0
    capsys.readouterr()
    assert main(["plan", str(tmp_path / "store"), "--out", str(dated), "--force"]) == 2
    assert "a run with later audits (audit-8-1000)" in capsys.readouterr().err
    assert (dated / "audit-8-1000" / "report.html").exists()
    assert main(["plan", "--help"]) == 0
    assert "no run that `ccinv audit` added to" in " ".join(capsys.readouterr().out.split())


EARLY = """
import os, signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from ccinv.cli import main
code = main(["check", "nowhere", "--json"])
sys.exit(90 + code)
"""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("module", ["ccinv.cli.app", "typer", "ccinv.cli.screen"])
def test_an_interrupt_while_modules_are_read_ends_with_4_and_one_line(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EARLY, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert done.stderr.splitlines() == [WORDS]
    assert json.loads(done.stdout) == {"schema": 1, "status": "interrupted", "exit_code": 4, "message": WORDS}


def test_interrupts_are_as_before_after_a_command() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert main(["check", "nowhere"]) == 2
    assert signal.getsignal(signal.SIGINT) is before
